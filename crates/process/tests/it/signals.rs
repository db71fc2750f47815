//! Signals: caught while somebody listens, and not a moment longer.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use ferronode_process::{
    NoLoop, Signal, UNCAUGHT, exit, kill, on, on_signal, once_signal, pid, remove, set_timeout, signal_listener_count,
};
use libtest_mimic::{Failed, Trial};

use crate::case::{cases, code_of, looped};

cases! {
    a_listener_takes_the_place_of_the_default =
        "process.on('SIGTERM',(n,c)=>{console.log(n,c);clearInterval(t)});const t=setInterval(()=>{},1e4);process.kill(process.pid,'SIGTERM')"
        => "SIGTERM 15", 0;
    without_a_listener_the_signal_does_what_it_does =
        "process.kill(process.pid,'SIGHUP');setTimeout(()=>{},1e4)" => "", 129;
    when_the_last_listener_goes_the_default_is_back =
        "const f=()=>{};const g=()=>{};process.on('SIGTERM',f);process.on('SIGTERM',g);process.off('SIGTERM',f);process.off('SIGTERM',g);process.kill(process.pid,'SIGTERM');setTimeout(()=>{},1e4)"
        => "", 143;
    after_once_the_default_is_back =
        "process.once('SIGTERM',n=>{console.log(n);process.kill(process.pid,'SIGTERM')});process.kill(process.pid,'SIGTERM');setTimeout(()=>{},1e4)"
        => "SIGTERM", 143;
    listeners_do_not_keep_the_loop_alive = "process.on('SIGTERM',()=>{})" => "", 0;
    what_cannot_be_caught_is_refused =
        "for(const s of ['SIGKILL','SIGSTOP'])try{process.on(s,()=>{})}catch(e){console.log(e.code)}"
        => "EINVAL, EINVAL", 0;
    a_signal_comes_before_the_immediates_of_its_turn =
        "process.on('SIGUSR2',n=>{console.log(n);process.nextTick(()=>console.log('tick'))});setImmediate(()=>console.log('immediate'));process.kill(process.pid,'SIGUSR2')"
        => "SIGUSR2, tick, immediate", 0;
    a_real_time_signal_has_listeners_too = "" => "signal 40", 0;
    a_panic_in_a_listener_is_an_uncaught_error = "" => "caught boom", 0;
    without_a_loop_listeners_are_called_all_the_same = "" => "SIGHUP", 0;
    waits_for_a_signal = "" => "", 0;
}

fn me(signal: Signal) {
    kill(pid(), signal).unwrap();
}

fn wait_long() -> Result<(), NoLoop> {
    set_timeout(Duration::from_secs(30), || ()).map(drop)
}

fn a_listener_takes_the_place_of_the_default() -> ExitCode {
    looped(|| {
        let timer = set_timeout(Duration::from_secs(1000), || ())?;
        on_signal(Signal::TERM, move |signal| {
            println!("{signal} {}", signal.number());
            timer.unref();
        })
        .unwrap();
        me(Signal::TERM);
        Ok::<_, NoLoop>(())
    })
}

fn without_a_listener_the_signal_does_what_it_does() -> ExitCode {
    looped(|| {
        me(Signal::HUP);
        wait_long()
    })
}

fn when_the_last_listener_goes_the_default_is_back() -> ExitCode {
    looped(|| {
        let first = on_signal(Signal::TERM, |_| ()).unwrap();
        let second = on_signal(Signal::TERM, |_| ()).unwrap();
        assert!(remove(first) && signal_listener_count(Signal::TERM) == 1);
        assert!(remove(second));
        me(Signal::TERM);
        wait_long()
    })
}

fn after_once_the_default_is_back() -> ExitCode {
    looped(|| {
        once_signal(Signal::TERM, |signal| {
            println!("{signal}");
            me(Signal::TERM);
        })
        .unwrap();
        me(Signal::TERM);
        wait_long()
    })
}

fn listeners_do_not_keep_the_loop_alive() -> ExitCode {
    looped(|| on_signal(Signal::TERM, |_| ()).map(drop))
}

fn what_cannot_be_caught_is_refused() -> ExitCode {
    for signal in [Signal::KILL, Signal::STOP] {
        println!("{}", on_signal(signal, |_| ()).unwrap_err().code().unwrap());
    }
    assert!(on_signal(Signal::SEGV, |_| ()).is_err());
    ExitCode::SUCCESS
}

fn a_signal_comes_before_the_immediates_of_its_turn() -> ExitCode {
    looped(|| {
        on_signal(Signal::USR2, |signal| {
            println!("{signal}");
            ferronode_process::next_tick(|| println!("tick")).unwrap();
        })
        .unwrap();
        ferronode_process::set_immediate(|| println!("immediate"))?;
        me(Signal::USR2);
        Ok::<_, NoLoop>(())
    })
}

fn a_real_time_signal_has_listeners_too() -> ExitCode {
    looped(|| {
        let signal = Signal::from_number(40).unwrap();
        on_signal(signal, |signal| {
            println!("{signal}");
            exit(0)
        })
        .unwrap();
        me(signal);
        wait_long()
    })
}

fn a_panic_in_a_listener_is_an_uncaught_error() -> ExitCode {
    looped(|| {
        on(UNCAUGHT, |error| {
            println!("caught {error}");
            exit(0)
        });
        on_signal(Signal::HUP, |_| panic!("boom")).unwrap();
        me(Signal::HUP);
        wait_long()
    })
}

fn without_a_loop_listeners_are_called_all_the_same() -> ExitCode {
    let (said, heard) = mpsc::channel();
    on_signal(Signal::HUP, move |signal| said.send(*signal).unwrap()).unwrap();
    me(Signal::HUP);
    println!("{}", heard.recv().unwrap());
    ExitCode::SUCCESS
}

/// Says when it is ready, and how it was woken; alone it waits for nothing, so that as a case it ends.
fn waits_for_a_signal() -> ExitCode {
    looped(|| {
        if std::env::args().nth(3).is_none() {
            return Ok(());
        }
        on_signal(Signal::USR1, |signal| {
            println!("{signal}");
            exit(17)
        })
        .unwrap();
        // Said late, so that the signal comes when the loop has nothing to do but wait.
        set_timeout(Duration::from_millis(20), || println!("ready"))?;
        std::thread::spawn(|| {
            // not a wait: whoever has not heard the signal by then has failed
            std::thread::sleep(Duration::from_secs(20));
            std::process::exit(99)
        });
        // It keeps the loop alive, and never wakes it.
        tokio::spawn(std::future::pending::<()>());
        Ok::<_, NoLoop>(())
    })
}

pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test("a_signal_wakes_a_loop_that_waits", wakes)]
}

fn wakes() -> Result<(), Failed> {
    // Not by way of `timeout`, which would have the signal for itself; the program gives up on its own.
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--program", "waits_for_a_signal", "really"]);
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line)?;
    assert_eq!(line, "ready\n");
    kill(child.id(), Signal::USR1)?;
    line.clear();
    output.read_to_string(&mut line)?;
    assert_eq!(line, "SIGUSR1\n");
    assert_eq!(code_of(&child.wait_with_output()?), 17);
    Ok(())
}
