//! Every way in which a child ends, and what is told of it.

use std::sync::{Arc, Mutex};

use std::time::Duration;

use ferronode_child::{
    ABORTED, AbortHandle, CLOSE, ChildProcess, Command, Cut, DISCONNECT, EXIT, Exit, MESSAGE, SPAWN, Signal, Stdio,
};
use ferronode_stream::{DATA, END, ERROR as STREAM_ERROR};

use crate::forking::fork;
use crate::machine::{self, children, no_more_than};

fixtures::trials! {
    messages_then_disconnect_then_exit_then_close,
    listeners_that_come_late_are_called_once_each,
    a_signal_is_named,
    a_listener_that_panics_ends_its_call_and_nothing_else,
    the_parents_disconnect_ends_the_childs_channel_and_close_comes_all_the_same,
    a_child_may_leave_its_channel_and_stay,
    a_child_that_nobody_holds_is_neither_killed_nor_left_a_zombie,
    a_child_that_nobody_holds_sees_the_ends_of_its_pipes,
    what_somebody_has_kept_of_a_childs_streams_stays,
    many_children_leave_no_descriptor_and_no_zombie,
    a_short_run_is_spawn_exit_close_and_all_data_comes_before_close,
    every_listener_may_come_when_all_is_over,
    exit_does_not_wait_for_a_grandchild_that_holds_a_pipe_and_close_does,
    with_no_pipe_close_follows_exit_whoever_lives,
    output_that_nobody_reads_delays_no_close_and_is_not_lost,
    a_full_pipe_that_nobody_reads_makes_the_child_wait,
    a_timeout_is_told_by_the_exit_alone,
    an_abort_is_told_before_the_exit,
    a_child_that_ends_without_reading_breaks_its_stdin_and_nothing_else,
    a_signal_that_was_sent_says_nothing_of_the_end,
}

/// Writes down what is told of a child, in order.
fn log(child: &ChildProcess) -> Arc<Mutex<Vec<String>>> {
    let log = Arc::new(Mutex::new(Vec::new()));
    let write = || {
        let log = Arc::clone(&log);
        move |text: String| log.lock().unwrap().push(text)
    };
    let (message, disconnect, exit, close) = (write(), write(), write(), write());
    child.on(MESSAGE, move |said| {
        message(format!("message {}", said.to::<u32>().unwrap()));
    });
    child.on(DISCONNECT, move |()| disconnect("disconnect".to_owned()));
    child.on(EXIT, move |how| exit(format!("exit {how}")));
    child.on(CLOSE, move |how| close(format!("close {how}")));
    log
}

async fn messages_then_disconnect_then_exit_then_close() {
    for _ in 0..20 {
        // Listeners may come before the child's end or after it: the order is the same.
        let child = fork("say-and-exit").arg("3").spawn().unwrap();
        let log = log(&child);
        told_of_close(&child).await;
        let mut seen = log.lock().unwrap().clone();
        // A channel closed just before the process ends may be seen after it: then exit overtakes disconnect.
        if let Some(at) = seen.iter().position(|told| told == "disconnect").filter(|at| *at == 4) {
            seen.swap(at, at - 1);
        }
        let expected = [
            "message 0",
            "message 1",
            "message 2",
            "disconnect",
            "exit exit code 7",
            "close exit code 7",
        ];
        assert_eq!(seen, expected);
    }
}

/// Waits for a listener of CLOSE that was added last, and so is called last.
async fn told_of_close(child: &ChildProcess) {
    let (sender, called) = tokio::sync::oneshot::channel();
    let sender = Mutex::new(Some(sender));
    child.on(CLOSE, move |_| sender.lock().unwrap().take().unwrap().send(()).unwrap());
    called.await.unwrap();
}

async fn listeners_that_come_late_are_called_once_each() {
    let child = fork("say-and-exit").arg("0").spawn().unwrap();
    child.closed().await;
    let log = log(&child);
    let (sender, called) = tokio::sync::oneshot::channel();
    let sender = Mutex::new(Some(sender));
    child.on(CLOSE, move |_| sender.lock().unwrap().take().unwrap().send(()).unwrap());
    called.await.unwrap();
    assert_eq!(
        *log.lock().unwrap(),
        ["disconnect", "exit exit code 7", "close exit code 7"]
    );
    assert_eq!(
        (child.exit(), child.exited().await),
        (Some(Exit::Code(7)), Exit::Code(7))
    );
}

