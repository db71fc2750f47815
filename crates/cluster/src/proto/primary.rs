//! The primary's side, as a machine: what workers say and what becomes of them goes in, actions come out.
//!
//! Rule 1: one listener per key, opened for the first worker that asks (or before, by [`Primary::reserve`]), shared by
//! all that ask for the same. A failure is told to those who asked, and forgotten: the next one tries again.
//! Rule 2: a listener stays open when all its workers have died: connections wait in the kernel. It is closed when its
//! last worker has closed it of its own will (unless the program has reserved it), or when the cluster disconnects.
//! Rule 3: connections go to workers by [`RoundRobinHandle`], and stand in the [`Ledger`] until they are taken. By
//! [`Policy::Shared`] each worker gets the listener itself, and takes from the kernel what it can; a UDP socket has no
//! connections, and is always shared.
//! Rule 4: a worker that is told to disconnect gets no new connection from that moment on.
//! Rule 5: a worker has gone when its channel has ended or its process has, whichever is first: then what it had not
//! taken is given to others. It is forgotten when both have.
//!
//! In Node: `lib/internal/cluster/primary.js`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use super::balance::{Balance, LeastConnections, Sticky};
use super::ledger::{Entry, Ledger};
use super::message::{Frame, Key, Message, Query, Reply, SocketName, WorkerId};
use super::round_robin_handle::{RoundRobinHandle, Waiting};

/// EINVAL, for a query that cannot be served here.
const EINVAL: i32 = -22;

/// How connections come to workers: Node's `cluster.schedulingPolicy`.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub enum Policy {
    /// The primary accepts them and hands them out in turn: `SCHED_RR`. None is lost when a worker dies.
    #[default]
    #[doc(alias = "SCHED_RR")]
    RoundRobin,
    /// All workers have the listener, and the kernel decides: `SCHED_NONE`. Cheaper, and as uneven as it happens to be;
    /// what the kernel has given to a worker that dies is lost with it.
    #[doc(alias = "SCHED_NONE")]
    Shared,
    /// As round robin, but to the free worker with the fewest connections. Node's workers do not report theirs: among them
    /// it is round robin.
    LeastConnections,
    /// As round robin, but a client's address has its worker: [`Sticky`].
    Sticky,
    /// As round robin, but as a type of your own says: this makes one for each listener.
    Own(fn() -> Box<dyn Balance>),
}

impl Policy {
    fn balance(self) -> Option<Box<dyn Balance>> {
        match self {
            Self::RoundRobin | Self::Shared => None,
            Self::LeastConnections => Some(Box::new(LeastConnections)),
            Self::Sticky => Some(Box::new(Sticky)),
            Self::Own(make) => Some(make()),
        }
    }

    /// Whether it chooses by something that the kernel or the workers must be asked for.
    pub(crate) fn chooses(self) -> bool {
        !matches!(self, Self::RoundRobin | Self::Shared)
    }
}

/// What the driver is to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Action<C> {
    /// Send a frame to a worker, with a connection if there is one.
    Send {
        /// To whom.
        worker: WorkerId,
        /// What.
        frame: Frame,
        /// What rides on it.
        connection: Option<C>,
    },
    /// Open a listener, and say by [`Primary::bound`] how it went. It accepts nothing yet.
    Bind {
        /// Its name.
        key: Key,
        /// Where.
        query: Query,
    },
    /// Close a listener.
    Unbind {
        /// Its name.
        key: Key,
    },
    /// Accept one connection.
    Accept {
        /// The listener's name.
        key: Key,
    },
    /// Tell the program.
    Tell(Told),
}

/// What the program hears of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It has been started.
    Forked(WorkerId),
    /// It has come to life.
    Online(WorkerId),
    /// It listens.
    Listening(WorkerId, Query),
    /// Its channel has ended. It gets no connections any more.
    Disconnected {
        /// Whose.
        worker: WorkerId,
        /// Whether its process has ended too: this is the last that is told of it.
        last: bool,
    },
    /// Its process has ended.
    Exited {
        /// Whose.
        worker: WorkerId,
        /// Whether it was told to go, or had said that it goes: Node's `exitedAfterDisconnect`.
        leaving: bool,
        /// Whether its channel has ended too: this is the last that is told of it.
        last: bool,
    },
}

/// The primary's side of a cluster.
#[derive(Debug)]
pub struct Primary<C> {
    policy: Policy,
    seq: u32,
    workers: BTreeMap<WorkerId, Worker>,
    handles: BTreeMap<Key, Handle<C>>,
    ledger: Ledger<C>,
    actions: VecDeque<Action<C>>,
}

