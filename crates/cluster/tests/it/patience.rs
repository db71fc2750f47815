//! Lanes that stand still, in the primary's machine: when it takes back what is in one, and how its worker gets more.

use std::collections::{BTreeMap, VecDeque};

use ferronode_cluster::proto::{Action, Message, Policy, Primary, Record, SocketName, WorkerId};

use crate::rules::{A, B, key, place, say};

/// What a primary does, as far as it is of interest here.
#[derive(Debug, PartialEq, Eq)]
enum Does {
    Gives(WorkerId, u32),
    Looks,
    Asks(WorkerId),
    TakesBack(WorkerId),
}

/// A primary whose workers listen, with lanes, and what is in those.
struct Lanes {
    primary: Primary<u32>,
    queues: BTreeMap<WorkerId, VecDeque<(Record, Option<u32>)>>,
    /// How many times a lane was counted.
    counts: usize,
}

impl Lanes {
    fn of(workers: impl IntoIterator<Item = WorkerId>) -> Self {
        let mut primary = Primary::new(Policy::RoundRobin);
        primary.reserve(place(), SocketName::from(place().tcp_address().unwrap()), None);
        let mut lanes = Self {
            primary,
            queues: BTreeMap::new(),
            counts: 0,
        };
        for worker in workers {
            lanes.primary.forked(worker);
            say(&mut lanes.primary, worker, Message::Query(place()));
            lanes.does();
        }
        lanes
    }

    /// Carries out what the primary says, and says what that was.
    fn does(&mut self) -> Vec<Does> {
        let (mut done, primary) = (Vec::new(), &mut self.primary);
        while let Some(action) = primary.poll_action() {
            match action {
                Action::Lay { worker, key } => {
                    self.queues.insert(worker, VecDeque::new());
                    primary.laid(worker, &key, Some(0));
                }
                Action::Give {
                    worker, connections, ..
                } => {
                    for (record, connection) in connections {
                        self.queues
                            .get_mut(&worker)
                            .unwrap()
                            .push_back((record, Some(connection)));
                        done.push(Does::Gives(worker, connection));
                    }
                }
                Action::Ask { worker, .. } => {
                    self.queues
                        .get_mut(&worker)
                        .unwrap()
                        .push_back((Record::Question, None));
                    done.push(Does::Asks(worker));
                }
                Action::Count { worker, key, up_to } => {
                    self.counts += 1;
                    let length = |record: &Record| record.write(&mut [0; Record::LENGTH]).len();
                    let bytes = self.queues[&worker].iter().map(|(record, _)| length(record)).sum();
                    primary.counted(worker, &key, up_to, bytes);
                }
                Action::TakeBack { worker, key, up_to } => {
                    let queue = std::mem::take(self.queues.get_mut(&worker).unwrap());
                    let connections = queue
                        .into_iter()
                        .filter_map(|(_, connection)| Some((connection?, None)));
                    done.push(Does::TakesBack(worker));
                    primary.taken_back(worker, &key, up_to, connections.collect(), 0);
                }
                Action::Look { .. } => done.push(Does::Looks),
                _ => {}
            }
        }
        done
    }

    fn accept(&mut self, connection: u32) -> Vec<Does> {
        self.primary.accepted(&key(), vec![(connection, None)]);
        self.does()
    }

    fn look(&mut self) -> Vec<Does> {
        self.primary.look();
        self.does()
    }

    /// A worker receives one record, and answers it if it is asked to.
    fn take(&mut self, worker: WorkerId) -> Option<u32> {
        let (record, connection) = self.queues.get_mut(&worker).unwrap().pop_front()?;
        if let Record::Connection { asks: true, .. } | Record::Question = record {
            self.primary.answered(worker, &key(), record);
        }
        connection
    }
}