async fn a_listener_that_panics_ends_its_call_and_nothing_else() {
    let child = fork("say-and-exit").arg("2").spawn().unwrap();
    child.on(MESSAGE, |message| {
        assert_ne!(message.to::<u32>().unwrap(), 0, "a listener's own fault");
    });
    child.once(EXIT, |_| panic!("another"));
    told_of_close(&child).await;
    assert_eq!(child.exited().await, Exit::Code(7));
}

async fn a_signal_is_named() {
    for (signal, name) in [(Signal::KILL, "SIGKILL"), (Signal::TERM, "SIGTERM")] {
        let child = fork("echo").spawn().unwrap();
        assert!(!child.was_signalled() && child.exit().is_none());
        assert!(child.kill(signal).unwrap());
        let exit = child.closed().await;
        assert_eq!(
            (exit.signal(), exit.code(), exit.to_string().as_str()),
            (Some(signal), None, name)
        );
        assert!(child.was_signalled());
        assert!(!child.kill(signal).unwrap(), "it is not there any more");
    }
    assert_eq!(
        fork("abort").spawn().unwrap().exited().await,
        Exit::Signal(Signal::ABRT)
    );
}

async fn the_parents_disconnect_ends_the_childs_channel_and_close_comes_all_the_same() {
    let child = fork("echo").spawn().unwrap();
    assert!(child.is_connected());
    child.disconnect();
    assert!(!child.is_connected());
    assert!(child.send("too late").await.is_err());
    assert_eq!(child.closed().await, Exit::Code(0));
}

async fn a_child_may_leave_its_channel_and_stay() {
    let child = fork("disconnect-and-stay").spawn().unwrap();
    let (sender, disconnected) = tokio::sync::oneshot::channel();
    let sender = Mutex::new(Some(sender));
    child.once(DISCONNECT, move |()| {
        sender.lock().unwrap().take().unwrap().send(()).unwrap();
    });
    disconnected.await.unwrap();
    assert_eq!((child.exit(), child.is_connected()), (None, false));
    child.kill(Signal::TERM).unwrap();
    assert_eq!(child.closed().await, Exit::Signal(Signal::TERM));
}

async fn a_child_that_nobody_holds_is_neither_killed_nor_left_a_zombie() {
    let before = children();
    let child = fork("echo").spawn().unwrap();
    let sender = child.sender().clone();
    let (answer, answered) = tokio::sync::oneshot::channel();
    let answer = Mutex::new(Some(answer));
    child.once(MESSAGE, move |said| {
        answer
            .lock()
            .unwrap()
            .take()
            .unwrap()
            .send(said.to::<String>().unwrap())
            .unwrap();
    });
    drop(child);
    sender.send("are you there").await.unwrap();
    assert_eq!(answered.await.unwrap(), "are you there");
    sender.disconnect();
    while children() > before {
        tokio::task::yield_now().await;
    }
}

async fn many_children_leave_no_descriptor_and_no_zombie() {
    let before = machine::counts();
    let all: Vec<ChildProcess> = (0..100)
        .map(|_| fork("say-and-exit").arg("1").spawn().unwrap())
        .collect();
    for child in &all {
        child.on(MESSAGE, |_| {});
        assert_eq!(child.closed().await, Exit::Code(7));
    }
    drop(all);
    no_more_than(before).await;
}

/// Writes down what is told of a child that was spawned, and of its standard output.
fn log_of_spawned(child: &ChildProcess) -> Arc<Mutex<Vec<String>>> {
    let log = Arc::new(Mutex::new(Vec::new()));
    let write = || {
        let log = Arc::clone(&log);
        move |text: String| log.lock().unwrap().push(text)
    };
    let (spawn, exit, close, aborted) = (write(), write(), write(), write());
    child.on(SPAWN, move |()| spawn("spawn".to_owned()));
    child.on(EXIT, move |how| exit(format!("exit {how}")));
    child.on(CLOSE, move |how| close(format!("close {how}")));
    child.on(ABORTED, move |error| aborted(format!("error {}", error.code())));
    if let Some(stdout) = child.stdout() {
        let (data, end) = (write(), write());
        stdout.on(DATA, move |chunk| {
            data(format!("data {}", String::from_utf8_lossy(chunk).trim()));
        });
        stdout.on(END, move |()| end("end".to_owned()));
    }
    log
}

