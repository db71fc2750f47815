//! What the primary's program can set, ask and hear.

use std::net::UdpSocket;
use std::sync::{Arc, Mutex};

use ferronode_child::MESSAGE;
use ferronode_cluster::{Address, FORK, Policy, Primary, SETUP, Settings, Worker};
use ferronode_ipc::Outgoing;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;

use crate::serving::{ask, primary, start, stop};

fixtures::trials! {
    a_listener_added_right_behind_fork_hears_of_it_and_of_its_setup,
    what_is_set_later_is_for_later_workers,
    a_worker_runs_where_it_was_told_to_and_its_output_comes_to_us,
    what_has_happened_to_a_worker_is_kept,
    the_messages_of_all_workers_are_heard_in_one_place,
    a_worker_may_end_itself,
    messages_that_a_worker_does_not_take_are_bounded_by_bytes_and_handles,
}

fn shell(script: &str) -> Settings {
    Settings {
        args: vec!["-c".into(), script.into()],
        ..Settings::new("/bin/sh")
    }
}

async fn a_listener_added_right_behind_fork_hears_of_it_and_of_its_setup() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&log);
    // One thread, as Node has: nothing can happen between two of its lines.
    let main = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let primary = Primary::new();
            assert!(primary.settings().is_none());
            primary.setup_primary(shell("exit 0"));
            let worker = primary.fork().unwrap();
            let (setup, forked) = (Arc::clone(&seen), Arc::clone(&seen));
            let program = primary.settings().unwrap().program;
            primary.on(SETUP, move |settings| {
                assert_eq!(settings.program, program);
                setup.lock().unwrap().push("setup");
            });
            primary.on(FORK, move |_| forked.lock().unwrap().push("fork"));
            seen.lock().unwrap().push("sync");
            worker.exited().await;
        });
    };
    std::thread::spawn(main).join().unwrap();
    assert_eq!(*log.lock().unwrap(), ["sync", "setup", "setup", "fork"], "as in Node");
}

async fn what_is_set_later_is_for_later_workers() {
    // The channel is its descriptor 3: it ends when it is told anything.
    let primary = Primary::with_settings(shell("read line <&3; exit 3"));
    let first = primary.fork().unwrap();
    primary.setup_primary(Settings {
        policy: Policy::Shared,
        ..shell("exit 4")
    });
    assert!(
        matches!(primary.settings().unwrap().policy, Policy::RoundRobin),
        "this one stays"
    );
    assert_eq!(primary.fork().unwrap().exited().await.code(), Some(4));
    assert_eq!(primary.worker(first.id()).unwrap().pid(), first.pid());
    first.disconnect();
    assert_eq!(first.exited().await.code(), Some(3));
    assert!(!first.online().await);
    assert_eq!(first.listening().await, None);
}

async fn a_worker_runs_where_it_was_told_to_and_its_output_comes_to_us() {
    let primary = Primary::with_settings(Settings {
        cwd: Some("/".into()),
        silent: true,
        ..shell("pwd")
    });
    let worker = primary.fork().unwrap();
    let output = worker.process().stdout().unwrap().read().await.unwrap().unwrap();
    assert_eq!(&*output, b"/\n");
    worker.exited().await;
}

async fn what_has_happened_to_a_worker_is_kept() {
    let (primary, address) = primary();
    let worker = primary.fork().unwrap();
    assert_eq!(worker.listening().await, Some(Address::Tcp(address)));
    assert!(worker.online().await, "it is asked late");
    assert_eq!(worker.addresses(), [Address::Tcp(address)]);
    stop(&primary).await;
    assert_eq!(worker.listening().await, Some(Address::Tcp(address)), "and later");
}

async fn the_messages_of_all_workers_are_heard_in_one_place() {
    let (primary, _) = primary();
    let early = start(&primary, "echo-messages").await;
    early.send("before").await.unwrap();
    let (sender, mut said) = mpsc::unbounded_channel();
    primary.on_message(move |worker: &Worker, message| {
        _ = sender.send((worker.id(), message.to::<String>().unwrap()));
    });
    assert_eq!(
        said.recv().await.unwrap(),
        (early.id(), "before".to_owned()),
        "it waited"
    );
    let late = start(&primary, "echo-messages").await;
    let (own, mut heard) = mpsc::unbounded_channel();
    late.process().on(MESSAGE, move |message| {
        _ = own.send(message.to::<String>().unwrap());
    });
    for worker in [&late, &early] {
        worker.send("hello").await.unwrap();
        assert_eq!(said.recv().await.unwrap(), (worker.id(), "hello".to_owned()));
    }
    assert_eq!(
        heard.recv().await.unwrap(),
        "hello",
        "the worker's own listener hears it too"
    );
    stop(&primary).await;
    assert!(said.try_recv().is_err(), "once each");
}

async fn a_worker_may_end_itself() {
    let (primary, address) = primary();
    let worker = start(&primary, "kill-itself").await;
    let (_, mut client) = ask(address).await;
    assert_eq!(worker.exited().await.code(), Some(0));
    assert_eq!(worker.exited_after_disconnect(), Some(true), "the primary has heard");
    assert_eq!(
        client.read(&mut [0; 1]).await.unwrap_or_default(),
        0,
        "it waits for nobody"
    );
    stop(&primary).await;
}

async fn messages_that_a_worker_does_not_take_are_bounded_by_bytes_and_handles() {
    let (primary, _) = primary();
    let worker = start(&primary, "count-messages").await;
    for _ in 0..20 {
        let body = vec![7; 100 << 10];
        worker.send(Outgoing::new(()).with_body(body)).await.unwrap();
    }
    worker.disconnect();
    assert_eq!(
        worker.exited().await.code(),
        Some(11),
        "the one that reaches 1 MiB is the last"
    );

    let worker = start(&primary, "count-messages").await;
    for _ in 0..100 {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        worker.send(Outgoing::new(()).with_handle(socket)).await.unwrap();
    }
    worker.disconnect();
    assert_eq!(worker.exited().await.code(), Some(64));
    stop(&primary).await;
}
