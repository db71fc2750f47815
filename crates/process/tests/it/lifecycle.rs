//! How a process ends: codes, `beforeExit`, `exit`, and errors that nobody caught.

use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ferronode_events::{EventEmitter, unhandled};
use ferronode_process::{
    BEFORE_EXIT, EXIT, NoLoop, Origin, UNCAUGHT, UNCAUGHT_MONITOR, Warning, abort, emit_warning, exit, exit_code,
    next_tick, on, once, prepend, set_exit_code, set_immediate, set_timeout, spawn,
};
use libtest_mimic::Trial;

use crate::case::{cases, looped, rust};

cases! {
    a_program_that_does_nothing_ends_with_0 = "1" => "", 0;
    an_error_that_nobody_catches_ends_with_1 = "throw new Error('x')" => "", 1;
    a_panic_that_nobody_catches_ends_with_1 = "" => "exit 1", 1;
    exit_ends_with_its_code_and_nothing_else_runs =
        "process.nextTick(()=>{console.log('a');process.exit(3)});process.nextTick(()=>console.log('no'));setImmediate(()=>console.log('no'))"
        => "a", 3;
    exit_codes_count_modulo_256 = "process.exit(257)" => "", 1;
    exit_without_a_code_takes_the_one_that_was_set = "process.exitCode=9;process.exit()" => "", 9;
    a_natural_end_has_the_code_that_was_set =
        "process.on('exit',c=>console.log('exit',c));process.exitCode=2" => "exit 2", 2;
    what_exit_listeners_schedule_never_runs =
        "process.on('exit',c=>{console.log('exit',c);setTimeout(()=>console.log('never'),0);process.nextTick(()=>console.log('never'))});process.exit(3)"
        => "exit 3", 3;
    an_exit_listener_may_change_the_code = "process.on('exit',()=>{process.exitCode=7})" => "", 7;
    exit_in_an_exit_listener_wins_and_is_not_told_again =
        "let n=0;process.on('exit',()=>{n++;console.log('exit',n);process.exit(8)})" => "exit 1", 8;
    a_failing_exit_listener_ends_with_1 = "process.on('exit',()=>{throw 1})" => "", 1;
    before_exit_may_give_more_to_do_and_is_told_again =
        "let n=0;process.on('beforeExit',c=>{console.log('before',c);if(n++<1)setTimeout(()=>console.log('timer'),1)});process.on('exit',()=>console.log('exit'))"
        => "before 0, timer, before 0, exit", 0;
    before_exit_is_not_told_by_exit = "process.on('beforeExit',()=>console.log('no'));process.exit()" => "", 0;
    before_exit_is_not_told_of_an_error = "process.on('beforeExit',()=>console.log('no'));throw 1" => "", 1;
    listeners_are_called_in_order_and_twice_if_added_twice =
        "const f=()=>console.log('f');process.on('exit',f);process.on('exit',f);process.prependListener('exit',()=>console.log('first'))"
        => "first, f, f", 0;
    with_a_listener_for_errors_the_process_goes_on =
        "process.on('uncaughtException',(e,o)=>console.log('caught',e.message,o));setTimeout(()=>console.log('alive'),5);setImmediate(()=>{throw new Error('x')})"
        => "caught x uncaughtException, alive", 0;
    a_panic_is_an_uncaught_error_and_is_not_printed_as_well = "" => "caught boom true tests, alive", 0;
    a_monitor_sees_the_error_and_keeps_nobody_alive =
        "process.on('uncaughtExceptionMonitor',e=>console.log('monitor',e.message));throw new Error('x')"
        => "monitor x", 1;
    exit_listeners_run_after_an_uncaught_error =
        "process.on('exit',c=>console.log('exit',c,process.exitCode));throw 1" => "exit 1 1", 1;
    a_failing_listener_for_errors_ends_with_7 = "process.on('uncaughtException',()=>{throw 2});throw 1" => "", 7;
    a_failed_task_is_an_unhandled_rejection =
        "process.on('uncaughtException',(e,o)=>console.log(e.message,o));Promise.reject(new Error('r'))"
        => "r unhandledRejection", 0;
    a_failed_task_ends_the_process = "Promise.reject(new Error('r'))" => "", 1;
    an_error_event_without_listener_is_an_uncaught_error = "" => "caught the disk is full", 0;
    exit_in_a_task_of_tokio_ends_the_process = "" => "exit 5", 5;
    exit_from_another_thread_ends_the_process = "" => "exit 6", 6;
    exit_drops_what_it_unwinds = "" => "dropped", 4;
    a_task_of_tokio_keeps_the_loop_alive_until_it_ends = "" => "task, exit 0", 0;
    abort_tells_nobody = "process.on('exit',()=>console.log('no'));process.abort()" => "", 134;
    a_warning_is_told_on_the_next_tick =
        "process.on('warning',w=>console.log(w.name,w.message,w.code,w.detail));process.emitWarning('m',{type:'T',code:'C',detail:'D'});console.log('sync')"
        => "sync, T m C D", 0;
}

