//! Who serves which connection, and where.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use ferronode_child::MESSAGE;
use ferronode_cluster::{LISTENING, Primary, Signal, Worker};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

fixtures::trials! {
    connections_go_to_the_workers_in_strict_rotation,
    port_zero_is_the_same_port_for_all_workers,
    two_listeners_of_one_worker_get_different_ports,
    outside_a_cluster_listen_just_binds,
    a_port_in_use_is_an_error_that_names_the_address,
    a_port_in_use_is_told_to_the_worker_that_asks,
    messages_go_both_ways,
    a_thousand_connections_leave_no_descriptor_behind,
}

/// A primary on a free port of its own, and where that is. Workers ask for the same: port 0 of 127.0.0.1.
pub(crate) fn primary() -> (Primary, SocketAddr) {
    let primary = Primary::new();
    let address = primary.bind("127.0.0.1:0").unwrap();
    (primary, address)
}

/// Starts a worker that plays a part, and waits until it listens.
pub(crate) async fn start(primary: &Primary, part: &str) -> Worker {
    let (sender, mut listening) = mpsc::unbounded_channel();
    let id = primary.on(LISTENING, move |told| _ = sender.send(told.worker.id()));
    let worker = primary.fork_with_env([("PART", part)]).unwrap();
    while listening.recv().await != Some(worker.id()) {}
    primary.remove(id);
    worker
}

/// Waits until so many connections have been given to workers and are not taken.
pub(crate) async fn until_under_way(primary: &Primary, connections: usize) {
    while primary.under_way() != connections {
        tokio::task::yield_now().await;
    }
}

/// Opens a connection and reads who serves it.
pub(crate) async fn ask(address: SocketAddr) -> (u32, BufReader<TcpStream>) {
    let mut stream = BufReader::new(TcpStream::connect(address).await.unwrap());
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    (
        line.trim().parse().unwrap_or_else(|_| panic!("no pid: {line:?}")),
        stream,
    )
}

pub(crate) async fn stop(primary: &Primary) {
    for worker in primary.workers() {
        worker.kill(Signal::KILL).unwrap();
    }
    primary.disconnect().await;
}

async fn connections_go_to_the_workers_in_strict_rotation() {
    let (primary, address) = primary();
    for _ in 0..3 {
        start(&primary, "").await;
    }
    let mut counts = BTreeMap::new();
    let mut order = Vec::new();
    for _ in 0..30 {
        let (pid, _) = ask(address).await;
        *counts.entry(pid).or_insert(0) += 1;
        order.push(pid);
    }
    assert_eq!(counts.into_values().collect::<Vec<_>>(), [10, 10, 10]);
    assert_eq!(order[..27], order[3..], "always the same turn");
    stop(&primary).await;
}

async fn port_zero_is_the_same_port_for_all_workers() {
    let primary = Primary::new();
    let (sender, mut ports) = mpsc::unbounded_channel();
    primary.on(LISTENING, move |told| {
        _ = sender.send(told.address.socket().unwrap().port());
    });
    for _ in 0..3 {
        primary.fork().unwrap();
    }
    let port = ports.recv().await.unwrap();
    assert_ne!(port, 0);
    assert_eq!((ports.recv().await, ports.recv().await), (Some(port), Some(port)));
    stop(&primary).await;
}

async fn two_listeners_of_one_worker_get_different_ports() {
    let primary = Primary::new();
    let worker = primary.fork_with_env([("PART", "two-ports")]).unwrap();
    let (sender, mut said) = mpsc::unbounded_channel();
    worker.process().on(MESSAGE, move |message| {
        sender.send(message.to::<(u16, u16)>().unwrap()).unwrap();
    });
    let (first, second) = said.recv().await.unwrap();
    assert_ne!(first, second);
    stop(&primary).await;
}

async fn outside_a_cluster_listen_just_binds() {
    let mut listener = ferronode_cluster::listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    assert_eq!(
        accepted.unwrap().unwrap().peer_addr().unwrap(),
        client.unwrap().local_addr().unwrap()
    );
    let error = ferronode_cluster::listen(address).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}

async fn a_port_in_use_is_an_error_that_names_the_address() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let primary = Primary::new();
    for _ in 0..2 {
        let error = primary.bind(address).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
        assert_eq!(
            error.to_string(),
            format!("cannot listen on {address}: Address already in use (os error 98)")
        );
    }
    drop(taken);
    assert_eq!(primary.bind(address).unwrap(), address, "a failure is forgotten");
    assert_eq!(
        primary.bind(address).unwrap(),
        address,
        "and what is bound may be asked for again"
    );
}

async fn a_port_in_use_is_told_to_the_worker_that_asks() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let primary = Primary::new();
    let worker = primary.fork_with_env([("ADDRESS", address.as_str())]).unwrap();
    let (sender, mut said) = mpsc::unbounded_channel();
    worker.process().on(MESSAGE, move |message| {
        sender.send(message.to::<String>().unwrap()).unwrap();
    });
    let error = said.recv().await.unwrap();
    assert_eq!(
        error,
        format!("AddrInUse: cannot listen on {address}: Address already in use (os error 98)")
    );
    assert_eq!(worker.exited().await.code(), Some(3));
}

async fn messages_go_both_ways() {
    let (primary, _) = primary();
    let worker = start(&primary, "echo-messages").await;
    let (sender, mut said) = mpsc::unbounded_channel();
    worker.process().on(MESSAGE, move |message| {
        drop(sender.send(message.to::<String>().unwrap()));
    });
    for text in ["one", "two"] {
        worker.send(text).await.unwrap();
        assert_eq!(said.recv().await.unwrap(), text);
    }
    worker.disconnect();
    assert!(worker.exited().await.success());
}

async fn a_thousand_connections_leave_no_descriptor_behind() {
    let descriptors = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let (primary, address) = primary();
    for _ in 0..2 {
        start(&primary, "").await;
    }
    let before = descriptors();
    for _ in 0..1000 {
        let (_, mut client) = ask(address).await;
        client.get_mut().shutdown().await.unwrap();
    }
    while (descriptors(), primary.under_way()) != (before, 0) {
        tokio::task::yield_now().await;
    }
    stop(&primary).await;
}
