//! Starting children, and talking with them.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use ferronode_child::{ChildProcess, Command, Fork, ForkErrorReason, MESSAGE, Stdio};
use ferronode_ipc::{Mode, Outgoing};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use crate::machine::{descriptors, resident, scratch};

fixtures::trials! {
    messages_go_both_ways_in_every_mode,
    messages_wait_for_their_first_listener,
    more_messages_than_are_held_make_the_child_wait_and_none_is_lost,
    a_few_large_messages_are_as_many_as_wait,
    the_handles_that_wait_leave_descriptors_for_others,
    who_writes_on_when_a_child_has_ended_waits_until_somebody_listens,
    the_handles_that_a_child_leaves_behind_leave_descriptors_for_others,
    the_environment_is_the_overlay_without_what_is_the_channels,
    a_connection_is_served_by_the_child_that_it_was_sent_to,
    what_cannot_be_started_is_named,
}

pub(crate) fn fork(part: &str) -> Fork {
    let mut fork = Fork::this_program().unwrap();
    fork.arg(part);
    fork
}

/// The messages of a child, one after another.
fn messages<T: DeserializeOwned + Send + 'static>(child: &ChildProcess) -> mpsc::UnboundedReceiver<T> {
    let (sender, receiver) = mpsc::unbounded_channel();
    child.on(MESSAGE, move |message| {
        // The test may have seen enough.
        let _ = sender.send(message.to().unwrap());
    });
    receiver
}

async fn messages_go_both_ways_in_every_mode() {
    for mode in [Mode::Json, Mode::Advanced, Mode::Bincode] {
        let child = fork("echo").serialization(mode).spawn().unwrap();
        let mut answers = messages::<String>(&child);
        for text in ["one", "zwei\n", "€"] {
            child.send(text).await.unwrap();
            assert_eq!(answers.recv().await.unwrap(), text);
        }
        child.disconnect();
        assert!(child.closed().await.success());
    }
}

async fn messages_wait_for_their_first_listener() {
    let child = fork("say-and-exit").arg("100").spawn().unwrap();
    assert_eq!(child.exited().await.code(), Some(7));
    let mut answers = messages::<u32>(&child);
    for number in 0..100 {
        assert_eq!(answers.recv().await, Some(number));
    }
}

async fn more_messages_than_are_held_make_the_child_wait_and_none_is_lost() {
    let child = fork("say-and-exit").arg("100000").spawn().unwrap();
    // Nobody listens: what is held is bounded, and so is what the socket holds. The child cannot get to its end.
    let still_runs = tokio::time::timeout(Duration::from_millis(300), child.exited()).await;
    assert!(
        still_runs.is_err(),
        "the child has written more than anybody should hold: {still_runs:?}"
    );
    let mut answers = messages::<u32>(&child);
    for number in 0..100_000 {
        assert_eq!(answers.recv().await, Some(number));
    }
    assert_eq!(child.closed().await.code(), Some(7));
}

/// Whether the child cannot get to its end, since nobody listens.
async fn waits(child: &ChildProcess) -> bool {
    let ended = tokio::time::timeout(Duration::from_millis(300), child.exited());
    ended.await.is_err()
}

async fn a_few_large_messages_are_as_many_as_wait() {
    const LENGTH: usize = 128 << 10;
    let before = resident();
    let child = fork("send-much").args(["500", &LENGTH.to_string()]).spawn().unwrap();
    assert!(waits(&child).await, "64 MB are more than anybody should hold");
    let grown = resident().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes more than before");
    let (sender, mut receiver) = mpsc::unbounded_channel();
    child.on(MESSAGE, move |message| {
        sender
            .send((message.to::<u32>().unwrap(), message.bodies()[0].len()))
            .unwrap();
    });
    for number in 0..500 {
        assert_eq!(receiver.recv().await, Some((number, LENGTH)));
    }
    assert!(child.closed().await.success());
}

/// So many listeners come, in order, and then the child's end.
async fn receives_listeners(child: &ChildProcess, count: u32) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    child.on(MESSAGE, move |message| {
        message.take_handle().unwrap().into_tcp_listener().unwrap();
        sender.send(message.to::<u32>().unwrap()).unwrap();
    });
    for number in 0..count {
        assert_eq!(receiver.recv().await, Some(number));
    }
    assert!(child.closed().await.success());
}

async fn the_handles_that_wait_leave_descriptors_for_others() {
    let child = fork("send-handles").arg("5000").spawn().unwrap();
    let before = descriptors();
    assert!(waits(&child).await, "5,000 handles are more than anybody should hold");
    let held = descriptors().saturating_sub(before);
    assert!((1..=64).contains(&held), "{held} wait");
    receives_listeners(&child, 5000).await;
}

