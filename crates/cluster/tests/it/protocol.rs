//! The pure protocol: a primary and its workers, without a process, in any order of events.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use ferronode_cluster::proto::{
    Action, Answer, Frame, ListenerId, Message, Offer, Opened, Policy, Primary, Query, Reply, SocketName, Worker,
    WorkerAction, WorkerId,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// What may happen next; numbers choose among the workers that there are.
#[derive(Debug, Clone, Copy)]
enum Event {
    Fork,
    Connect,
    /// The oldest frame under way from the primary to a worker arrives.
    ToWorker(usize),
    /// The oldest frame under way from a worker to the primary arrives.
    ToPrimary(usize),
    /// The oldest answer on a lane arrives at the primary, or the end of the lane.
    LaneToPrimary(usize),
    /// A worker that is to leave drains its lane.
    Drain(usize),
    Take(usize),
    Finish(usize),
    Kill(usize),
    Disconnect(usize),
    Leave(usize),
    /// It ends itself, whatever it has.
    Quit(usize),
    /// It wants so many connections at once, or as many as come.
    Limit(usize, Option<u32>),
    Time(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        1 => Just(Event::Fork),
        6 => Just(Event::Connect),
        12 => (0usize..8).prop_map(Event::ToWorker),
        12 => (0usize..8).prop_map(Event::ToPrimary),
        8 => (0usize..8).prop_map(Event::LaneToPrimary),
        2 => (0usize..8).prop_map(Event::Drain),
        8 => (0usize..8).prop_map(Event::Take),
        4 => (0usize..8).prop_map(Event::Finish),
        1 => (0usize..8).prop_map(Event::Kill),
        1 => (0usize..8).prop_map(Event::Disconnect),
        1 => (0usize..8).prop_map(Event::Leave),
        1 => (0usize..8).prop_map(Event::Quit),
        2 => ((0usize..8), prop::option::of(0u32..4)).prop_map(|(nth, most)| Event::Limit(nth, most)),
        1 => (0u64..200).prop_map(Event::Time),
    ]
}

/// A process that is a worker, and its channel.
struct Process {
    worker: Worker<u32>,
    listener: ListenerId,
    to_worker: VecDeque<(Frame, Option<u32>)>,
    to_primary: VecDeque<Frame>,
    open: usize,
    most: Option<u32>,
    has_lane: bool,
}

/// A pair of sockets between the primary and a worker. It may outlive the worker.
#[derive(Default)]
struct Lane {
    to_worker: VecDeque<(u32, u32)>,
    to_primary: VecDeque<Answer>,
    /// The primary gives nothing more.
    finished: bool,
    /// Nothing can be said on it any more.
    ended: bool,
}

/// What stands for a worker's end of a lane.
const LANE: u32 = u32::MAX;

#[derive(Default)]
struct Net {
    primary: Primary<u32>,
    processes: BTreeMap<WorkerId, Process>,
    lanes: BTreeMap<WorkerId, Lane>,
    next_worker: u32,
    next_connection: u32,
    /// Connections in the kernel's queue.
    backlog: VecDeque<u32>,
    /// How many connections the primary wants.
    granted: usize,
    served: BTreeSet<u32>,
    now: Duration,
}

fn place() -> Query {
    Query::tcp("127.0.0.1:80".parse().unwrap())
}

fn name() -> SocketName {
    SocketName {
        address: "127.0.0.1".into(),
        family: "IPv4".into(),
        port: 80,
    }
}

impl Net {
    fn happen(&mut self, event: Event) {
        match event {
            Event::Fork => self.fork(),
            Event::Connect => {
                self.backlog.push_back(self.next_connection);
                self.next_connection += 1;
            }
            Event::ToWorker(nth) => self.with(nth, |_, process| {
                if let Some((frame, connection)) = process.to_worker.pop_front() {
                    process.worker.received(frame, connection);
                    process.has_lane |= process.worker.lane(process.listener).is_some();
                }
            }),
            Event::ToPrimary(nth) => self.reach_primary(nth),
            Event::LaneToPrimary(nth) => self.lane_reaches_primary(nth),
            Event::Drain(nth) => self.drain(nth),
            Event::Take(nth) => self.take(nth),
            Event::Finish(nth) => self.with(nth, |_, process| {
                if process.open > 0 {
                    process.open -= 1;
                    process.worker.let_go(process.listener);
                }
            }),
            Event::Kill(nth) => self.kill(nth),
            Event::Disconnect(nth) => {
                if let Some(id) = self.nth(nth) {
                    self.primary.disconnect(id);
                }
            }
            Event::Leave(nth) => self.with(nth, |_, process| process.worker.disconnect()),
            Event::Quit(nth) => self.with(nth, |_, process| {
                process.worker.quit();
                process.open = 0;
            }),
            Event::Limit(nth, most) => self.with(nth, |_, process| {
                process.worker.limit(process.listener, most);
                process.most = most;
            }),
            Event::Time(ms) => {
                self.now += Duration::from_millis(ms);
                self.primary.tick(self.now);
            }
        }
        self.settle();
    }

