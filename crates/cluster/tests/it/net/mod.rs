//! A model of a cluster, without a process: a primary, its workers, and what is under way between them, in any order.
//!
//! A descriptor is an [`Rc`]: a connection, or the worker's end of a lane. What is in a lane stays there when its worker dies:
//! the primary has that end too.

mod event;
mod process;
mod wire;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use ferronode_cluster::proto::{
    Action, Key, Opened, Policy, Primary, Query, Record, SocketName, Worker, WorkerAction, WorkerId,
};
use process::{Listening, Process, Way};
use wire::{Wire, Wires};

pub(crate) use event::{Event, event};

#[derive(Default)]
pub(crate) struct Net {
    pub(crate) primary: Primary<Rc<u32>>,
    processes: BTreeMap<WorkerId, Process>,
    wires: Wires,
    next_worker: u32,
    next_wire: u32,
    next_connection: u32,
    /// Connections in the kernel's queue.
    backlog: BTreeMap<Key, VecDeque<u32>>,
    /// Where the primary wants connections.
    granted: BTreeSet<Key>,
    served: BTreeSet<u32>,
    /// Which listeners have served somebody since this was cleared.
    serving: BTreeSet<(WorkerId, usize)>,
    now: Duration,
    looks: bool,
    /// Whether actions are carried out by and by, and not as soon as they are known.
    pub(crate) is_slow: bool,
    /// How many connections the primary can still give, if giving fails then.
    gives: Option<usize>,
    /// How many descriptors the primary has left, if they are few.
    descriptors: Option<usize>,
    /// Lanes that have ended, and could not be taken back whole.
    ending: Vec<(WorkerId, Key, u32)>,
    /// Whether lanes can be made for all workers, or two of three.
    pub(crate) lanes_for_all: bool,
}

fn place(port: usize) -> Query {
    Query::tcp(format!("127.0.0.1:{}", 80 + port).parse().unwrap())
}

impl Net {
    pub(crate) fn new(policy: Policy) -> Self {
        let mut net = Self {
            primary: Primary::new(policy),
            ..Self::default()
        };
        for port in [0, 1] {
            let name = SocketName::from(place(port).tcp_address().unwrap());
            net.primary.reserve(place(port), name, None);
        }
        net.settle();
        net
    }

    pub(crate) fn happen(&mut self, event: Event) {
        match event {
            Event::Fork => _ = self.fork(),
            Event::Connect(port, many) => {
                let come = self.next_connection..self.next_connection + u32::try_from(many).unwrap();
                self.next_connection = come.end;
                self.backlog.entry(place(port).key()).or_default().extend(come);
            }
            Event::Accept => _ = self.accept(),
            Event::Gives(left) => self.gives = left,
            Event::ToWorker(nth, whole) => self.with(nth, |process, _| {
                if let Some((frame, rides)) = process.to_worker.pop_front() {
                    process.worker.received(frame, rides.filter(|_| whole));
                    process.open_what_was_opened();
                }
            }),
            Event::ToPrimary(nth) => self.reach_primary(nth),
            Event::LaneToPrimary(nth) => self.lane_reaches_primary(nth),
            Event::Drain(nth) => self.drain(nth),
            Event::Take(nth) => self.take(nth),
            Event::Finish(nth) => self.with(nth, |process, which| {
                let listener = &mut process.listeners[which];
                if listener.open > 0 {
                    listener.open -= 1;
                    process.worker.let_go(listener.id);
                }
            }),
            Event::Kill(nth) => _ = self.nth(nth).map(|id| self.kill(id)),
            Event::Disconnect(nth) => _ = self.nth(nth).map(|id| self.primary.disconnect(id)),
            Event::Leave(nth) => self.with(nth, |process, _| process.worker.disconnect()),
            Event::Quit(nth) => self.with(nth, |process, _| {
                process.worker.quit();
                process.listeners.iter_mut().for_each(|listener| listener.open = 0);
            }),
            Event::Close(nth) => self.close(nth),
            Event::CarryOut(actions) => {
                for _ in 0..actions {
                    _ = self.primary.poll_action().map(|action| self.carry_out(action));
                }
            }
            Event::Count => self.primary.count(),
            Event::ListenAgain(nth) => self.listen_again(nth),
            Event::Descriptors(left) => self.has_descriptors(left),
            Event::Limit(nth, most) => self.with(nth, |process, which| {
                let listener = &mut process.listeners[which];
                process.worker.limit(listener.id, most);
                listener.most = most;
            }),
            Event::Time(ms) => {
                self.now += Duration::from_millis(ms);
                self.primary.tick(self.now);
            }
            Event::Look => {
                if std::mem::take(&mut self.looks) {
                    self.primary.look();
                }
            }
        }
        if self.is_slow {
            while self.settle_workers() {}
        } else {
            self.settle();
        }
    }