pub(crate) fn what_is_in_a_lane_that_stands_still_is_taken_back_at_the_second_look_if_another_has_room() {
    let mut lanes = Lanes::of([A, B]);
    assert_eq!(lanes.accept(1), [Does::Looks, Does::Gives(A, 1)]);
    assert_eq!(lanes.look(), [Does::Looks]);
    assert_eq!(
        lanes.look(),
        [
            Does::Asks(A),
            Does::TakesBack(A),
            Does::Looks,
            Does::Asks(A),
            Does::Gives(B, 1)
        ]
    );
    assert_eq!(lanes.take(B), Some(1));
    assert_eq!(lanes.accept(2), [Does::Gives(B, 2)], "A gets nothing");
    assert_eq!(lanes.take(B), Some(2));
    // Until it answers.
    assert_eq!(lanes.take(A), None);
    assert_eq!(lanes.accept(3), [Does::Gives(A, 3)]);
    assert_eq!(lanes.take(A), Some(3));
    assert_eq!(lanes.look(), [], "nothing waits, and nobody looks any more");
    assert_eq!((lanes.primary.taken(), lanes.primary.under_way()), (3, 0));
}

pub(crate) fn a_lane_that_stands_still_stays_while_nobody_else_has_room() {
    let mut lanes = Lanes::of([A, B]);
    let limit = |most| Message::Limit {
        key: key(),
        most,
        ended: 0,
    };
    say(&mut lanes.primary, B, limit(Some(0)));
    assert_eq!(lanes.accept(1), [Does::Looks, Does::Gives(A, 1)]);
    assert_eq!(lanes.look(), [Does::Looks]);
    assert_eq!(lanes.look(), [Does::Asks(A)]);
    assert_eq!(lanes.accept(2), [], "it gets no second, and nobody looks any more");
    // Whoever is the first to have room: here it is A itself, which takes the first.
    assert_eq!((lanes.take(A), lanes.take(A)), (Some(1), None));
    assert_eq!(lanes.does(), [Does::Looks, Does::Gives(A, 2)]);
    assert_eq!(lanes.look(), [Does::Looks]);
    assert_eq!(lanes.look(), [Does::Asks(A)]);
    // Here it is B.
    say(&mut lanes.primary, B, limit(None));
    assert_eq!(
        lanes.does(),
        [Does::TakesBack(A), Does::Looks, Does::Asks(A), Does::Gives(B, 2)]
    );
}

pub(crate) fn who_wants_fewer_gives_back_what_it_has_not_taken() {
    let mut lanes = Lanes::of([A]);
    for connection in 1..=3 {
        lanes.accept(connection);
    }
    assert_eq!(lanes.take(A), Some(1));
    let (most, ended) = (Some(2), 0);
    say(
        &mut lanes.primary,
        A,
        Message::Limit {
            key: key(),
            most,
            ended,
        },
    );
    assert_eq!(lanes.does(), [Does::TakesBack(A), Does::Gives(A, 2)]);
    assert_eq!(lanes.primary.taken(), 1);
    say(&mut lanes.primary, A, Message::Ended { key: key() });
    assert_eq!(lanes.does(), [Does::Gives(A, 3)]);
}

pub(crate) fn lanes_are_counted_when_nobody_is_free_and_among_many_workers_not_each_time() {
    let many = 64;
    let mut lanes = Lanes::of((1..=many).map(WorkerId));
    for connection in 0..many {
        lanes.accept(connection);
    }
    assert_eq!(lanes.counts, 0, "all were free");
    // All are busy: four looks a connection at most.
    for connection in 0..many {
        lanes.accept(connection);
    }
    assert_eq!(lanes.counts, 4 * 64);
    // One becomes free, and is found in time.
    lanes.take(WorkerId(9));
    lanes.take(WorkerId(9));
    let given = (0..=16).flat_map(|connection| lanes.accept(connection));
    let given: Vec<_> = given.collect();
    assert!(
        given.iter().any(|done| matches!(done, Does::Gives(WorkerId(9), _))),
        "{given:?}"
    );
}

