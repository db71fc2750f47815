//! No connection is lost: what no worker has taken is served by another.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use ferronode_cluster::{EXIT, LISTENING, Signal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::serving::{ask, primary, start, stop, until_under_way};

fixtures::trials! {
    connections_wait_for_the_first_worker,
    a_connection_that_a_dead_worker_had_not_taken_is_served_by_another,
    a_listener_that_is_closed_gives_back_what_was_not_taken_and_nothing_else,
    the_port_stays_open_while_all_workers_are_dead,
    a_storm_of_kills_refuses_nobody_and_hangs_nobody,
}

async fn connections_wait_for_the_first_worker() {
    let (primary, address) = primary();
    let client = tokio::spawn(ask(address));
    let worker = start(&primary, "").await;
    assert_eq!(client.await.unwrap().0, worker.pid());
    stop(&primary).await;
}

async fn a_connection_that_a_dead_worker_had_not_taken_is_served_by_another() {
    let (primary, address) = primary();
    let stuck = start(&primary, "never-accept").await;
    let unlucky = tokio::spawn(ask(address));
    while primary.under_way() == 0 {
        tokio::task::yield_now().await;
    }
    stuck.kill(Signal::KILL).unwrap();
    stuck.exited().await;
    assert!(!unlucky.is_finished());
    let other = start(&primary, "").await;
    assert_eq!(unlucky.await.unwrap().0, other.pid());
    stop(&primary).await;
}

async fn a_listener_that_is_closed_gives_back_what_was_not_taken_and_nothing_else() {
    // Who is faster, the answer or the end, is chance.
    for _ in 0..10 {
        let (primary, address) = primary();
        let first = start(&primary, "close-after-one").await;
        let mut clients = [
            TcpStream::connect(address).await.unwrap(),
            TcpStream::connect(address).await.unwrap(),
        ];
        until_under_way(&primary, clients.len()).await;
        first.send("accept one and close").await.unwrap();
        let other = start(&primary, "").await;
        let mut served_by = Vec::new();
        for client in &mut clients {
            client.shutdown().await.unwrap();
            let mut text = String::new();
            client.read_to_string(&mut text).await.unwrap();
            served_by.push(text);
        }
        served_by.sort();
        let mut expected = [first.pid(), other.pid()].map(|pid| format!("{pid}\n"));
        expected.sort();
        assert_eq!(served_by, expected);
        stop(&primary).await;
    }
}

async fn the_port_stays_open_while_all_workers_are_dead() {
    let (primary, address) = primary();
    for _ in 0..2 {
        start(&primary, "").await;
    }
    for worker in primary.workers() {
        worker.kill(Signal::KILL).unwrap();
        worker.exited().await;
    }
    let waiting: Vec<_> = (0..5).map(|_| tokio::spawn(ask(address))).collect();
    let worker = start(&primary, "").await;
    for client in waiting {
        assert_eq!(client.await.unwrap().0, worker.pid());
    }
    stop(&primary).await;
}

/// Opens a connection and waits for its first bytes: how many came, or how it failed.
async fn try_once(address: SocketAddr) -> std::io::Result<usize> {
    let mut stream = TcpStream::connect(address).await?;
    let mut text = [0; 64];
    tokio::time::timeout(Duration::from_secs(10), stream.read(&mut text))
        .await
        .expect("a connection hangs")
}

/// Opens connections until it is over, and counts those that a worker took with it.
async fn client(address: SocketAddr, served: Arc<AtomicUsize>, over: Arc<AtomicBool>) -> usize {
    let mut reset = 0;
    while !over.load(Ordering::Relaxed) {
        match try_once(address).await {
            Ok(1..) => _ = served.fetch_add(1, Ordering::Relaxed),
            Ok(0) => reset += 1,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => reset += 1,
            Err(error) => panic!("a connection fails: {error}"),
        }
    }
    reset
}

async fn a_storm_of_kills_refuses_nobody_and_hangs_nobody() {
    let (primary, address) = primary();
    let (sender, mut listening) = mpsc::unbounded_channel();
    primary.on(LISTENING, move |told| drop(sender.send(told.worker.clone())));
    for _ in 0..2 {
        start(&primary, "").await;
    }
    let (served, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let again = primary.clone();
    let replacing = primary.on(EXIT, move |_| drop(again.fork().unwrap()));
    let clients: Vec<_> = (0..4)
        .map(|_| tokio::spawn(client(address, Arc::clone(&served), Arc::clone(&over))))
        .collect();
    for _ in 0..10 {
        let worker = listening.recv().await.unwrap();
        let before = served.load(Ordering::Relaxed);
        while served.load(Ordering::Relaxed) < before + 50 {
            tokio::task::yield_now().await;
        }
        worker.kill(Signal::KILL).unwrap();
    }
    over.store(true, Ordering::Relaxed);
    let mut reset = 0;
    for client in clients {
        reset += client.await.unwrap();
    }
    primary.remove(replacing);
    // Each killed worker may have taken as many as there are clients, and not one more.
    assert!(
        reset <= 40,
        "{reset} were reset, {} served",
        served.load(Ordering::Relaxed)
    );
    stop(&primary).await;
}