/// What a side of mode bincode writes: its hello, and so many messages that are `()`, each with a body of that length.
fn frames(count: usize, body: Option<usize>) -> Vec<u8> {
    const USER: u8 = 1;
    let mut frame = vec![0, 0, 0, 0, USER, 0, 0, 0];
    if let Some(length) = body {
        frame[0] = 4;
        frame[6] = 1;
        frame.extend(u32::try_from(length).unwrap().to_le_bytes());
        frame.resize(frame.len() + length, 7);
    }
    let mut bytes = vec![4, 0, 0, 0, 0, 0, 0, 0, b'F', b'N', 1, 1];
    bytes.extend(frame.repeat(count));
    bytes
}

async fn who_writes_on_when_a_child_has_ended_waits_until_somebody_listens() {
    // Messages of no bytes at all, and messages whose bytes are in their bodies.
    for (count, body) in [(1_000_000, None), (1000, Some(64 << 10))] {
        let scratch = scratch();
        let file = scratch.join("frames");
        std::fs::write(&file, frames(count, body)).unwrap();
        let before = resident();
        let mut command = Command::shell(format!("cat {} >&3 & read go; exit 7", file.display()));
        command.serialization(Mode::Bincode);
        command.stdio([Stdio::Pipe, Stdio::Ignore, Stdio::Inherit, Stdio::Ipc]);
        let child = command.spawn().unwrap();
        assert!(waits(&child).await);
        child.stdin().unwrap().end();
        assert_eq!(child.exited().await.code(), Some(7));
        let closed = tokio::time::timeout(Duration::from_millis(300), child.closed());
        assert!(closed.await.is_err(), "the grandchild waits");
        let grown = resident().saturating_sub(before);
        assert!(grown < 32 << 20, "{grown} bytes more than before");
        let (sender, mut receiver) = mpsc::unbounded_channel();
        child.on(MESSAGE, move |message| {
            let () = message.to().unwrap();
            sender.send(()).unwrap();
        });
        for _ in 0..count {
            receiver.recv().await.unwrap();
        }
        assert_eq!(child.closed().await.code(), Some(7));
        std::fs::remove_dir_all(scratch).unwrap();
    }
}

async fn the_handles_that_a_child_leaves_behind_leave_descriptors_for_others() {
    let child = fork("send-handles").arg("200").spawn().unwrap();
    let before = descriptors();
    assert!(child.exited().await.success());
    let held = descriptors().saturating_sub(before);
    assert!((1..=64).contains(&held), "{held} wait");
    receives_listeners(&child, 200).await;
}

async fn the_environment_is_the_overlay_without_what_is_the_channels() {
    let child = fork("environment")
        .env("COLOR", "red")
        .env_remove("HOME")
        .current_dir("/usr")
        .spawn()
        .unwrap();
    let (sender, mut receiver) = mpsc::unbounded_channel();
    child.on(MESSAGE, move |message| {
        let variables = message
            .to::<[Option<String>; 5]>()
            .map_err(|_| message.to::<PathBuf>().unwrap());
        sender.send(variables).unwrap();
    });
    // The child has removed the variables that made it a child; the rest is as it was asked for.
    let variables = receiver.recv().await.unwrap().unwrap();
    assert_eq!(variables, [None, None, None, Some("red".to_owned()), None]);
    assert_eq!(receiver.recv().await.unwrap().unwrap_err(), PathBuf::from("/usr"));
    assert!(child.closed().await.success());
}

async fn a_connection_is_served_by_the_child_that_it_was_sent_to() {
    for mode in [Mode::Json, Mode::Advanced, Mode::Bincode] {
        let child = fork("serve-one").serialization(mode).spawn().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        child
            .send(Outgoing::new("serve this").with_handle(accepted))
            .await
            .unwrap();
        assert!(child.closed().await.success());
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        assert_eq!(text, format!("hello from {}", child.pid()));
    }
}

async fn what_cannot_be_started_is_named() {
    let error = Fork::new("/no/such/program").spawn().unwrap_err();
    assert!(matches!(error.reason, ForkErrorReason::Spawn(_)));
    assert_eq!(
        error.to_string(),
        "cannot start /no/such/program: No such file or directory (os error 2)"
    );
    let error = Fork::new("/etc").spawn().unwrap_err();
    assert_eq!(error.to_string(), "cannot start /etc: Permission denied (os error 13)");
    let error = fork("a\0b").spawn().unwrap_err();
    assert!(error.to_string().contains("NUL"), "{error}");
}
