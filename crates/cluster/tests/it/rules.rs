//! Single rules of the two machines, said one by one.

use std::time::Duration;

use ferronode_cluster::proto::{
    Action, AddressType, Answer, Frame, Key, ListenerId, Message, Policy, Primary, Query, Reply, SocketName, Worker,
    WorkerAction, WorkerId,
};

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

/// What the primary says to a worker that wants to listen at `port`, with a lane.
fn opened(ack: u32, port: u16) -> Frame {
    let query = Query::tcp(([127, 0, 0, 1], port).into());
    let reply = Reply {
        key: query.key(),
        errno: 0,
        socket_name: query.tcp_address().map(SocketName::from),
        data: None,
        wants_reports: false,
        lane: true,
    };
    Frame {
        seq: 0,
        ack: Some(ack),
        message: Message::Reply(reply),
    }
}

/// The number of the question that the worker has asked last.
fn asked(worker: &mut Worker<u32>) -> u32 {
    let actions = std::iter::from_fn(|| worker.poll_action());
    let asked = actions.filter_map(|action| match action {
        WorkerAction::Send(Frame {
            seq,
            message: Message::Query(_),
            ..
        }) => Some(seq),
        _ => None,
    });
    asked.last().unwrap()
}

pub(crate) fn an_answer_that_comes_too_late_ends_no_other_listener() {
    let mut worker = Worker::new();
    let first = worker.listen(place());
    let question = asked(&mut worker);
    worker.received(opened(question, 80), Some(1));
    assert_eq!(worker.lane(first), Some(1));
    worker.listen(Query::tcp(([127, 0, 0, 1], 81).into()));
    let question = asked(&mut worker);
    worker.disconnect();
    worker.received(opened(question, 81), Some(2));
    assert!(worker.drains(first) && !worker.has_left());
    worker.came(first, 7, 3);
    assert_eq!(worker.take_drained(first), Some((7, 3)));
}

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

pub(crate) fn what_a_worker_says_again_and_again_is_kept_once() {
    let mut primary = primary();
    let size = |primary: &Primary<u32>| format!("{primary:?}").len();
    let before = size(&primary);
    for _ in 0..1_000 {
        say(&mut primary, A, Message::Query(place()));
        given(&mut primary);
    }
    assert!(size(&primary) < before + 1_000, "{} and {before}", size(&primary));
    let (most, ended) = (None, u64::MAX);
    let key = key();
    say(&mut primary, A, Message::Limit { key, most, ended });
    say(&mut primary, A, Message::Ended { key: place().key() });
}

pub(crate) fn a_listener_of_the_programs_stays_open_though_another_could_not_be_opened() {
    let mut primary: Primary<u32> = Primary::new(Policy::RoundRobin);
    primary.forked(A);
    say(&mut primary, A, Message::Query(place()));
    let name = SocketName::from(place().tcp_address().unwrap());
    primary.reserve(place(), name.clone(), None);
    primary.bound(&key(), Err(-98));
    let mut told = None;
    while let Some(action) = primary.poll_action() {
        match action {
            Action::Lay { worker, key } => primary.laid(worker, &key, None),
            Action::Send {
                frame:
                    Frame {
                        message: Message::Reply(reply),
                        ..
                    },
                ..
            } => told = reply.socket_name,
            _ => {}
        }
    }
    assert_eq!(told, Some(name));
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

pub(crate) fn a_worker_on_the_channel_is_given_several_while_it_answers_and_one_otherwise() {
    let mut primary = primary();
    let mut connections = 0..;
    // As many as are wanted: how many each of the two has been given, and the numbers.
    let mut fill = |primary: &mut Primary<u32>| {
        let mut numbers = [Vec::new(), Vec::new()];
        loop {
            let (mut accepts, mut any) = (false, false);
            while let Some(action) = primary.poll_action() {
                match action {
                    Action::Accept { .. } => accepts = true,
                    Action::Send {
                        worker,
                        frame,
                        connection: Some(_),
                    } => {
                        any = true;
                        numbers[usize::from(worker == B)].push(frame.seq);
                    }
                    _ => {}
                }
            }
            if accepts {
                primary.accepted(&key(), connections.next().unwrap(), None);
            } else if !any {
                return numbers;
            }
        }
    };
    // What was asked for before has been swallowed by the beginning: it comes now.
    primary.accepted(&key(), 1_000, None);
    let [of_a, of_b] = fill(&mut primary);
    assert_eq!((of_a.len(), of_b.len()), (1, 1), "nobody has answered yet");
    take(&mut primary, A, of_a[0]);
    let [of_a, of_b] = fill(&mut primary);
    assert_eq!((of_a.len(), of_b.len()), (4, 0), "A answers, B does not");
    primary.look();
    of_a.iter().for_each(|number| take(&mut primary, A, *number));
    primary.look();
    let [of_a, _] = fill(&mut primary);
    assert_eq!(of_a.len(), 4, "it has answered since the last look");
    of_a.iter().for_each(|number| take(&mut primary, A, *number));
    primary.look();
    primary.look();
    assert_eq!(fill(&mut primary)[0].len(), 1, "it has not");
}

pub(crate) fn what_a_channel_gives_up_is_what_rode_on_it_first() {
    let mut primary = primary();
    primary.accepted(&key(), 1, None);
    let (worker, _, number) = given(&mut primary)[0];
    assert_eq!(worker, A);
    // A UDP socket is shared: it rides behind the connection, which A has not answered yet.
    let mut udp = Query::tcp("127.0.0.1:81".parse().unwrap());
    udp.address_type = AddressType::Udp4;
    say(&mut primary, A, Message::Query(udp.clone()));
    given(&mut primary);
    primary.bound(&udp.key(), Ok((None, Some(9))));
    take(&mut primary, A, number);
    given(&mut primary);
    primary.undelivered(A, Duration::ZERO);
    let mut said = Vec::new();
    while let Some(action) = primary.poll_action() {
        match action {
            Action::Send { frame, .. } => said.push(frame.message),
            Action::Unbind { key } => assert_eq!(key, udp.key()),
            Action::Accept { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    let refusal = Reply {
        key: udp.key(),
        errno: -24,
        socket_name: None,
        data: None,
        wants_reports: false,
        lane: false,
    };
    assert_eq!(said, [Message::Reply(refusal)]);
}