    /// Everything that was said arrives, and `who` does its work, until everybody is served; says whether that is so.
    pub(crate) fn comes_to_rest(&mut self, who: Who) -> bool {
        self.is_slow = false;
        self.gives = None;
        self.has_descriptors(None);
        let last = self.fork();
        self.settle();
        self.serves_all(|net, nth| who == Who::All || net.nth(nth) == Some(last))
    }

    /// Once all is at rest: whoever listens is given connections, when many come.
    pub(crate) fn nobody_is_left_out(&mut self) {
        self.serving.clear();
        for nth in 0..self.processes.len() * 6 {
            self.happen(Event::Connect(nth % 2, 1));
            assert!(self.serves_all(|_, _| true), "somebody waits for ever");
        }
        for (id, process) in &self.processes {
            for (which, listener) in process.listeners.iter().enumerate() {
                let is_open = matches!(process.worker.opened(listener.id), Opened::Open(_));
                let listens = is_open && !matches!(listener.way, Way::None) && listener.most.is_none();
                assert!(
                    !listens || self.serving.contains(&(*id, which)),
                    "{id} is left out at {which}"
                );
            }
        }
    }

    fn serves_all(&mut self, works: impl Fn(&Self, usize) -> bool) -> bool {
        for _ in 0..2_000 {
            self.primary.count();
            self.settle();
            if self.served.len() == self.next_connection as usize && self.primary.under_way() == 0 {
                let of_the_living = |place: &(WorkerId, Key)| self.processes.contains_key(&place.0);
                assert!(self.wires.keys().all(of_the_living), "a lane has outlived its worker");
                // The ledger knows of no other way.
                return self.primary.taken() == self.served.len() as u64;
            }
            for nth in 0..self.processes.len() * 2 {
                if works(self, nth) {
                    self.happen(Event::ToWorker(nth, true));
                    self.happen(Event::Drain(nth));
                    self.happen(Event::Take(nth));
                    self.happen(Event::Finish(nth));
                    self.happen(Event::ToPrimary(nth));
                }
            }
            for nth in 0..self.wires.len() {
                self.happen(Event::LaneToPrimary(nth));
            }
            self.happen(Event::Time(100));
            self.happen(Event::Look);
        }
        false
    }

    fn fork(&mut self) -> WorkerId {
        self.next_worker += 1;
        let id = WorkerId(self.next_worker);
        let mut worker = Worker::new();
        let listeners = [0, 1].map(|port| Listening {
            id: worker.listen(place(port)),
            way: Way::None,
            open: 0,
            most: None,
        });
        let process = Process {
            worker,
            listeners,
            to_worker: VecDeque::new(),
            to_primary: VecDeque::new(),
        };
        self.primary.forked(id);
        self.processes.insert(id, process);
        id
    }

    fn nth(&self, nth: usize) -> Option<WorkerId> {
        let nth = nth / 2 % self.processes.len().max(1);
        self.processes.keys().nth(nth).copied()
    }

    fn with(&mut self, nth: usize, act: impl FnOnce(&mut Process, usize)) {
        if let Some(process) = self.nth(nth).and_then(|id| self.processes.get_mut(&id)) {
            act(process, nth % 2);
        }
    }

    fn reach_primary(&mut self, nth: usize) {
        let Some(id) = self.nth(nth) else { return };
        let frame = self.processes.get_mut(&id).and_then(|it| it.to_primary.pop_front());
        if let Some(frame) = frame {
            self.primary.received(id, frame, self.now);
        }
    }

    fn lane_reaches_primary(&mut self, nth: usize) {
        let nth = nth % self.wires.len().max(1);
        let Some(((worker, key), wire)) = self.wires.iter_mut().nth(nth) else {
            return;
        };
        let (worker, key) = (*worker, key.clone());
        if let Some(record) = wire.to_primary.pop_front() {
            self.primary.answered(worker, &key, record);
        } else if wire.closed {
            self.primary.lane_closed(worker, &key);
        }
    }