fn no() {
    println!("no");
}

fn say_exit() {
    on(EXIT, |code| println!("exit {code}"));
}

fn a_program_that_does_nothing_ends_with_0() -> ExitCode {
    looped(|| ())
}

fn an_error_that_nobody_catches_ends_with_1() -> ExitCode {
    looped(|| Err::<(), _>(io::Error::other("x")))
}

fn a_panic_that_nobody_catches_ends_with_1() -> ExitCode {
    looped(|| {
        say_exit();
        next_tick(|| {
            if exit_code().is_none() {
                panic!("boom")
            }
        })
    })
}

fn exit_ends_with_its_code_and_nothing_else_runs() -> ExitCode {
    looped(|| {
        next_tick(|| {
            println!("a");
            if exit_code().is_none() {
                exit(3);
            }
        })?;
        next_tick(no)?;
        set_immediate(no).map(drop)
    })
}

fn exit_codes_count_modulo_256() -> ExitCode {
    looped(|| -> () { exit(257) })
}

fn exit_without_a_code_takes_the_one_that_was_set() -> ExitCode {
    looped(|| -> () {
        set_exit_code(9);
        exit(None)
    })
}

fn a_natural_end_has_the_code_that_was_set() -> ExitCode {
    looped(|| {
        say_exit();
        set_exit_code(2);
    })
}

fn what_exit_listeners_schedule_never_runs() -> ExitCode {
    looped(|| -> () {
        on(EXIT, |code| {
            println!("exit {code}");
            set_timeout(Duration::ZERO, no).unwrap();
            next_tick(no).unwrap();
        });
        exit(3)
    })
}

fn an_exit_listener_may_change_the_code() -> ExitCode {
    looped(|| _ = on(EXIT, |_| set_exit_code(7)))
}

fn exit_in_an_exit_listener_wins_and_is_not_told_again() -> ExitCode {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    looped(|| {
        on(EXIT, |_| {
            println!("exit {}", COUNT.fetch_add(1, Ordering::Relaxed) + 1);
            exit(8)
        });
    })
}

fn a_failing_exit_listener_ends_with_1() -> ExitCode {
    looped(|| _ = on(EXIT, |_| panic!("1")))
}

fn before_exit_may_give_more_to_do_and_is_told_again() -> ExitCode {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    looped(|| {
        on(BEFORE_EXIT, |code| {
            println!("before {code}");
            if COUNT.fetch_add(1, Ordering::Relaxed) < 1 {
                set_timeout(Duration::from_millis(1), || println!("timer")).unwrap();
            }
        });
        on(EXIT, |_| println!("exit"));
    })
}

fn before_exit_is_not_told_by_exit() -> ExitCode {
    looped(|| -> () {
        on(BEFORE_EXIT, |_| no());
        exit(None)
    })
}

fn before_exit_is_not_told_of_an_error() -> ExitCode {
    looped(|| {
        on(BEFORE_EXIT, |_| no());
        Err::<(), _>("1")
    })
}

fn listeners_are_called_in_order_and_twice_if_added_twice() -> ExitCode {
    looped(|| {
        on(EXIT, |_| println!("f"));
        on(EXIT, |_| println!("f"));
        prepend(EXIT, |_| println!("first"));
    })
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Task => "unhandledRejection",
        _ => "uncaughtException",
    }
}

fn with_a_listener_for_errors_the_process_goes_on() -> ExitCode {
    looped(|| {
        on(UNCAUGHT, |error| println!("caught {error} {}", origin(error.origin())));
        set_timeout(Duration::from_millis(5), || println!("alive"))?;
        set_immediate(|| Err::<(), _>("x")).map(drop)
    })
}

