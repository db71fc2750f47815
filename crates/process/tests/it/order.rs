//! The order of ticks, immediates and timers: Node's.

use std::cell::{Cell, RefCell};
use std::io;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use ferronode_process::{
    NoLoop, UNCAUGHT, clear_immediate, clear_timeout, next_tick, on, set_immediate, set_interval, set_timeout, spawn,
};

use crate::case::{busy, cases, looped};

const NONE: Duration = Duration::ZERO;

cases! {
    ticks_run_before_timers_and_those_they_add_before_that =
        "setTimeout(()=>console.log('timeout'),0);process.nextTick(()=>{console.log('tick');process.nextTick(()=>console.log('tick of tick'))});console.log('sync')"
        => "sync, tick, tick of tick, timeout", 0;
    ticks_run_after_each_timer_and_each_immediate =
        "const f=n=>()=>{console.log(n);process.nextTick(()=>console.log('tick '+n))};setTimeout(f('t1'),1);setTimeout(f('t2'),1);setImmediate(f('i1'));setImmediate(f('i2'));const e=Date.now()+4;while(Date.now()<e);"
        => "t1, tick t1, t2, tick t2, i1, tick i1, i2, tick i2", 0;
    an_immediate_of_an_immediate_waits_for_the_next_turn =
        "setImmediate(()=>{setImmediate(()=>console.log('next turn'));setTimeout(()=>console.log('timer'),0);const e=Date.now()+4;while(Date.now()<e);});setImmediate(()=>console.log('this turn'))"
        => "this turn, timer, next turn", 0;
    after_input_immediates_come_before_timers =
        "require('fs').readFile('/etc/hostname',()=>{setTimeout(()=>console.log('timeout'),0);setImmediate(()=>console.log('immediate'));const e=Date.now()+4;while(Date.now()<e);})"
        => "immediate, timeout", 0;
    timers_fire_by_due_time_and_an_unreffed_one_keeps_nobody =
        "setTimeout(()=>console.log('late'),60);setTimeout(()=>console.log('a'),1);setTimeout(()=>console.log('b'),0);setTimeout(()=>console.log('never'),1e5).unref()"
        => "a, b, late", 0;
    what_is_cleared_does_not_run =
        "const t=setTimeout(()=>console.log('no'),1);const i=setImmediate(()=>console.log('no'));setImmediate(()=>{clearImmediate(j);console.log('yes')});const j=setImmediate(()=>console.log('no'));clearTimeout(t);clearImmediate(i)"
        => "yes", 0;
    an_interval_runs_until_it_is_cleared =
        "let n=0;const t=setInterval(()=>{console.log(++n);if(n===3)clearInterval(t)},1)"
        => "1, 2, 3", 0;
    what_is_dropped_when_it_is_cleared_may_schedule = "" => "dropped, dropped, dropped", 0;
    a_failed_tick_does_not_lose_the_others =
        "process.on('uncaughtException',()=>console.log('caught'));process.nextTick(()=>{throw 1});process.nextTick(()=>console.log('next'))"
        => "caught, next", 0;
    a_failed_callback_lets_the_next_one_run_before_its_ticks =
        "process.on('uncaughtException',()=>console.log('caught'));setTimeout(()=>{process.nextTick(()=>console.log('tick'));throw 1},1);setTimeout(()=>console.log('second'),1);const e=Date.now()+4;while(Date.now()<e);"
        => "caught, second, tick", 0;
    elsewhere_there_is_no_loop = "" => "true, true", 0;
}

fn say(text: &'static str) -> impl Fn() {
    move || println!("{text}")
}

fn ticks_run_before_timers_and_those_they_add_before_that() -> ExitCode {
    looped(|| {
        set_timeout(NONE, say("timeout"))?;
        next_tick(|| {
            println!("tick");
            next_tick(say("tick of tick"))
        })?;
        println!("sync");
        Ok::<_, NoLoop>(())
    })
}

fn ticks_run_after_each_timer_and_each_immediate() -> ExitCode {
    fn with_tick(name: &'static str) -> impl FnOnce() -> Result<(), NoLoop> {
        move || {
            println!("{name}");
            next_tick(move || println!("tick {name}"))
        }
    }
    looped(|| {
        set_timeout(NONE, with_tick("t1"))?;
        set_timeout(Duration::from_millis(1), with_tick("t2"))?;
        set_immediate(with_tick("i1"))?;
        set_immediate(with_tick("i2"))?;
        busy();
        Ok::<_, NoLoop>(())
    })
}

