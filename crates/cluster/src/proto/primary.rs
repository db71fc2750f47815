//! The primary's side, as a machine: what workers say and what becomes of them goes in, actions come out.
//!
//! Rule 1: one listener per key, opened for the first worker that asks (or before, by [`Primary::reserve`]), shared by
//! all that ask for the same. A failure is told to those who asked, and forgotten: the next one tries again.
//! ([`opening`](super::opening) has this and the next.)
//! Rule 2: a listener stays open when all its workers have died: connections wait in the kernel. It is closed when its
//! last worker has closed it of its own will (unless the program has reserved it), or when the cluster disconnects.
//! Rule 3: connections go to workers by a [round robin handle](super::round_robin_handle), and stand in the [`Ledger`], or in
//! a lane, until they are taken. By [`Policy::Shared`] each worker gets the listener itself, and takes from the kernel what it can; a UDP socket has no
//! connections, and is always shared.
//! Rule 4: a worker that is told to disconnect gets no new connection from that moment on.
//! Rule 5: a worker of ours has a [`lane`](super::lane) for each listener. Where none can be made, and for Node's workers,
//! connections ride on the channel. To a worker that leaves the primary says on the lane that nothing more comes; what has
//! come can still be taken. What is in a lane that [stands still](super::patience) goes to others while they have room.
//! Rule 6: a worker has gone when its channel has ended or its process has, whichever is first: then what it had not
//! taken is given to others. It is forgotten when both have.
//!
//! In Node: `lib/internal/cluster/primary.js`.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use super::action::{Action, Told};
use super::handle::{Bound, Handle};
use super::lane::{Gifts, Lane};
use super::ledger::{Entry, Ledger};
use super::message::{Frame, Key, Message, WorkerId};
use super::policy::Policy;
use super::riding::{Ride, Riding};
use super::round_robin_handle::Waiting;

/// EMFILE, for a worker that has no room for a descriptor.
const EMFILE: i32 = -24;

/// The primary's side of a cluster.
#[derive(Debug)]
pub struct Primary<C> {
    pub(super) policy: Policy,
    pub(super) seq: u32,
    workers: BTreeMap<WorkerId, Worker>,
    pub(super) handles: BTreeMap<Key, Handle<C>>,
    /// Those that have been laid, until they have ended.
    pub(super) lanes: BTreeMap<(WorkerId, Key), Lane>,
    /// Who takes what comes by the channel, and whether it has since the last look.
    pub(super) brisk: BTreeMap<(WorkerId, Key), bool>,
    /// Whether a look at either has been asked for.
    pub(super) is_to_look: bool,
    pub(super) ledger: Ledger<C>,
    pub(super) actions: VecDeque<Action<C>>,
}

#[derive(Debug, Default)]
pub(super) struct Worker {
    disconnected: bool,
    pub(super) exited: bool,
    pub(super) leaving: bool,
    riding: Riding,
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
            lanes: BTreeMap::new(),
            brisk: BTreeMap::new(),
            is_to_look: false,
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

    /// How many connections have been given to workers and are not yet taken, as far as has been heard or [counted](Self::count).
    #[must_use]
    pub fn under_way(&self) -> usize {
        let by_lanes: usize = self.lanes.values().map(|lane| lane.under_way).sum();
        self.ledger.len() + by_lanes
    }

    /// How many connections workers have taken since the beginning, as far as has been heard or [counted](Self::count).
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

    /// A worker has said something.
    pub fn received(&mut self, worker: WorkerId, frame: Frame, now: Duration) {
        match frame.message {
            Message::Online => self.tell(Told::Online(worker)),
            Message::Listening(query) => {
                if let Some(known) = self.workers.get_mut(&worker) {
                    known.riding.listens();
                }
                self.tell(Told::Listening(worker, query));
            }
            Message::Query(query) => self.query(worker, frame.seq, query),
            Message::Accepted { accepted } => {
                if let (Some(number), Some(known)) = (frame.ack, self.workers.get_mut(&worker)) {
                    known.riding.answered(number);
                }
                self.accepted_by(worker, frame.ack, accepted, now);
            }
            Message::Close { key } => self.close(worker, &key),
            Message::Ended { key } => {
                if let Some(handle) = self.handles.get_mut(&key) {
                    handle.round_robin.ended(worker);
                }
                self.hand_over(&key);
            }
            Message::Limit { key, most, ended } => {
                let Some(handle) = self.handles.get_mut(&key) else {
                    return;
                };
                handle.round_robin.limit(worker, most, ended);
                if handle.round_robin.has_too_many(worker) {
                    self.take_lane_back((worker, key.clone()));
                }
                self.hand_over(&key);
            }
            Message::ExitedAfterDisconnect => {
                self.worker(worker).leaving = true;
                // Nothing comes behind the answer: a Node worker that closes its channel then could not bear it.
                self.withdraw(worker);
                self.send(worker, Some(frame.seq), Message::Acknowledged, None);
            }
            // What only a primary says.
            Message::Reply(_) | Message::NewConnection { .. } | Message::Disconnect | Message::Acknowledged => {}
        }
    }

    /// How many connections are to be accepted now.
    #[must_use]
    pub fn wants(&self, key: &Key) -> usize {
        self.handles.get(key).map_or(0, |handle| handle.round_robin.wants())
    }