fn a_panic_is_an_uncaught_error_and_is_not_printed_as_well() -> ExitCode {
    looped(|| {
        on(UNCAUGHT, |error| {
            let place = error.place().unwrap();
            let folder = place.split('/').find(|part| *part == "tests").unwrap();
            println!("caught {error} {} {folder}", error.is_panic());
        });
        set_timeout(Duration::from_millis(5), || println!("alive"))?;
        set_immediate(|| {
            if exit_code().is_none() {
                panic!("boom")
            }
        })
        .map(drop)
    })
}

fn a_monitor_sees_the_error_and_keeps_nobody_alive() -> ExitCode {
    looped(|| {
        on(UNCAUGHT_MONITOR, |error| println!("monitor {error}"));
        Err::<(), _>("x")
    })
}

fn exit_listeners_run_after_an_uncaught_error() -> ExitCode {
    looped(|| {
        on(EXIT, |code| println!("exit {code} {}", exit_code().unwrap()));
        Err::<(), _>("1")
    })
}

fn a_failing_listener_for_errors_ends_with_7() -> ExitCode {
    looped(|| {
        on(UNCAUGHT, |_| panic!("2"));
        Err::<(), _>("1")
    })
}

fn a_failed_task_is_an_unhandled_rejection() -> ExitCode {
    looped(|| {
        on(UNCAUGHT, |error| println!("{error} {}", origin(error.origin())));
        spawn(async { Err::<(), _>("r") })
    })
}

fn a_failed_task_ends_the_process() -> ExitCode {
    looped(|| spawn(async { Err::<(), _>("r") }))
}

fn an_error_event_without_listener_is_an_uncaught_error() -> ExitCode {
    looped(|| {
        on(UNCAUGHT, |error| println!("caught {error}"));
        tokio::spawn(async {
            let lost = EventEmitter::new()
                .emit_error(io::Error::other("the disk is full"))
                .unwrap_err();
            unhandled::report(lost).unwrap();
        });
    })
}

fn exit_in_a_task_of_tokio_ends_the_process() -> ExitCode {
    looped(|| {
        say_exit();
        tokio::spawn(async { exit(5) });
        set_timeout(Duration::from_secs(1000), no).map(drop)
    })
}

fn exit_from_another_thread_ends_the_process() -> ExitCode {
    looped(|| {
        say_exit();
        std::thread::spawn(|| exit(6));
        set_timeout(Duration::from_secs(1000), no).map(drop)
    })
}

fn exit_drops_what_it_unwinds() -> ExitCode {
    struct Guard;
    impl Drop for Guard {
        fn drop(&mut self) {
            println!("dropped");
        }
    }
    looped(|| -> () {
        let _guard = Guard;
        exit(4)
    })
}

fn a_task_of_tokio_keeps_the_loop_alive_until_it_ends() -> ExitCode {
    looped(|| {
        say_exit();
        tokio::spawn(async {
            // not a wait: a task that takes its time
            tokio::time::sleep(Duration::from_millis(20)).await;
            println!("task");
        });
    })
}

fn abort_tells_nobody() -> ExitCode {
    looped(|| -> () {
        on(EXIT, |_| no());
        abort()
    })
}

fn a_warning_is_told_on_the_next_tick() -> ExitCode {
    looped(|| {
        once(ferronode_process::WARNING, |warning| {
            let (code, detail) = (warning.code().unwrap(), warning.detail().unwrap());
            println!("{} {} {code} {detail}", warning.name(), warning.message());
        });
        emit_warning(Warning::new("m").with_name("T").with_code("C").with_detail("D"));
        println!("sync");
        Ok::<_, NoLoop>(())
    })
}

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("a_panic_with_a_listener_is_not_printed", || {
            let output = rust("a_panic_is_an_uncaught_error_and_is_not_printed_as_well").output()?;
            assert_eq!(String::from_utf8(output.stderr)?, "");
            Ok(())
        }),
        Trial::test("a_panic_and_an_error_without_a_listener_are_printed", || {
            let output = rust("a_panic_that_nobody_catches_ends_with_1").output()?;
            assert!(String::from_utf8(output.stderr)?.contains("boom"));
            let output = rust("an_error_that_nobody_catches_ends_with_1").output()?;
            assert_eq!(String::from_utf8(output.stderr)?, "Uncaught error: x\n");
            Ok(())
        }),
    ]
}