async fn a_short_run_is_spawn_exit_close_and_all_data_comes_before_close() {
    for _ in 0..20 {
        let child = Command::shell("read go; echo hi").spawn().unwrap();
        let log = log_of_spawned(&child);
        child.stdin().unwrap().write("go\n").await.unwrap();
        told_of_close(&child).await;
        let mut seen = log.lock().unwrap().clone();
        assert_eq!(seen.last().unwrap(), "close exit code 0");
        // The stream tells of itself, and two threads may tell at once: but all of it comes before the child's close.
        let of_stream = |told: &String| told.starts_with("data") || told == "end";
        let stream: Vec<String> = seen.extract_if(.., |told| of_stream(told)).collect();
        assert_eq!((stream, seen.len()), (vec!["data hi".to_owned(), "end".to_owned()], 3));
        assert_eq!(seen, ["spawn", "exit exit code 0", "close exit code 0"]);
    }
}

async fn every_listener_may_come_when_all_is_over() {
    let child = Command::new("echo").arg("hi").spawn().unwrap();
    assert_eq!(child.closed().await, Exit::Code(0));
    let log = log_of_spawned(&child);
    let end = child.stdout().unwrap().clone();
    told_of_close(&child).await;
    end.closed().await;
    while log.lock().unwrap().len() < 5 {
        tokio::task::yield_now().await;
    }
    let log = log.lock().unwrap().clone();
    let of = |start: [&str; 2]| -> Vec<String> {
        let told = log
            .iter()
            .filter(|told| start.iter().any(|start| told.starts_with(start)));
        told.cloned().collect()
    };
    assert_eq!(of(["data", "end"]), ["data hi", "end"]);
    assert_eq!(
        [of(["spawn", "exit"]), of(["close", "error"])].concat(),
        ["spawn", "exit exit code 0", "close exit code 0"]
    );
}

async fn exit_does_not_wait_for_a_grandchild_that_holds_a_pipe_and_close_does() {
    let child = Command::shell("sleep 0.3 & exit 3").spawn().unwrap();
    child.stdout().unwrap().resume();
    child.stderr().unwrap().resume();
    assert_eq!(child.exited().await, Exit::Code(3));
    let early = tokio::time::timeout(Duration::from_millis(50), child.closed()).await;
    assert!(early.is_err(), "somebody still holds the pipes");
    assert_eq!(child.closed().await, Exit::Code(3));
}

async fn with_no_pipe_close_follows_exit_whoever_lives() {
    let ignored = [Stdio::Ignore, Stdio::Ignore, Stdio::Ignore];
    let child = Command::shell("sleep 5 & exit 0").stdio(ignored).spawn().unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(3), child.closed()).await;
    assert_eq!(closed, Ok(Exit::Code(0)));
}

async fn output_that_nobody_reads_delays_no_close_and_is_not_lost() {
    let child = Command::shell("head -c 100000 /dev/zero; echo last words >&2")
        .spawn()
        .unwrap();
    assert_eq!(child.closed().await, Exit::Code(0));
    let mut length = 0;
    while let Some(chunk) = child.stdout().unwrap().read().await.unwrap() {
        length += chunk.len();
    }
    assert_eq!(length, 100_000);
    let words = child.stderr().unwrap().read().await.unwrap().unwrap();
    assert_eq!(words, b"last words\n"[..]);

    // Nor does a reader who has stopped in the middle.
    let child = Command::shell("echo one; read go; echo two").spawn().unwrap();
    let stdout = child.stdout().unwrap();
    assert_eq!(stdout.read().await.unwrap().unwrap(), b"one\n"[..]);
    child.stdin().unwrap().end();
    assert_eq!(child.closed().await, Exit::Code(0));
    assert_eq!(stdout.read().await.unwrap().unwrap(), b"two\n"[..]);
    assert!(stdout.read().await.unwrap().is_none());
}

