//! Single rules of the two machines, said one by one.

use std::time::Duration;

use ferronode_cluster::proto::{
    Action, AddressType, Frame, Key, Message, Policy, Primary, Query, Reply, SocketName, Worker, WorkerAction, WorkerId,
};

pub(crate) const A: WorkerId = WorkerId(1);
pub(crate) const B: WorkerId = WorkerId(2);

pub(crate) fn place() -> Query {
    Query::tcp("127.0.0.1:80".parse().unwrap())
}

pub(crate) fn key() -> Key {
    place().key()
}

/// A primary with two workers that listen.
fn primary() -> Primary<u32> {
    primary_of(&place())
}

/// Two workers that have asked for this.
fn primary_of(query: &Query) -> Primary<u32> {
    let mut primary = Primary::new(Policy::RoundRobin);
    let name = SocketName::from(place().tcp_address().unwrap());
    primary.reserve(place(), name, None);
    for worker in [A, B] {
        primary.forked(worker);
        say(&mut primary, worker, Message::Query(query.clone()));
    }
    given(&mut primary);
    primary
}

pub(crate) fn say(primary: &mut Primary<u32>, worker: WorkerId, message: Message) {
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
        primary.accepted(&key(), vec![(connection, None)]);
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
pub(crate) fn opened(ack: u32, port: u16) -> Frame {
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
pub(crate) fn asked(worker: &mut Worker<u32>) -> u32 {
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
    assert!(worker.finishes(first) && worker.may_take(first) && !worker.has_left());
    worker.lane_ended(first);
    assert!(!worker.finishes(first) && worker.nothing_comes(first));
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

pub(crate) fn a_worker_on_the_channel_is_given_several_while_it_answers_and_one_otherwise() {
    // Node's do not tell of connections that end.
    let nodes = Query {
        reports: false,
        ..place()
    };
    let mut primary = primary_of(&nodes);
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
                primary.accepted(&key(), vec![(connections.next().unwrap(), None)]);
            } else if !any {
                return numbers;
            }
        }
    };
    // What was asked for before has been swallowed by the beginning: it comes now.
    primary.accepted(&key(), vec![(1_000, None)]);
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

pub(crate) fn a_worker_of_ours_without_a_lane_is_given_one_at_a_time() {
    let mut primary = primary_of(&Query {
        reports: true,
        ..place()
    });
    for connection in [0, 1] {
        primary.accepted(&key(), vec![(connection, None)]);
    }
    let [(worker, _, number), _] = given(&mut primary)[..] else {
        panic!("each has one")
    };
    take(&mut primary, worker, number);
    for connection in [2, 3] {
        primary.accepted(&key(), vec![(connection, None)]);
    }
    assert_eq!(given(&mut primary).len(), 1, "it has answered, and has one");
}

pub(crate) fn what_a_channel_gives_up_is_what_rode_on_it_first() {
    let mut primary = primary();
    primary.accepted(&key(), vec![(1, None)]);
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