    fn close(&mut self, nth: usize) {
        let Some(id) = self.nth(nth) else { return };
        let process = self.processes.get_mut(&id).unwrap();
        let listener = &mut process.listeners[nth % 2];
        if let (Way::Lane, Some(wire)) = (&listener.way, self.wires.get_mut(&(id, place(nth % 2).key()))) {
            wire.closed = true;
        }
        listener.way = Way::None;
        process.worker.close(listener.id);
    }

    fn listen_again(&mut self, nth: usize) {
        let Some(id) = self.nth(nth) else { return };
        let listener = &self.processes[&id].listeners[nth % 2];
        if matches!(listener.way, Way::None) || listener.open > 0 || self.processes[&id].worker.is_leaving() {
            return;
        }
        self.close(nth);
        let process = self.processes.get_mut(&id).unwrap();
        process.listeners[nth % 2] = Listening {
            id: process.worker.listen(place(nth % 2)),
            way: Way::None,
            open: 0,
            most: None,
        };
    }

    fn has_descriptors(&mut self, left: Option<usize>) {
        self.descriptors = left;
        for (worker, key, up_to) in std::mem::take(&mut self.ending) {
            self.end_lane(worker, key, up_to);
        }
    }

    fn drain(&mut self, nth: usize) {
        let Some(id) = self.nth(nth) else { return };
        let Process { worker, listeners, .. } = self.processes.get_mut(&id).unwrap();
        let listener = &listeners[nth % 2];
        let Way::Lane = &listener.way else { return };
        let wire = self.wires.get_mut(&(id, place(nth % 2).key()));
        if worker.gives_back() {
            worker.lane_ended(listener.id);
            _ = wire.map(|wire| wire.closed = true);
        } else if worker.finishes(listener.id) {
            let is_over = wire.is_none_or(|wire| {
                // A question that is left is answered.
                if let Some((Record::Question, _)) = wire.queue.front() {
                    wire.queue.pop_front();
                    wire.to_primary.push_back(Record::Question);
                }
                wire.finished && wire.queue.is_empty()
            });
            if is_over {
                worker.lane_ended(listener.id);
            }
        }
    }

    /// The program takes a connection, and serves it.
    fn take(&mut self, nth: usize) {
        let Some(id) = self.nth(nth) else { return };
        let process = self.processes.get_mut(&id).unwrap();
        let Some(connection) = process.take(id, nth % 2, &mut self.wires) else {
            return;
        };
        assert!(
            self.served.insert(*connection),
            "connection {connection} is served twice"
        );
        let listener = &mut process.listeners[nth % 2];
        listener.open += 1;
        self.serving.insert((id, nth % 2));
        let most = listener.most.unwrap_or(u32::MAX);
        // What has come to a worker that leaves is nobody else's.
        let may = process.worker.is_leaving() || listener.open <= most as usize;
        assert!(may, "more than it wants");
    }

    /// A worker dies. What it had said is still read; what was under way to it on the channel is gone.
    fn kill(&mut self, id: WorkerId) {
        let process = self.processes.remove(&id).unwrap();
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
        while let Some(action) = self.primary.poll_action() {
            self.carry_out(action);
            busy = true;
        }
        busy | self.accept()
    }

    /// The kernel gives the connections that the primary wants.
    fn accept(&mut self) -> bool {
        let mut busy = false;
        for key in self.granted.clone() {
            let backlog = self.backlog.entry(key.clone()).or_default();
            if !backlog.is_empty() {
                let come = backlog.drain(..backlog.len().min(self.primary.wants(&key)));
                let come = come.map(|connection| (Rc::new(connection), None)).collect();
                self.granted.remove(&key);
                self.primary.accepted(&key, come);
                busy = true;
            }
        }
        busy
    }