#[derive(Debug, Default)]
struct Worker {
    disconnected: bool,
    exited: bool,
    leaving: bool,
}

#[derive(Debug)]
struct Handle<C> {
    state: Bound,
    data: Option<String>,
    round_robin: RoundRobinHandle<C>,
    /// The listener itself, and who has it, by [`Policy::Shared`].
    listener: Option<C>,
    sharers: BTreeSet<WorkerId>,
    /// Whether a connection has been asked for and has not come: so never more than one is.
    accepting: bool,
    /// Whether the program has asked for it: then it stays open without workers.
    reserved: bool,
}

impl<C> Handle<C> {
    fn new(data: Option<String>, policy: Policy) -> Self {
        let state = Bound::Waiting(Vec::new());
        Self {
            state,
            data,
            round_robin: RoundRobinHandle::new(policy.balance()),
            listener: None,
            sharers: BTreeSet::new(),
            accepting: false,
            reserved: false,
        }
    }

    fn has_workers(&self) -> bool {
        self.round_robin.has_workers() || !self.sharers.is_empty()
    }

    fn remove(&mut self, worker: WorkerId) {
        self.round_robin.remove(worker);
        self.sharers.remove(&worker);
    }
}

/// A worker that wants to listen, the number of its query, and whether it can say when its connections end.
type Asker = (WorkerId, u32, bool);

#[derive(Debug)]
enum Bound {
    /// Not yet: these wait for the answer.
    Waiting(Vec<Asker>),
    Open(Option<SocketName>),
}