    fn fork(&mut self) {
        self.next_worker += 1;
        let mut worker = Worker::new();
        let listener = worker.listen(place());
        let process = Process {
            worker,
            listener,
            to_worker: VecDeque::new(),
            to_primary: VecDeque::new(),
            open: 0,
            most: None,
            has_lane: false,
        };
        self.primary.forked(WorkerId(self.next_worker));
        self.processes.insert(WorkerId(self.next_worker), process);
    }

    fn nth(&self, nth: usize) -> Option<WorkerId> {
        self.processes.keys().nth(nth % self.processes.len().max(1)).copied()
    }

    fn with(&mut self, nth: usize, act: impl FnOnce(&mut BTreeSet<u32>, &mut Process)) {
        if let Some(process) = self.nth(nth).and_then(|id| self.processes.get_mut(&id)) {
            act(&mut self.served, process);
        }
    }

    fn reach_primary(&mut self, nth: usize) {
        let Some(id) = self.nth(nth) else { return };
        if let Some(frame) = self
            .processes
            .get_mut(&id)
            .and_then(|process| process.to_primary.pop_front())
        {
            self.primary.received(id, frame, self.now);
        }
    }

    fn lane_reaches_primary(&mut self, nth: usize) {
        let Some(id) = self.lanes.keys().nth(nth % self.lanes.len().max(1)).copied() else {
            return;
        };
        let lane = self.lanes.get_mut(&id).unwrap();
        if let Some(answer) = lane.to_primary.pop_front() {
            self.primary.answered(id, answer, self.now);
        } else if lane.ended {
            self.lanes.remove(&id);
            self.primary.lane_ended(id, &place().key());
        }
    }

    fn drain(&mut self, nth: usize) {
        let Some(id) = self.nth(nth) else { return };
        let process = self.processes.get_mut(&id).unwrap();
        let Some(lane) = self.lanes.get_mut(&id).filter(|_| process.has_lane) else {
            return;
        };
        if !process.worker.drains(process.listener) {
            return;
        }
        match lane.to_worker.pop_front() {
            Some((number, connection)) => process.worker.came(process.listener, number, connection),
            None if lane.finished || lane.ended => process.worker.lane_ended(process.listener),
            None => {}
        }
    }

    /// The program takes a connection, and serves it if that could be said.
    fn take(&mut self, nth: usize) {
        let Some(id) = self.nth(nth) else { return };
        let process = self.processes.get_mut(&id).unwrap();
        let taken = if process.has_lane {
            let lane = self.lanes.entry(id).or_default();
            let drained = process.worker.take_drained(process.listener);
            let Some((number, connection)) = drained.or_else(|| lane.to_worker.pop_front()) else {
                return;
            };
            let offer = drained.map_or_else(|| process.worker.offered(process.listener), |_| Offer::Take);
            match offer {
                Offer::Take => {}
                Offer::Refuse => return lane.to_primary.push_back(Answer::Refused(number)),
                Offer::Drop => return,
            }
            if lane.ended {
                return process.worker.let_go(process.listener);
            }
            lane.to_primary.push_back(Answer::Taken(number));
            Some(connection)
        } else {
            process.worker.take(process.listener)
        };
        if let Some(connection) = taken {
            assert!(
                self.served.insert(connection),
                "connection {connection} is served twice"
            );
            process.open += 1;
            let most = process.most.unwrap_or(u32::MAX);
            // What has come to a worker that leaves is nobody else's.
            let may = process.worker.is_leaving() || process.open <= most as usize;
            assert!(may, "more than it wants");
        }
    }