    /// The kernel has given connections, each from a client if the policy wants to know it. None, if none was wanted any more when
    /// they came.
    pub fn accepted(&mut self, key: &Key, connections: Vec<(C, Option<IpAddr>)>) {
        if let Some(handle) = self.handles.get_mut(key) {
            handle.accepting = false;
            for (connection, client) in connections {
                handle.round_robin.accepted(Waiting { connection, client });
            }
            self.hand_over(key);
        }
    }

    /// A worker's channel has been read to its end.
    pub fn disconnected(&mut self, worker: WorkerId) {
        if !std::mem::replace(&mut self.worker(worker).disconnected, true) {
            self.gone(worker);
            let last = self.worker(worker).exited;
            self.tell(Told::Disconnected { worker, last });
        }
        self.forget_if_gone(worker);
    }

    /// A worker's process has ended, and everything that it had sent has been read.
    pub fn exited(&mut self, worker: WorkerId) {
        if !std::mem::replace(&mut self.worker(worker).exited, true) {
            self.gone(worker);
            let known = self.worker(worker);
            let (leaving, last) = (known.leaving, known.disconnected);
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
            for place in self.lanes_of(worker) {
                self.finish_lane(place);
            }
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

    /// A worker could not be given what rode on its channel first: that has given up. Another gets a connection; a
    /// listener, or a lane, is refused.
    pub fn undelivered(&mut self, worker: WorkerId, now: Duration) {
        let known = self.workers.get_mut(&worker);
        match known.and_then(|known| known.riding.given_up()) {
            Some(Ride::Connection(number)) => self.accepted_by(worker, Some(number), false, now),
            Some(Ride::Reply(question, key)) => {
                self.reply((worker, question, false), &key, &Err(EMFILE), None, false);
                self.close(worker, &key);
            }
            None => {}
        }
    }

    pub(super) fn accepted_by(&mut self, worker: WorkerId, ack: Option<u32>, accepted: bool, now: Duration) {
        let Some(entry) = ack.and_then(|ack| self.ledger.answered(worker, ack)) else {
            return;
        };
        let Entry { key, connection, .. } = entry;
        if accepted {
            self.ledger.count_taken(1);
            self.takes(&(worker, key.clone()));
        }
        let Some(handle) = self.handles.get_mut(&key) else {
            return;
        };
        if accepted {
            handle.round_robin.taken(worker, 1);
        } else {
            handle.round_robin.refused(worker, now);
            handle.round_robin.taken_back(connection);
        }
        self.hand_over(&key);
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
    fn gone(&mut self, worker: WorkerId) {
        for Entry { key, connection, .. } in self.ledger.taken_back(worker).into_iter().rev() {
            if let Some(handle) = self.handles.get_mut(&key) {
                handle.round_robin.taken_back(connection);
            }
        }
        for place in self.lanes_of(worker) {
            self.end_lane(place);
        }
        self.withdraw(worker);
    }

    /// Gives connections to workers while there are both, and says whether more are wanted.
    pub(super) fn hand_over(&mut self, key: &Key) {
        self.relieve(key);
        let mut gifts = Gifts::new();
        while let Some(handle) = self.handles.get_mut(key) {
            let uncounted = handle.round_robin.uncounted();
            if !uncounted.is_empty() {
                // What is found then is found behind what has been given until now.
                self.give_by_lanes(key, std::mem::take(&mut gifts));
                for worker in uncounted {
                    self.count_lane((worker, key.clone()));
                }
            } else if let Some((worker, waiting)) = handle.round_robin.hand_over() {
                let asks = !handle.round_robin.has_room_at(worker);
                self.give((worker, key.clone()), asks, waiting, &mut gifts);
            } else {
                break;
            }
        }
        self.give_by_lanes(key, gifts);
        let Some(handle) = self.handles.get_mut(key) else {
            return;
        };
        if !handle.accepting && matches!(handle.state, Bound::Open(_)) && handle.round_robin.wants() > 0 {
            handle.accepting = true;
            self.actions.push_back(Action::Accept { key: key.clone() });
        }
    }

    pub(super) fn give_by_channel(&mut self, worker: WorkerId, key: Key, connection: Waiting<C>) {
        let (number, copy) = (self.seq, connection.connection.clone());
        self.send(worker, None, Message::NewConnection { key: key.clone() }, Some(copy));
        let entry = Entry {
            worker,
            key,
            connection,
        };
        self.ledger.given(number, entry);
    }

    pub(super) fn send(&mut self, worker: WorkerId, ack: Option<u32>, message: Message, connection: Option<C>) {
        let frame = Frame {
            seq: self.seq,
            ack,
            message,
        };
        self.seq = self.seq.wrapping_add(1) & 0x7fff_ffff; // an int32 for Node, in either of its modes
        if let (Some(_), Some(known)) = (&connection, self.workers.get_mut(&worker)) {
            let ride = match &frame.message {
                Message::Reply(reply) => Ride::Reply(ack.unwrap_or_default(), reply.key.clone()),
                _ => Ride::Connection(frame.seq),
            };
            known.riding.departed(ride);
        }
        self.actions.push_back(Action::Send {
            worker,
            frame,
            connection,
        });
    }

    fn tell(&mut self, told: Told) {
        self.actions.push_back(Action::Tell(told));
    }

    pub(super) fn worker(&mut self, worker: WorkerId) -> &mut Worker {
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
