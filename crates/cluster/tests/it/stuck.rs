//! Workers that stop accepting, or stop altogether, keep no client waiting whom others could serve.

use std::net::SocketAddr;
use std::time::Duration;

use ferronode_child::MESSAGE;
use ferronode_cluster::{Signal, Worker};

use crate::serving::{ask, primary, start, stop, until_under_way};

fixtures::trials! {
    who_accepts_one_and_no_more_keeps_nobody_waiting,
    a_process_that_is_stopped_keeps_nobody_waiting_and_serves_again_when_it_goes_on,
    who_leaves_and_takes_nothing_keeps_nobody_waiting,
    who_was_passed_over_and_accepts_nothing_leaves_when_told,
    who_has_no_descriptor_left_loses_no_connection_and_keeps_nobody_waiting,
}

/// More than two workers hold who accept nothing.
const CLIENTS: usize = 12;
/// Nobody who waits longer waits for a worker that others could stand in for.
const BOUND: Duration = Duration::from_secs(5);

/// Clients that come all at once: who has served each.
async fn crowd(address: SocketAddr) -> Vec<u32> {
    let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(ask(address))).collect();
    let mut served_by = Vec::new();
    for client in clients {
        let answered = tokio::time::timeout(BOUND, client).await;
        served_by.push(answered.expect("a client waits for a worker that is stuck").unwrap().0);
    }
    served_by
}

/// A process that is stopped, until this is dropped.
struct Stopped<'a>(&'a Worker);

impl<'a> Stopped<'a> {
    fn now(worker: &'a Worker) -> Self {
        worker.kill(Signal::STOP).unwrap();
        Self(worker)
    }
}

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        self.0.kill(Signal::CONT).unwrap();
    }
}

/// Opens one connection after the other until this worker serves one, and says how many they were.
async fn until_served_by(worker: &Worker, address: SocketAddr) -> usize {
    let mut asked = 1;
    while ask(address).await.0 != worker.pid() {
        asked += 1;
    }
    asked
}

async fn who_accepts_one_and_no_more_keeps_nobody_waiting() {
    let (primary, address) = primary();
    let stuck = start(&primary, "accept-when-told").await;
    let other = start(&primary, "").await;
    stuck.send("one").await.unwrap();
    until_served_by(&stuck, address).await;
    for _ in 0..3 {
        assert_eq!(crowd(address).await, [other.pid(); CLIENTS]);
    }
    // It takes part again when it accepts again.
    stuck.send("one more").await.unwrap();
    until_served_by(&stuck, address).await;
    assert_eq!(crowd(address).await, [other.pid(); CLIENTS]);
    stop(&primary).await;
}

async fn a_process_that_is_stopped_keeps_nobody_waiting_and_serves_again_when_it_goes_on() {
    let (primary, address) = primary();
    let stopped = start(&primary, "").await;
    let other = start(&primary, "").await;
    let mut served = 0;
    for _ in 0..3 {
        let stopped_now = Stopped::now(&stopped);
        assert_eq!(crowd(address).await, [other.pid(); CLIENTS]);
        drop(stopped_now);
        // What it was given and did not take it has lost: it serves none of that.
        served += CLIENTS + until_served_by(&stopped, address).await;
        until_under_way(&primary, 0).await;
        assert_eq!(primary.taken(), u64::try_from(served).unwrap(), "each is taken once");
    }
    stop(&primary).await;
}

async fn who_leaves_and_takes_nothing_keeps_nobody_waiting() {
    let (primary, address) = primary();
    let leaver = start(&primary, "never-accept").await;
    let waiting: Vec<_> = (0..2).map(|_| tokio::spawn(ask(address))).collect();
    until_under_way(&primary, waiting.len()).await;
    leaver.disconnect();
    let other = start(&primary, "").await;
    for client in waiting {
        let answered = tokio::time::timeout(BOUND, client).await;
        assert_eq!(
            answered.expect("a client waits for a worker that leaves").unwrap().0,
            other.pid()
        );
    }
    stop(&primary).await;
}

async fn who_was_passed_over_and_accepts_nothing_leaves_when_told() {
    let (primary, address) = primary();
    let stuck = start(&primary, "never-accept").await;
    let other = start(&primary, "").await;
    for _ in 0..2 {
        assert_eq!(ask(address).await.0, other.pid());
    }
    // It has been asked whether it is there, and that is all that its lane holds.
    until_under_way(&primary, 0).await;
    stuck.disconnect();
    while stuck.is_connected() {
        tokio::task::yield_now().await;
    }
    stop(&primary).await;
}

async fn who_has_no_descriptor_left_loses_no_connection_and_keeps_nobody_waiting() {
    let (primary, address) = primary();
    let full = start(&primary, "no-descriptors").await;
    // It waits in the lane, for nobody else is there.
    let waiting = tokio::spawn(ask(address));
    while primary.under_way() == 0 {
        tokio::task::yield_now().await;
    }
    let other = start(&primary, "").await;
    assert_eq!(waiting.await.unwrap().0, other.pid());
    for _ in 0..3 {
        assert_eq!(crowd(address).await, [other.pid(); CLIENTS]);
    }
    let (sender, mut messages) = tokio::sync::mpsc::unbounded_channel();
    full.process()
        .on(MESSAGE, move |message| _ = sender.send(message.to::<u32>().unwrap()));
    full.send("go on").await.unwrap();
    assert!(messages.recv().await.unwrap() > 0, "the program hears of it");
    until_served_by(&full, address).await;
    stop(&primary).await;
}
