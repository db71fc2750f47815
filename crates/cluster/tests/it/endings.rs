//! How workers end, and what is told of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ferronode_cluster::{DISCONNECT, EXIT, FORK, LISTENING, ONLINE, Primary, Settings, Signal, WorkerId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::serving::{ask, primary, start, stop};

fixtures::trials! {
    events_come_in_nodes_order,
    an_address_is_free_when_the_cluster_has_let_go_of_it,
    a_worker_that_is_told_to_go_finishes_its_connections,
    a_worker_may_leave_of_its_own_will,
    a_worker_that_is_killed_has_not_left_by_itself,
    numbers_are_never_used_again,
    a_listener_of_the_programs_that_panics_does_not_stop_the_cluster,
    a_worker_that_cannot_be_started_is_an_error,
    a_worker_that_asks_again_and_again_and_never_reads_is_ended,
}

fn log(primary: &Primary) -> Arc<Mutex<Vec<String>>> {
    let log = Arc::new(Mutex::new(Vec::new()));
    let write = || {
        let log = Arc::clone(&log);
        move |text: String| log.lock().unwrap().push(text)
    };
    let (fork, online, listening, disconnect, exit) = (write(), write(), write(), write(), write());
    primary.on(FORK, move |worker| fork(format!("fork {}", worker.id())));
    primary.on(ONLINE, move |worker| online(format!("online {}", worker.id())));
    primary.on(LISTENING, move |told| {
        listening(format!("listening {}", told.worker.id()));
    });
    primary.on(DISCONNECT, move |worker| {
        disconnect(format!("disconnect {}", worker.id()));
    });
    primary.on(EXIT, move |told| {
        exit(format!("exit {} {}", told.worker.id(), told.exit));
    });
    log
}

async fn events_come_in_nodes_order() {
    for _ in 0..10 {
        let (primary, _) = primary();
        let log = log(&primary);
        let worker = start(&primary, "").await;
        assert_eq!(primary.workers().len(), 1);
        assert_eq!(
            (
                worker.exited_after_disconnect(),
                worker.is_connected(),
                worker.is_dead()
            ),
            (None, true, false)
        );
        worker.disconnect();
        primary.disconnect().await;
        let mut seen = log.lock().unwrap().clone();
        if seen[3].starts_with("exit") {
            seen.swap(3, 4); // a channel that closes just before the process ends may be seen after it
        }
        assert_eq!(
            seen,
            [
                "fork 1",
                "online 1",
                "listening 1",
                "disconnect 1",
                "exit 1 exit code 0"
            ]
        );
        assert_eq!(
            (
                worker.exited_after_disconnect(),
                worker.is_connected(),
                worker.is_dead()
            ),
            (Some(true), false, true)
        );
        assert!(primary.workers().is_empty());
    }
}

async fn a_worker_that_is_told_to_go_finishes_its_connections() {
    let (primary, address) = primary();
    let leaver = start(&primary, "").await;
    let (pid, mut client) = ask(address).await;
    assert_eq!(pid, leaver.pid());
    let stayer = start(&primary, "").await;
    leaver.disconnect();
    for _ in 0..4 {
        assert_eq!(
            ask(address).await.0,
            stayer.pid(),
            "the one that leaves gets nothing new"
        );
    }
    client.get_mut().write_all(b"still there?").await.unwrap();
    let mut answer = [0; 12];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!((&answer, leaver.is_dead()), (b"still there?", false));
    drop(client);
    assert!(leaver.exited().await.success());
    stop(&primary).await;
}

async fn a_worker_may_leave_of_its_own_will() {
    let (primary, address) = primary();
    let worker = start(&primary, "leave-after-one").await;
    let (pid, client) = ask(address).await;
    assert_eq!(pid, worker.pid());
    drop(client);
    assert!(worker.exited().await.success());
    primary.disconnect().await;
    assert_eq!(worker.exited_after_disconnect(), Some(true));
}

async fn a_worker_that_is_killed_has_not_left_by_itself() {
    let (primary, _) = primary();
    let worker = start(&primary, "").await;
    worker.kill(Signal::KILL).unwrap();
    assert_eq!(worker.exited().await.signal(), Some(Signal::KILL));
    primary.disconnect().await;
    assert_eq!(worker.exited_after_disconnect(), Some(false));
}

async fn a_listener_of_the_programs_that_panics_does_not_stop_the_cluster() {
    let (primary, address) = primary();
    primary.on(ONLINE, |_| panic!("a fault of the program's"));
    primary.on(EXIT, |_| panic!("another"));
    let first = start(&primary, "").await;
    assert_eq!(ask(address).await.0, first.pid());
    first.kill(Signal::KILL).unwrap();
    first.exited().await;
    let second = start(&primary, "").await;
    assert_eq!(ask(address).await.0, second.pid());
    stop(&primary).await;
}

async fn a_worker_that_asks_again_and_again_and_never_reads_is_ended() {
    let (primary, address) = primary();
    let other = start(&primary, "").await;
    let hostile = primary.fork_with_env([("PART", "never-read")]).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), hostile.exited()).await;
    assert_eq!(ended.expect("what it leaves unread grows").signal(), Some(Signal::KILL));
    assert_eq!(hostile.exited_after_disconnect(), Some(false));
    assert_eq!(ask(address).await.0, other.pid());
    stop(&primary).await;
}

async fn numbers_are_never_used_again() {
    let (primary, _) = primary();
    for id in 1..4 {
        let worker = start(&primary, "").await;
        assert_eq!(worker.id(), WorkerId(id));
        worker.kill(Signal::KILL).unwrap();
        worker.exited().await;
    }
    primary.disconnect().await;
}

async fn a_worker_that_cannot_be_started_is_an_error() {
    let mut settings = Settings::this_program().unwrap();
    settings.program = "/no/such/program".into();
    let primary = Primary::with_settings(settings);
    let error = primary.fork().unwrap_err();
    assert!(error.to_string().contains("/no/such/program"), "{error}");
    assert!(primary.workers().is_empty());
}

/// A listener that is closed is closed: its address can be had again at once.
async fn an_address_is_free_when_the_cluster_has_let_go_of_it() {
    let (primary, address) = primary();
    for _ in 0..20 {
        primary.disconnect().await;
        assert_eq!(primary.bind(address).unwrap(), address);
    }
    stop(&primary).await;
}