    /// A worker dies. What it had said is still read; what was under way to it is gone.
    fn kill(&mut self, nth: usize) {
        let Some(id) = self.nth(nth) else { return };
        let process = self.processes.remove(&id).unwrap();
        if let Some(lane) = self.lanes.get_mut(&id) {
            lane.ended = true;
        }
        for frame in process.to_primary {
            self.primary.received(id, frame, self.now);
        }
        self.primary.disconnected(id);
        self.primary.exited(id);
        assert!(!self.primary.knows(id));
    }

    /// Carries out what the machines say, until they say nothing more.
    fn settle(&mut self) {
        while self.settle_primary() | self.settle_workers() {}
    }

    fn settle_primary(&mut self) -> bool {
        let mut busy = false;
        loop {
            if let Some(action) = self.primary.poll_action() {
                self.carry_out(action);
            } else if let (1.., Some(connection)) = (self.granted, self.backlog.front().copied()) {
                self.backlog.pop_front();
                self.granted -= 1;
                self.primary.accepted(&place().key(), connection, None);
            } else {
                return busy;
            }
            busy = true;
        }
    }

    fn settle_workers(&mut self) -> bool {
        let (mut busy, mut left) = (false, Vec::new());
        for (id, process) in &mut self.processes {
            while let Some(action) = process.worker.poll_action() {
                busy = true;
                match action {
                    WorkerAction::Send(frame) => process.to_primary.push_back(frame),
                    WorkerAction::Leave => left.push(*id),
                    WorkerAction::Wake => {}
                    WorkerAction::Orphaned => panic!("the primary is alive"),
                }
            }
        }
        for id in left {
            // It closes its channel and exits, and that is read to its end.
            assert_eq!(self.processes[&id].open, 0);
            self.kill(self.processes.keys().position(|other| *other == id).unwrap());
        }
        busy
    }

    fn carry_out(&mut self, action: Action<u32>) {
        match action {
            Action::Send {
                worker,
                frame,
                connection,
            } => {
                if let Some(process) = self.processes.get_mut(&worker) {
                    process.to_worker.push_back((frame, connection));
                }
            }
            // Every third worker has to do without.
            Action::Lay { worker, key } if worker.0 % 3 == 0 => self.primary.laid(worker, &key, None),
            Action::Lay { worker, key } => {
                self.lanes.insert(worker, Lane::default());
                self.primary.laid(worker, &key, Some(LANE));
            }
            Action::Give {
                worker,
                number,
                connection,
                ..
            } => match self.lanes.get_mut(&worker).filter(|lane| !lane.ended) {
                Some(lane) => lane.to_worker.push_back((number, connection)),
                None => self.primary.not_given(worker, number, self.now),
            },
            Action::FinishLane { worker, .. } => {
                if let Some(lane) = self.lanes.get_mut(&worker) {
                    lane.finished = true;
                }
            }
            Action::EndLane { worker, .. } => {
                if let Some(lane) = self.lanes.get_mut(&worker) {
                    lane.ended = true;
                }
            }
            Action::Look { .. } => {}
            Action::Bind { key, .. } => {
                self.primary.bound(&key, Ok((Some(name()), None)));
            }
            Action::Accept { .. } => self.granted += 1,
            Action::Unbind { key } => panic!("{key} is to stay open"),
            Action::Tell(_) => {}
        }
    }
}

pub(crate) fn whatever_happens() {
    let config = Config {
        cases: 1000,
        failure_persistence: None,
        ..Config::default()
    };
    let policies = prop::sample::select(vec![Policy::RoundRobin, Policy::LeastConnections, Policy::Sticky]);
    let result = TestRunner::new(config).run(
        &(policies, prop::collection::vec(event(), 0..200)),
        |(policy, events)| {
            let mut net = Net {
                primary: Primary::new(policy),
                ..Net::default()
            };
            net.primary.reserve(place(), name(), None);
            net.settle();
            for event in events {
                net.happen(event);
            }
            // In the end a healthy worker comes, and everything that was said arrives: whoever connected is served.
            net.happen(Event::Fork);
            for round in 0..5000 {
                let nth = round / 6;
                let step = [
                    Event::ToWorker(nth),
                    Event::Drain(nth),
                    Event::Take(nth),
                    Event::LaneToPrimary(nth),
                    Event::ToPrimary(nth),
                    Event::Time(100),
                ][round % 6];
                net.happen(step);
            }
            prop_assert_eq!(net.served.len(), net.next_connection as usize, "served, and connected");
            prop_assert_eq!(net.primary.under_way(), 0);
            Ok(())
        },
    );
    if let Err(error) = result {
        panic!("{error}");
    }
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
