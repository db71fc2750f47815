//! Lanes that stand still, in the two machines: when the primary ends one, and how the worker gets another.

use std::time::Duration;

use ferronode_cluster::proto::{
    Action, Answer, ListenerId, Message, Policy, Primary, SocketName, Worker, WorkerAction, WorkerId,
};

use crate::rules::{A, B, asked, key, opened, place, say};

/// A worker that listens with a lane, which it has lost, so that it has asked for another; and the number of that question.
fn asks_again() -> (Worker<u32>, ListenerId, u32) {
    let mut worker = Worker::new();
    let listener = worker.listen(place());
    let question = asked(&mut worker);
    worker.received(opened(question, 80), Some(1));
    assert_eq!(worker.lane(listener), Some(1));
    worker.lane_lost(listener);
    assert_eq!(worker.asked_again(listener), None);
    let question = asked(&mut worker);
    (worker, listener, question)
}

/// What it says from now on.
fn said(worker: &mut Worker<u32>) -> Vec<Message> {
    let actions = std::iter::from_fn(|| worker.poll_action());
    let said = actions.filter_map(|action| match action {
        WorkerAction::Send(frame) => Some(frame.message),
        _ => None,
    });
    said.collect()
}

pub(crate) fn a_listener_whose_lane_was_lost_gets_another_and_listens_no_second_time() {
    let (mut worker, listener, question) = asks_again();
    worker.lane_lost(listener);
    assert_eq!(said(&mut worker), [], "one question at a time");
    worker.received(opened(question, 80), Some(2));
    assert_eq!(worker.asked_again(listener), Some(Ok(())));
    assert_eq!(worker.lane(listener), Some(2));
    assert_eq!(said(&mut worker), []);
}

pub(crate) fn a_lane_that_is_refused_is_an_error_once_and_asked_for_again() {
    let (mut worker, listener, question) = asks_again();
    // Its descriptor was lost on the way.
    worker.received(opened(question, 80), None);
    assert_eq!(worker.asked_again(listener), Some(Err(24)));
    worker.lane_lost(listener);
    assert_eq!(worker.asked_again(listener), None);
    assert!(matches!(said(&mut worker)[..], [Message::Query(_)]));
}

pub(crate) fn who_closes_while_it_asks_for_a_lane_says_so_once() {
    let (mut worker, listener, question) = asks_again();
    worker.close(listener);
    worker.listen(place());
    let said_before = said(&mut worker);
    let [Message::Close { key: closed }, Message::Query(next)] = &said_before[..] else {
        panic!("{said_before:?}");
    };
    assert_eq!(*closed, key());
    assert_ne!(next.key(), key(), "its place is taken until the answer has come");
    worker.received(opened(question, 80), Some(2));
    assert_eq!(said(&mut worker), []);
}

pub(crate) fn who_leaves_while_it_asks_for_a_lane_does_not_wait_for_it() {
    let (mut worker, listener, question) = asks_again();
    worker.disconnect();
    assert_eq!(
        said(&mut worker),
        [Message::Close { key: key() }, Message::ExitedAfterDisconnect]
    );
    assert_eq!(worker.drained(listener), Some(false));
    worker.received(opened(question, 80), Some(2));
    assert_eq!(said(&mut worker), []);
}

/// A primary whose workers A and B listen, with lanes, and no look asked for yet.
fn primary_with_lanes() -> Primary<u32> {
    let mut primary = Primary::new(Policy::RoundRobin);
    primary.reserve(place(), SocketName::from(place().tcp_address().unwrap()), None);
    for worker in [A, B] {
        primary.forked(worker);
        say(&mut primary, worker, Message::Query(place()));
        while let Some(action) = primary.poll_action() {
            if let Action::Lay { worker, key } = action {
                primary.laid(worker, &key, Some(0));
            }
        }
    }
    primary
}

/// What a primary with lanes does, as far as it is of interest here.
#[derive(Debug, PartialEq, Eq)]
enum Does {
    Gives(WorkerId, u32),
    Looks,
    Ends(WorkerId),
}