fn an_immediate_of_an_immediate_waits_for_the_next_turn() -> ExitCode {
    looped(|| {
        set_immediate(|| {
            set_immediate(say("next turn"))?;
            set_timeout(NONE, say("timer"))?;
            busy();
            Ok::<_, NoLoop>(())
        })?;
        set_immediate(say("this turn")).map(drop)
    })
}

fn after_input_immediates_come_before_timers() -> ExitCode {
    looped(|| {
        spawn(async {
            let (mut far, near) = tokio::net::UnixStream::pair()?;
            tokio::io::AsyncWriteExt::write_all(&mut far, b"x").await?;
            near.readable().await?;
            set_timeout(NONE, say("timeout"))?;
            set_immediate(say("immediate"))?;
            busy();
            Ok::<_, io::Error>(())
        })
    })
}

fn timers_fire_by_due_time_and_an_unreffed_one_keeps_nobody() -> ExitCode {
    looped(|| {
        set_timeout(Duration::from_millis(60), say("late"))?;
        set_timeout(Duration::from_millis(1), say("a"))?;
        set_timeout(NONE, say("b"))?;
        set_timeout(Duration::from_secs(100), say("never"))?.unref();
        Ok::<_, NoLoop>(())
    })
}

fn what_is_cleared_does_not_run() -> ExitCode {
    looped(|| {
        let timeout = set_timeout(NONE, say("no"))?;
        let immediate = set_immediate(say("no"))?;
        let other = Rc::new(Cell::new(None));
        let cleared = Rc::clone(&other);
        set_immediate(move || {
            assert!(clear_immediate(cleared.take().unwrap()));
            println!("yes");
        })?;
        other.set(Some(set_immediate(say("no"))?));
        assert!(clear_timeout(timeout) && clear_immediate(immediate));
        assert!(!clear_timeout(timeout) && !clear_immediate(immediate));
        Ok::<_, NoLoop>(())
    })
}

fn an_interval_runs_until_it_is_cleared() -> ExitCode {
    looped(|| {
        let mut count = 0;
        let own = Rc::new(RefCell::new(None));
        let interval = Rc::clone(&own);
        let interval = set_interval(NONE, move || {
            count += 1;
            println!("{count}");
            if count == 3 {
                assert!(clear_timeout(interval.take().unwrap()));
            }
        })?;
        own.replace(Some(interval));
        Ok::<_, NoLoop>(())
    })
}

/// Schedules something when it is dropped.
struct Schedules;

impl Drop for Schedules {
    fn drop(&mut self) {
        set_timeout(NONE, say("dropped")).unwrap();
    }
}

fn what_is_dropped_when_it_is_cleared_may_schedule() -> ExitCode {
    fn holds() -> impl FnMut() {
        let guard = Schedules;
        move || _ = &guard
    }
    looped(|| {
        clear_timeout(set_timeout(NONE, holds())?);
        clear_immediate(set_immediate(holds())?);
        let own = Rc::new(Cell::new(None));
        let (interval, mut held) = (Rc::clone(&own), holds());
        own.set(Some(set_interval(NONE, move || {
            held();
            clear_timeout(interval.take().unwrap());
        })?));
        Ok::<_, NoLoop>(())
    })
}

fn a_failed_tick_does_not_lose_the_others() -> ExitCode {
    looped(|| {
        on(UNCAUGHT, |_| println!("caught"));
        next_tick(|| Err::<(), _>("1"))?;
        next_tick(say("next"))
    })
}

fn a_failed_callback_lets_the_next_one_run_before_its_ticks() -> ExitCode {
    looped(|| {
        on(UNCAUGHT, |_| println!("caught"));
        set_timeout(NONE, || {
            next_tick(say("tick"))?;
            Err::<(), _>(io::Error::other("1"))
        })
        .map(drop)?;
        set_timeout(NONE, say("second"))?;
        busy();
        Ok::<_, NoLoop>(())
    })
}

fn elsewhere_there_is_no_loop() -> ExitCode {
    println!("{}", next_tick(|| ()) == Err(NoLoop));
    looped(|| {
        let other = std::thread::spawn(|| set_immediate(|| ()) == Err(NoLoop));
        println!("{}", other.join().unwrap());
    })
}