impl<C: Clone> Primary<C> {
    /// Begins without workers.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            seq: 0,
            workers: BTreeMap::new(),
            handles: BTreeMap::new(),
            ledger: Ledger::new(),
            actions: VecDeque::new(),
        }
    }

    /// What to do next.
    pub fn poll_action(&mut self) -> Option<Action<C>> {
        self.actions.pop_front()
    }

    /// When [`tick`](Self::tick) wants to be called, if nothing else happens before.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        self.handles
            .values()
            .filter_map(|handle| handle.round_robin.next_deadline())
            .min()
    }

    /// How many connections have been given to workers and are not yet taken.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.ledger.len()
    }

    /// How many connections workers have taken since the beginning, as far as they have been heard.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.ledger.taken()
    }

    /// A worker has been started.
    pub fn forked(&mut self, worker: WorkerId) {
        self.workers.insert(worker, Worker::default());
        self.tell(Told::Forked(worker));
    }

    /// How connections come to workers.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// The program has opened a listener before any worker asked for it.
    pub fn reserve(&mut self, query: Query, name: SocketName, listener: Option<C>) {
        let key = query.key();
        let handle = self
            .handles
            .entry(key.clone())
            .or_insert_with(|| Handle::new(query.data, self.policy));
        handle.reserved = true;
        self.bound(&key, Ok((Some(name), listener)));
    }

    /// A worker has said something.
    pub fn received(&mut self, worker: WorkerId, frame: Frame, now: Duration) {
        match frame.message {
            Message::Online => self.tell(Told::Online(worker)),
            Message::Listening(query) => self.tell(Told::Listening(worker, query)),
            Message::Query(query) => self.query(worker, frame.seq, query),
            Message::Accepted { accepted } => self.accepted_by(worker, frame.ack, accepted, now),
            Message::Close { key } => self.close(worker, &key),
            Message::Ended { key } => {
                if let Some(handle) = self.handles.get_mut(&key) {
                    handle.round_robin.ended(worker);
                }
            }
            Message::ExitedAfterDisconnect => {
                self.worker(worker).leaving = true;
                self.send(worker, Some(frame.seq), Message::Acknowledged, None);
            }
            // What only a primary says.
            Message::Reply(_) | Message::NewConnection { .. } | Message::Disconnect | Message::Acknowledged => {}
        }
    }

    /// A listener has been opened, and here it is if workers are to have it; or it could not be: the errno is negative.
    pub fn bound(&mut self, key: &Key, outcome: Result<(Option<SocketName>, Option<C>), i32>) {
        let Some(handle) = self.handles.get_mut(key) else {
            return;
        };
        let (outcome, listener) = outcome.map_or_else(|errno| (Err(errno), None), |(name, it)| (Ok(name), it));
        handle.listener = listener.or(handle.listener.take());
        let opened = Bound::Open(outcome.clone().unwrap_or_default());
        let Bound::Waiting(waiting) = std::mem::replace(&mut handle.state, opened) else {
            return;
        };
        for asker in waiting {
            self.answer(asker, key, &outcome);
        }
        if outcome.is_err() {
            self.handles.remove(key);
        }
        self.hand_over(key);
    }

    /// The kernel has given a connection, from `client` if the policy wants to know it.
    pub fn accepted(&mut self, key: &Key, connection: C, client: Option<IpAddr>) {
        if let Some(handle) = self.handles.get_mut(key) {
            handle.accepting = false;
            handle.round_robin.accepted(Waiting { connection, client });
            self.hand_over(key);
        }
    }

    /// A worker's channel has been read to its end.
    pub fn disconnected(&mut self, worker: WorkerId) {
        if !std::mem::replace(&mut self.worker(worker).disconnected, true) {
            self.take_back(worker);
            let last = self.worker(worker).exited;
            self.tell(Told::Disconnected { worker, last });
        }
        self.forget_if_gone(worker);
    }

    /// A worker's process has ended, and everything that it had sent has been read.
    pub fn exited(&mut self, worker: WorkerId) {
        if !std::mem::replace(&mut self.worker(worker).exited, true) {
            self.take_back(worker);
            let Worker {
                leaving,
                disconnected: last,
                ..
            } = *self.worker(worker);
            self.tell(Told::Exited { worker, leaving, last });
        }
        self.forget_if_gone(worker);
    }

    /// Lets a worker finish what it has, and go.
    pub fn disconnect(&mut self, worker: WorkerId) {
        let Some(known) = self.workers.get_mut(&worker) else {
            return;
        };
        if !std::mem::replace(&mut known.leaving, true) {
            self.send(worker, None, Message::Disconnect, None);
            self.withdraw(worker);
        }
    }

    /// Lets all workers finish what they have, and go; closes every listener.
    pub fn disconnect_all(&mut self) {
        for worker in self.workers.keys().copied().collect::<Vec<_>>() {
            self.disconnect(worker);
        }
        for key in std::mem::take(&mut self.handles).into_keys() {
            self.actions.push_back(Action::Unbind { key });
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Duration) {
        for key in self.handles.keys().cloned().collect::<Vec<_>>() {
            if let Some(handle) = self.handles.get_mut(&key) {
                handle.round_robin.tick(now);
            }
            self.hand_over(&key);
        }
    }

    /// Whether a worker has not gone: its channel or its process is still there.
    #[must_use]
    pub fn knows(&self, worker: WorkerId) -> bool {
        self.workers.contains_key(&worker)
    }

    /// A worker could not be given the connection under way to it: its channel has given up. Another gets it.
    pub fn undelivered(&mut self, worker: WorkerId, now: Duration) {
        if let Some(seq) = self.ledger.oldest(worker) {
            self.accepted_by(worker, Some(seq), false, now);
        }
    }

    fn query(&mut self, worker: WorkerId, seq: u32, query: Query) {
        if self.worker(worker).leaving {
            return; // as Node: who is to go gets no answer
        }
        if query.tcp_address().is_none() && query.udp_address().is_none() && query.path().is_none() {
            let refusal = Reply {
                key: query.key(),
                errno: EINVAL,
                socket_name: None,
                data: query.data,
                wants_reports: false,
            };
            return self.send(worker, Some(seq), Message::Reply(refusal), None);
        }
        let reports = query.reports;
        let key = self.handle_for(query);
        let Some(handle) = self.handles.get_mut(&key) else {
            return;
        };
        match &mut handle.state {
            Bound::Waiting(waiting) => waiting.push((worker, seq, reports)),
            Bound::Open(name) => {
                let name = name.clone();
                self.answer((worker, seq, reports), &key, &Ok(name));
                self.hand_over(&key);
            }
        }
    }

    /// Finds the listener of a query, or has it opened.
    fn handle_for(&mut self, query: Query) -> Key {
        let key = query.key();
        if let Some(handle) = self.handles.get_mut(&key) {
            handle.data = handle.data.take().or(query.data);
            return key;
        }
        let handle = Handle::new(query.data.clone(), self.policy);
        self.handles.insert(key.clone(), handle);
        self.actions.push_back(Action::Bind {
            key: key.clone(),
            query,
        });
        key
    }

    fn answer(&mut self, (worker, seq, reports): Asker, key: &Key, outcome: &Result<Option<SocketName>, i32>) {
        let (data, listener) = self
            .handles
            .get(key)
            .map_or((None, None), |handle| (handle.data.clone(), handle.listener.clone()));
        let (errno, socket_name) = match outcome {
            // Who has the listener can ask it for its address.
            Ok(_) if listener.is_some() => (0, None),
            Ok(name) => (0, name.clone()),
            Err(errno) => (*errno, None),
        };
        let shares = listener.is_some();
        let reply = Reply {
            key: key.clone(),
            errno,
            socket_name,
            data,
            wants_reports: reports && self.policy.chooses(),
        };
        self.send(worker, Some(seq), Message::Reply(reply), listener);
        match self.handles.get_mut(key) {
            Some(handle) if shares => _ = handle.sharers.insert(worker),
            Some(handle) if outcome.is_ok() => handle.round_robin.add(worker, reports),
            _ => {}
        }
    }

    fn accepted_by(&mut self, worker: WorkerId, ack: Option<u32>, accepted: bool, now: Duration) {
        let Some(Entry { key, connection, .. }) = ack.and_then(|ack| self.ledger.answered(worker, ack)) else {
            return;
        };
        if accepted {
            self.ledger.count_taken();
        }
        let Some(handle) = self.handles.get_mut(&key) else {
            return;
        };
        if accepted {
            handle.round_robin.taken(worker);
        } else {
            handle.round_robin.refused(worker, now);
            handle.round_robin.taken_back(connection);
        }
        self.hand_over(&key);
    }

    /// A worker has closed its listener; when it was the last, so is ours.
    fn close(&mut self, worker: WorkerId, key: &Key) {
        let Some(handle) = self.handles.get_mut(key) else {
            return;
        };
        handle.remove(worker);
        if handle.reserved || handle.has_workers() || self.worker(worker).leaving {
            return self.hand_over(key);
        }
        self.handles.remove(key);
        self.actions.push_back(Action::Unbind { key: key.clone() });
    }

    /// A worker gets nothing new.
    fn withdraw(&mut self, worker: WorkerId) {
        for key in self.handles.keys().cloned().collect::<Vec<_>>() {
            if let Some(handle) = self.handles.get_mut(&key) {
                handle.remove(worker);
            }
            self.hand_over(&key);
        }
    }

    /// A worker is gone: what it had not taken goes to others.
    fn take_back(&mut self, worker: WorkerId) {
        for Entry { key, connection, .. } in self.ledger.taken_back(worker).into_iter().rev() {
            if let Some(handle) = self.handles.get_mut(&key) {
                handle.round_robin.taken_back(connection);
            }
        }
        self.withdraw(worker);
    }

    /// Gives connections to workers while there are both, and says whether more are wanted.
    fn hand_over(&mut self, key: &Key) {
        while let Some((worker, connection)) = self
            .handles
            .get_mut(key)
            .and_then(|handle| handle.round_robin.hand_over())
        {
            let seq = self.seq;
            self.send(
                worker,
                None,
                Message::NewConnection { key: key.clone() },
                Some(connection.connection.clone()),
            );
            self.ledger.given(
                seq,
                Entry {
                    worker,
                    key: key.clone(),
                    connection,
                },
            );
        }
        let Some(handle) = self.handles.get_mut(key) else {
            return;
        };
        if !handle.accepting && matches!(handle.state, Bound::Open(_)) && handle.round_robin.wants_more() {
            handle.accepting = true;
            self.actions.push_back(Action::Accept { key: key.clone() });
        }
    }

    fn send(&mut self, worker: WorkerId, ack: Option<u32>, message: Message, connection: Option<C>) {
        let frame = Frame {
            seq: self.seq,
            ack,
            message,
        };
        self.seq = self.seq.wrapping_add(1) & 0x7fff_ffff; // an int32 for Node, in either of its modes
        self.actions.push_back(Action::Send {
            worker,
            frame,
            connection,
        });
    }

    fn tell(&mut self, told: Told) {
        self.actions.push_back(Action::Tell(told));
    }

    fn worker(&mut self, worker: WorkerId) -> &mut Worker {
        self.workers.entry(worker).or_default()
    }

    fn forget_if_gone(&mut self, worker: WorkerId) {
        if self
            .workers
            .get(&worker)
            .is_some_and(|worker| worker.disconnected && worker.exited)
        {
            self.workers.remove(&worker);
        }
    }
}

impl<C: Clone> Default for Primary<C> {
    fn default() -> Self {
        Self::new(Policy::default())
    }
}