    fn settle_workers(&mut self) -> bool {
        let (mut busy, mut left) = (false, Vec::new());
        for (id, process) in &mut self.processes {
            while let Some(action) = process.worker.poll_action() {
                busy = true;
                match action {
                    WorkerAction::Send(frame) => process.to_primary.push_back(frame),
                    WorkerAction::EndLane(end) => {
                        let wire = self.wires.values_mut().find(|wire| wire.number == *end);
                        _ = wire.map(|wire| wire.closed = true);
                    }
                    WorkerAction::Leave => left.push(*id),
                    WorkerAction::Wake => {}
                    WorkerAction::Orphaned => panic!("the primary is alive"),
                }
            }
        }
        for id in left {
            // It closes its channel and exits, and that is read to its end.
            assert!(self.processes[&id].listeners.iter().all(|listener| listener.open == 0));
            self.kill(id);
        }
        busy
    }

    fn carry_out(&mut self, action: Action<Rc<u32>>) {
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
            Action::Lay { worker, key } if worker.0 % 3 == 0 && !self.lanes_for_all => {
                self.primary.laid(worker, &key, None);
            }
            Action::Lay { worker, key } => self.lay(worker, &key),
            Action::Give {
                worker,
                key,
                connections,
            } => {
                let mut wire = self.wires.get_mut(&(worker, key.clone()));
                let gives = &mut self.gives;
                let mut give = |(record, connection): &(Record, Rc<u32>)| {
                    let can = gives.as_mut().is_none_or(|left| {
                        let can = *left > 0;
                        *left = left.saturating_sub(1);
                        can
                    });
                    let wire = wire.as_mut().filter(|_| can);
                    wire.is_some_and(|wire| wire.give(*record, Some(Rc::clone(connection))))
                };
                let given = connections.iter().take_while(|gift| give(gift)).count();
                let left = connections.into_iter().skip(given);
                let left: Vec<_> = left.map(|(_, connection)| (connection, None)).collect();
                if !left.is_empty() {
                    self.primary.not_given(worker, &key, left, self.now);
                }
            }
            Action::Ask { worker, key } => {
                let wire = self.wires.get_mut(&(worker, key.clone()));
                if !wire.is_some_and(|wire| wire.give(Record::Question, None)) {
                    self.primary.not_asked(worker, &key);
                }
            }
            Action::Count { worker, key, up_to } => {
                let bytes = self.wires.get(&(worker, key.clone())).map_or(0, Wire::bytes);
                self.primary.counted(worker, &key, up_to, bytes);
            }
            Action::TakeBack { worker, key, up_to } => _ = self.take_back(worker, &key, up_to),
            Action::FinishLane { worker, key } => {
                _ = self.wires.get_mut(&(worker, key)).map(|wire| wire.finished = true);
            }
            Action::EndLane { worker, key, up_to } => self.end_lane(worker, key, up_to),
            Action::Look { .. } => {
                assert!(!std::mem::replace(&mut self.looks, true), "one look at a time");
            }
            Action::Accept { key } => assert!(self.granted.insert(key), "one grant at a time"),
            Action::Bind { key, .. } | Action::Unbind { key } => panic!("{key} is open, and is to stay so"),
            Action::Tell(_) => {}
        }
    }

    fn lay(&mut self, worker: WorkerId, key: &Key) {
        let place = (worker, key.clone());
        if self.wires.contains_key(&place) {
            return self.primary.laid(worker, key, None);
        }
        self.next_wire += 1;
        let number = self.next_wire;
        self.wires.insert(
            place,
            Wire {
                number,
                ..Wire::default()
            },
        );
        self.primary.laid(worker, key, Some(Rc::new(number)));
    }

    /// Says whether that was all.
    fn take_back(&mut self, worker: WorkerId, key: &Key, up_to: u32) -> bool {
        let Some(wire) = self.wires.get_mut(&(worker, key.clone())) else {
            return true;
        };
        let connections = wire.take_back(self.descriptors.unwrap_or(usize::MAX));
        let (connections, left) = (connections.into_iter().map(|it| (it, None)).collect(), wire.bytes());
        self.primary.taken_back(worker, key, up_to, connections, left);
        left == 0
    }

    fn end_lane(&mut self, worker: WorkerId, key: Key, up_to: u32) {
        if let Some(wire) = self.wires.get_mut(&(worker, key.clone())) {
            (wire.finished, wire.closed) = (true, true);
        }
        if self.take_back(worker, &key, up_to) {
            self.wires.remove(&(worker, key.clone()));
            self.primary.lane_ended(worker, &key);
        } else {
            self.ending.push((worker, key, up_to));
        }
    }
}

/// Who does its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    All,
    /// All others do nothing any more, and do not die.
    TheLast,
}