pub(crate) fn connections_that_come_together_are_given_together() {
    let mut lanes = Lanes::of([A, B]);
    assert_eq!(lanes.primary.wants(&key()), 16);
    let come = (0..8).map(|connection| (connection, None)).collect();
    lanes.primary.accepted(&key(), come);
    let (mut gives, mut left) = (Vec::new(), BTreeMap::from([(A, 0), (B, 0)]));
    while let Some(action) = lanes.primary.poll_action() {
        match action {
            Action::Give {
                worker, connections, ..
            } => {
                *left.get_mut(&worker).unwrap() += connections.len();
                gives.push((worker, connections.into_iter().map(|(_, it)| it).collect::<Vec<_>>()));
            }
            Action::Count { worker, key, up_to } => {
                lanes
                    .primary
                    .counted(worker, &key, up_to, left[&worker] * Record::LENGTH);
            }
            Action::Look { .. } | Action::Accept { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    // Two were free; then it was counted what they had left, which is good for four.
    let in_fours = [
        (A, vec![0]),
        (B, vec![1]),
        (A, vec![2, 4]),
        (B, vec![3, 5]),
        (A, vec![6]),
        (B, vec![7]),
    ];
    assert_eq!(gives, in_fours);
}

pub(crate) fn what_comes_together_and_is_more_than_there_are_workers_is_spread_evenly() {
    let workers = [A, B, WorkerId(3)];
    let mut lanes = Lanes::of(workers);
    let mut served = BTreeMap::new();
    for connection in 0..300 {
        // Four at a time, and all that was given is taken before the next.
        let come = (0..4).map(|nth| (connection * 4 + nth, None)).collect();
        lanes.primary.accepted(&key(), come);
        lanes.does();
        for worker in workers {
            while lanes.take(worker).is_some() {
                *served.entry(worker).or_insert(0) += 1;
            }
        }
    }
    assert!(served.values().all(|served| (395..=405).contains(served)), "{served:?}");
}

pub(crate) fn of_many_that_come_together_few_are_given_to_who_has_stopped() {
    let mut lanes = Lanes::of([A, B]);
    lanes.accept(0);
    lanes.accept(1);
    let mut held = 1;
    lanes
        .primary
        .accepted(&key(), (2..14).map(|connection| (connection, None)).collect());
    while let Some(action) = lanes.primary.poll_action() {
        match action {
            Action::Give {
                worker: A, connections, ..
            } => held += connections.len(),
            Action::Count { worker, key, up_to } => {
                // B has always taken all that it was given.
                let left = if worker == A { held } else { 0 };
                lanes.primary.counted(worker, &key, up_to, left * Record::LENGTH);
            }
            _ => {}
        }
    }
    assert_eq!(held, 3, "and not half of them");
}

pub(crate) fn what_was_given_after_a_count_was_asked_for_is_not_thought_to_be_taken() {
    let mut lanes = Lanes::of((1..=8).map(WorkerId));
    // The ninth has all counted; that is good for two.
    for connection in 1..=9 {
        lanes.accept(connection);
    }
    lanes.primary.count();
    lanes.primary.accepted(&key(), vec![(10, None)]);
    let done = lanes.does();
    assert!(matches!(done[..], [Does::Gives(_, 10)]), "{done:?}");
    assert_eq!((lanes.primary.taken(), lanes.primary.under_way()), (0, 10));
}

pub(crate) fn a_worker_that_is_stuck_holds_no_second_connection_while_others_answer() {
    let mut primary: Primary<u32> = Primary::new(Policy::RoundRobin);
    primary.reserve(place(), SocketName::from(place().tcp_address().unwrap()), None);
    let stuck = WorkerId(1);
    for worker in [stuck, WorkerId(2), WorkerId(3)] {
        primary.forked(worker);
        say(&mut primary, worker, Message::Query(place()));
    }
    let (mut held, mut left) = (0, BTreeMap::new());
    for burst in 0..100 {
        // Three come at once, then those that work take all that they have.
        let mut come = 0;
        while let Some(action) = primary.poll_action() {
            match action {
                Action::Lay { worker, key } => primary.laid(worker, &key, Some(0)),
                Action::Give {
                    worker, connections, ..
                } => match worker == stuck {
                    true => held += connections.len(),
                    false => *left.entry(worker).or_insert(0) += connections.len(),
                },
                Action::Count { worker, key, up_to } => {
                    let connections = if worker == stuck { held } else { left[&worker] };
                    primary.counted(worker, &key, up_to, connections * Record::LENGTH);
                }
                Action::Accept { key } if come < 3 => {
                    come += 1;
                    primary.accepted(&key, vec![(burst * 3 + come, None)]);
                }
                Action::Accept { key } => {
                    left.values_mut().for_each(|left| *left = 0);
                    primary.accepted(&key, vec![(burst * 3, None)]);
                    break;
                }
                _ => {}
            }
        }
    }
    assert_eq!(held, 1);
}
