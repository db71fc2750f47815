//! The pure protocol: a primary and its workers, without a process, in any order of events.

use std::time::Duration;

use ferronode_cluster::proto::{
    Action, Frame, Message, Opened, Policy, Primary, Query, Reply, SocketName, Worker, WorkerAction, WorkerId,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::net::{Net, Who, event};

fn place() -> Query {
    Query::tcp("127.0.0.1:80".parse().unwrap())
}

fn name() -> SocketName {
    SocketName::from(place().tcp_address().unwrap())
}

/// Lets anything happen; then a healthy worker comes, and `who` does its work: in the end whoever connected is served.
fn everybody_is_served_by(who: Who, policies: &[Policy]) {
    let config = Config {
        cases: 500,
        failure_persistence: None,
        ..Config::default()
    };
    let policies = prop::sample::select(policies.to_vec());
    let what = (policies, prop::collection::vec(event(), 0..300));
    let result = TestRunner::new(config).run(&what, |(policy, events)| {
        let mut net = Net::new(policy);
        net.lanes_for_all = who == Who::TheLast;
        net.is_slow = true;
        for event in events {
            net.happen(event);
        }
        prop_assert!(net.comes_to_rest(who), "somebody waits for ever");
        if who == Who::All && matches!(policy, Policy::RoundRobin) {
            net.nobody_is_left_out();
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

pub(crate) fn whatever_happens() {
    everybody_is_served_by(
        Who::All,
        &[Policy::RoundRobin, Policy::LeastConnections, Policy::Sticky],
    );
}

/// By the sticky policy a client waits for its worker.
pub(crate) fn whoever_is_stuck() {
    everybody_is_served_by(Who::TheLast, &[Policy::RoundRobin, Policy::LeastConnections]);
}

/// The place of a listener that was given up stays taken until its reply has come, or another would be closed for it.
pub(crate) fn a_listener_given_up_does_not_close_its_successor() {
    let mut worker: Worker<u32> = Worker::new();
    let given_up = worker.listen(place());
    worker.close(given_up);
    let successor = worker.listen(place());
    let frames = std::iter::from_fn(|| worker.poll_action());
    let queries: Vec<(u32, Query)> = frames
        .filter_map(|action| match action {
            WorkerAction::Send(Frame {
                seq,
                message: Message::Query(query),
                ..
            }) => Some((seq, query)),
            _ => None,
        })
        .collect();
    assert_ne!(queries[0].1.key(), queries[1].1.key());
    for (seq, query) in queries {
        let reply = Reply {
            key: query.key(),
            errno: 0,
            socket_name: Some(name()),
            data: None,
            wants_reports: false,
            lane: false,
        };
        worker.received(
            Frame {
                seq: 0,
                ack: Some(seq),
                message: Message::Reply(reply),
            },
            None,
        );
    }
    assert_eq!(worker.opened(successor), Opened::Open(Some(name())));
    let closed: Vec<_> = std::iter::from_fn(|| worker.poll_action())
        .filter(|action| {
            matches!(
                action,
                WorkerAction::Send(Frame {
                    message: Message::Close { .. },
                    ..
                })
            )
        })
        .collect();
    assert_eq!(closed.len(), 1, "the one that was given up: {closed:?}");
}

pub(crate) fn by_the_shared_policy_workers_get_the_listener() {
    const A: WorkerId = WorkerId(1);
    const B: WorkerId = WorkerId(2);
    let now = Duration::ZERO;
    let mut primary: Primary<u32> = Primary::new(Policy::Shared);
    let mut workers = [(A, Worker::<u32>::new()), (B, Worker::new())];
    let mut listeners = Vec::new();
    for (id, worker) in &mut workers {
        primary.forked(*id);
        listeners.push(worker.listen(place()));
        while let Some(action) = worker.poll_action() {
            let WorkerAction::Send(frame) = action else { continue };
            primary.received(*id, frame, now);
        }
    }
    let key = place().key();
    primary.bound(&key, Ok((Some(name()), Some(7))));
    let mut given = Vec::new();
    while let Some(action) = primary.poll_action() {
        match action {
            Action::Send {
                worker,
                frame,
                connection,
            } => given.push((worker, frame, connection)),
            Action::Accept { .. } => panic!("the kernel gives to the workers"),
            _ => {}
        }
    }
    assert_eq!(
        given.iter().map(|(id, _, lent)| (*id, *lent)).collect::<Vec<_>>(),
        [(A, Some(7)), (B, Some(7))]
    );
    for ((_, worker), (listener, (_, frame, lent))) in workers.iter_mut().zip(listeners.iter().zip(given)) {
        worker.received(frame, lent);
        assert_eq!(worker.opened(*listener), Opened::Shared);
        assert_eq!(
            (worker.shared(*listener), worker.shared(*listener)),
            (Some(7), None),
            "once"
        );
        worker.listening(*listener, Some(name().port));
    }
    // A worker that is told to go closes the listener and waits for what it took.
    let (_, worker) = &mut workers[0];
    worker.took(listeners[0]);
    primary.disconnect(A);
    worker.received(
        Frame {
            seq: 9,
            ack: None,
            message: Message::Disconnect,
        },
        None,
    );
    assert_eq!(worker.opened(listeners[0]), Opened::Closed);
    assert!(worker.is_leaving() && !worker.has_left());
    worker.let_go(listeners[0]);
    assert!(worker.has_left());
    // The last worker that closes it of its own will closes it for good.
    let (_, worker) = &mut workers[1];
    worker.close(listeners[1]);
    while let Some(action) = worker.poll_action() {
        let WorkerAction::Send(frame) = action else { continue };
        primary.received(B, frame, now);
    }
    let unbound =
        std::iter::from_fn(|| primary.poll_action()).any(|action| action == Action::Unbind { key: key.clone() });
    assert!(unbound);
}
