//! Single rules of the two machines, said one by one.

use std::time::Duration;

use ferronode_cluster::proto::{Action, Frame, Key, Message, Policy, Primary, Query, SocketName, WorkerId};

const A: WorkerId = WorkerId(1);
const B: WorkerId = WorkerId(2);

fn place() -> Query {
    Query::tcp("127.0.0.1:80".parse().unwrap())
}

fn key() -> Key {
    place().key()
}

/// A primary with two workers that listen.
fn primary() -> Primary<u32> {
    let mut primary = Primary::new(Policy::RoundRobin);
    let name = SocketName::from(place().tcp_address().unwrap());
    primary.reserve(place(), name, None);
    for worker in [A, B] {
        primary.forked(worker);
        say(&mut primary, worker, Message::Query(place()));
    }
    given(&mut primary);
    primary
}

fn say(primary: &mut Primary<u32>, worker: WorkerId, message: Message) {
    let (seq, ack) = (0, None);
    primary.received(worker, Frame { seq, ack, message }, Duration::ZERO);
}

/// Who has been given which connection since the last time, and the number that it answers by. No lane can be laid.
fn given(primary: &mut Primary<u32>) -> Vec<(WorkerId, u32, u32)> {
    let mut given = Vec::new();
    while let Some(action) = primary.poll_action() {
        match action {
            Action::Send {
                worker,
                frame,
                connection: Some(connection),
            } => given.push((worker, connection, frame.seq)),
            Action::Lay { worker, key } => primary.laid(worker, &key, None),
            _ => {}
        }
    }
    given
}

fn take(primary: &mut Primary<u32>, worker: WorkerId, number: u32) {
    let frame = Frame {
        seq: 0,
        ack: Some(number),
        message: Message::Accepted { accepted: true },
    };
    primary.received(worker, frame, Duration::ZERO);
}

/// Hands over connections that are taken at once, and says who took them.
fn taken_by(primary: &mut Primary<u32>, connections: std::ops::Range<u32>) -> Vec<WorkerId> {
    let mut workers = Vec::new();
    for connection in connections {
        primary.accepted(&key(), connection, None);
        for (worker, _, number) in given(primary) {
            take(primary, worker, number);
            workers.push(worker);
        }
    }
    workers
}

pub(crate) fn who_says_that_it_goes_gets_nothing_more() {
    let mut primary = primary();
    assert_eq!(taken_by(&mut primary, 0..4), [A, B, A, B]);
    say(&mut primary, A, Message::ExitedAfterDisconnect);
    assert_eq!(taken_by(&mut primary, 4..8), [B, B, B, B]);
}

pub(crate) fn who_has_as_many_as_it_wants_gets_the_next_when_one_has_ended() {
    let mut primary = primary();
    assert_eq!(taken_by(&mut primary, 0..4), [A, B, A, B]);
    // One of its two has ended, which nobody had been told: there is room for one more.
    let (most, ended) = (Some(2), 1);
    say(
        &mut primary,
        A,
        Message::Limit {
            key: key(),
            most,
            ended,
        },
    );
    assert_eq!(taken_by(&mut primary, 4..8), [A, B, B, B]);
    let most = Some(2);
    say(
        &mut primary,
        B,
        Message::Limit {
            key: key(),
            most,
            ended: 0,
        },
    );
    assert!(taken_by(&mut primary, 8..9).is_empty(), "both are full: it waits");
    say(&mut primary, A, Message::Ended { key: key() });
    let (worker, connection, number) = given(&mut primary)[0];
    assert_eq!((worker, connection), (A, 8));
    take(&mut primary, worker, number);
    let most = None;
    say(
        &mut primary,
        B,
        Message::Limit {
            key: key(),
            most,
            ended: 0,
        },
    );
    assert_eq!(taken_by(&mut primary, 9..12), [B, B, B]);
}
