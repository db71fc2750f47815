//! Every way in which a child ends, and what is told of it.

use std::fs;
use std::sync::{Arc, Mutex};

use ferronode_child::{CLOSE, ChildProcess, DISCONNECT, EXIT, Exit, MESSAGE, Signal};

use crate::forking::fork;

fixtures::trials! {
    messages_then_disconnect_then_exit_then_close,
    listeners_that_come_late_are_called_once_each,
    a_signal_is_named,
    a_listener_that_panics_ends_its_call_and_nothing_else,
    the_parents_disconnect_ends_the_childs_channel_and_close_comes_all_the_same,
    a_child_may_leave_its_channel_and_stay,
    a_child_that_nobody_holds_is_neither_killed_nor_left_a_zombie,
    many_children_leave_no_descriptor_and_no_zombie,
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

/// How many children this process has that are dead and not reaped, or alive.
fn children() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let of = |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).unwrap_or_default();
    tasks.map(|task| of(task.unwrap()).split_whitespace().count()).sum()
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
    let descriptors = || fs::read_dir("/proc/self/fd").unwrap().count();
    let before = (descriptors(), children());
    let all: Vec<ChildProcess> = (0..100)
        .map(|_| fork("say-and-exit").arg("1").spawn().unwrap())
        .collect();
    for child in &all {
        child.on(MESSAGE, |_| {});
        assert_eq!(child.closed().await, Exit::Code(7));
    }
    drop(all);
    while (descriptors(), children()) != before {
        tokio::task::yield_now().await;
    }
}