async fn a_full_pipe_that_nobody_reads_makes_the_child_wait() {
    let child = Command::new("head")
        .args(["-c", "20000000", "/dev/zero"])
        .spawn()
        .unwrap();
    let early = tokio::time::timeout(Duration::from_millis(200), child.exited()).await;
    assert!(early.is_err(), "20 MB are more than anybody should hold");
    child.stdout().unwrap().resume();
    assert_eq!(child.closed().await, Exit::Code(0));
}

async fn a_timeout_is_told_by_the_exit_alone() {
    let child = Command::new("sleep")
        .arg("60")
        .timeout(Duration::from_millis(50))
        .kill_signal(Signal::INT)
        .spawn()
        .unwrap();
    let log = log_of_spawned(&child);
    told_of_close(&child).await;
    let log = log.lock().unwrap().clone();
    assert_eq!(
        (log[0].as_str(), log.last().unwrap().as_str()),
        ("spawn", "close SIGINT")
    );
    assert!(!log.iter().any(|told| told.starts_with("error")));
    assert_eq!((child.was_signalled(), child.cut()), (true, Some(Cut::TimedOut)));
}

async fn an_abort_is_told_before_the_exit() {
    // Whether it could be told behind the exit is a matter of threads.
    for _ in 0..200 {
        let handle = AbortHandle::new();
        let child = Command::new("sleep").arg("60").abort_by(&handle).spawn().unwrap();
        child.stdout().unwrap().destroy();
        let log = log_of_spawned(&child);
        handle.abort();
        told_of_close(&child).await;
        let log = log.lock().unwrap().clone();
        assert_eq!(log, ["spawn", "error ABORT_ERR", "exit SIGTERM", "close SIGTERM"]);
    }
}

async fn a_child_that_ends_without_reading_breaks_its_stdin_and_nothing_else() {
    let child = Command::new("true").spawn().unwrap();
    let stdin = child.stdin().unwrap();
    stdin.on(STREAM_ERROR, |error| {
        assert!(matches!(error.code(), Some("EPIPE" | "ECONNRESET")));
    });
    let _ = stdin.try_write(vec![0; 5_000_000]);
    assert_eq!(child.closed().await, Exit::Code(0));
    assert!(stdin.is_destroyed());
}

async fn a_signal_that_was_sent_says_nothing_of_the_end() {
    let child = Command::shell("trap 'exit 4' TERM; echo ready; while :; do sleep 0.02; done")
        .spawn()
        .unwrap();
    child.stdout().unwrap().read().await.unwrap();
    assert!(!child.was_signalled());
    assert!(child.kill(Signal::TERM).unwrap());
    assert!(child.was_signalled() && child.exit().is_none());
    assert_eq!(child.exited().await, Exit::Code(4));
    assert!(!child.kill(Signal::TERM).unwrap());
}

/// Waits for a process that is nobody's to wait for: until its number is free.
async fn gone(pid: u32) {
    let waiting = async {
        while std::fs::exists(format!("/proc/{pid}")).unwrap() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting)
        .await
        .expect("it should have ended by now");
}

async fn a_child_that_nobody_holds_sees_the_ends_of_its_pipes() {
    let before = children();
    // One waits for input that nobody can write, the other for room that nobody can make.
    for program in ["cat", "yes"] {
        let child = Command::new(program).spawn().unwrap();
        let pid = child.pid();
        drop(child);
        gone(pid).await;
    }
    let cancelled = tokio::time::timeout(
        Duration::from_millis(50),
        Command::shell("while echo x; do sleep 0.1; done").output(),
    )
    .await;
    assert!(cancelled.is_err());
    let ended = async {
        while children() > before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ended)
        .await
        .expect("it should have ended by now");
}

async fn what_somebody_has_kept_of_a_childs_streams_stays() {
    let child = Command::new("cat").spawn().unwrap();
    let (stdin, stdout) = (child.stdin().unwrap().clone(), child.stdout().unwrap().clone());
    drop(child);
    stdin.write(&b"still here"[..]).await.unwrap();
    stdin.end();
    let mut text = Vec::new();
    while let Some(chunk) = stdout.read().await.unwrap() {
        text.extend_from_slice(&chunk);
    }
    assert_eq!(text, b"still here");
}