/// The same, with the number by which the last connection that is given is answered.
fn does_and_number(primary: &mut Primary<u32>) -> (Vec<Does>, u32) {
    let mut last = 0;
    let actions = std::iter::from_fn(|| primary.poll_action());
    let done = actions.filter_map(|action| match action {
        Action::Give {
            worker,
            connection,
            number,
            ..
        } => {
            last = number;
            Some(Does::Gives(worker, connection))
        }
        Action::Look { .. } => Some(Does::Looks),
        Action::EndLane { worker, .. } => Some(Does::Ends(worker)),
        _ => None,
    });
    (done.collect(), last)
}

fn does(primary: &mut Primary<u32>) -> Vec<Does> {
    does_and_number(primary).0
}

pub(crate) fn a_lane_that_stands_still_is_ended_at_the_second_look_if_another_has_room() {
    let mut primary = primary_with_lanes();
    primary.accepted(&key(), 1, None);
    assert_eq!(does(&mut primary), [Does::Looks, Does::Gives(A, 1)]);
    primary.look();
    assert_eq!(does(&mut primary), [Does::Looks]);
    primary.look();
    assert_eq!(does(&mut primary), [Does::Ends(A)], "and nobody looks any more");
    // It is given to another when the lane has been read to its end, and not before.
    assert_eq!(primary.under_way(), 1);
    primary.lane_ended(A, &key());
    assert_eq!(does(&mut primary), [Does::Looks, Does::Gives(B, 1)]);
    primary.accepted(&key(), 2, None);
    assert_eq!(does(&mut primary), [Does::Gives(B, 2)], "A gets nothing");
    // Until it asks again.
    say(&mut primary, A, Message::Query(place()));
    let lay = std::iter::from_fn(|| primary.poll_action()).any(|action| matches!(action, Action::Lay { .. }));
    assert!(lay);
    primary.laid(A, &key(), Some(0));
    primary.accepted(&key(), 3, None);
    assert_eq!(does(&mut primary), [Does::Gives(A, 3)]);
}

pub(crate) fn a_lane_that_stands_still_stays_while_nobody_else_has_room() {
    let mut primary = primary_with_lanes();
    let limit = |most| Message::Limit {
        key: key(),
        most,
        ended: 0,
    };
    say(&mut primary, B, limit(Some(0)));
    primary.accepted(&key(), 1, None);
    let (done, number) = does_and_number(&mut primary);
    assert_eq!(done, [Does::Looks, Does::Gives(A, 1)]);
    primary.look();
    primary.look();
    primary.accepted(&key(), 2, None);
    assert_eq!(
        does(&mut primary),
        [Does::Looks],
        "it gets no second, and nobody looks any more"
    );
    // Whoever is the first to have room: here it is A itself, which takes the first.
    primary.answered(A, Answer::Taken(number), Duration::ZERO);
    assert_eq!(does(&mut primary), [Does::Looks, Does::Gives(A, 2)]);
    primary.look();
    primary.look();
    assert_eq!(does(&mut primary), [Does::Looks]);
    // Here it is B.
    say(&mut primary, B, limit(None));
    assert_eq!(does(&mut primary), [Does::Ends(A)]);
}

pub(crate) fn a_worker_that_is_stuck_holds_no_second_connection_while_others_answer() {
    let mut primary: Primary<u32> = Primary::new(Policy::RoundRobin);
    primary.reserve(place(), SocketName::from(place().tcp_address().unwrap()), None);
    let stuck = WorkerId(1);
    for worker in [stuck, WorkerId(2), WorkerId(3)] {
        primary.forked(worker);
        say(&mut primary, worker, Message::Query(place()));
    }
    let (mut held, mut to_answer) = (0, Vec::new());
    for burst in 0..100 {
        // Three come at once, then those that work answer all that they have.
        let mut come = 0;
        while let Some(action) = primary.poll_action() {
            match action {
                Action::Lay { worker, key } => primary.laid(worker, &key, Some(0)),
                Action::Give { worker, .. } if worker == stuck => held += 1,
                Action::Give { worker, number, .. } => to_answer.push((worker, number)),
                Action::Accept { key } if come < 3 => {
                    come += 1;
                    primary.accepted(&key, burst * 3 + come, None);
                }
                Action::Accept { key } => {
                    for (worker, number) in to_answer.drain(..) {
                        primary.answered(worker, Answer::Taken(number), Duration::ZERO);
                    }
                    primary.accepted(&key, burst * 3, None);
                    break;
                }
                _ => {}
            }
        }
    }
    assert_eq!(held, 1);
}
