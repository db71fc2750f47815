//! Lanes, on both sides: pairs of sockets, one for each listener of each worker of ours, over which connections come.
//!
//! The primary gives a connection with its number; the answer is that number, said when the program takes it. Connections
//! wait in the lane itself, and the worker's driver asks what becomes of each that it takes out. When the worker leaves, the
//! primary finishes the lane, and the driver drains it, so that it is known what is still to be taken. What nobody has
//! answered when the primary has read a lane to its end goes to others.
//!
//! What a worker knows of a lane:
//!
//! ```text
//!   here ── the driver has it ──> open ── leaving ──> draining ── the primary has finished it ──> ended
//!     └────────────── leaving ──────────────────────────────────────────────────────────────────>
//! ```

use std::time::Duration;

use super::action::Action;
use super::handle::Bound;
use super::ledger::Entry;
use super::listener::{ListenerId, Opened};
use super::message::{Answer, Key, Message, WorkerId};
use super::primary::Primary;
use super::round_robin_handle::Waiting;
use super::worker::{self, State, Worker};

/// How many connections may be under way to a worker by a lane when all others have some too: so that who accepts them and
/// who takes them need not wake each other for each one. More would make them wait for a worker that is stuck, though
/// others could have them.
pub(super) const AT_A_TIME: usize = 4;

impl<C: Clone> Primary<C> {
    /// A lane has been made, and here is the worker's end of it; none if it could not be.
    pub fn laid(&mut self, worker: WorkerId, key: &Key, end: Option<C>) {
        let Some(handle) = self.handles.get_mut(key) else {
            return;
        };
        let Bound::Open(name) = &handle.state else { return };
        let Some(at) = handle.laying.iter().position(|asker| asker.0 == worker) else {
            return;
        };
        let (asker, name, lane) = (handle.laying.remove(at), name.clone(), end.is_some());
        handle.round_robin.add(worker, true, if lane { AT_A_TIME } else { 1 });
        if lane {
            self.lanes.insert((worker, key.clone()));
        }
        self.reply(asker, key, &Ok(name), end, lane);
        self.hand_over(key);
    }

    /// A worker has said something on a lane.
    pub fn answered(&mut self, worker: WorkerId, answer: Answer, now: Duration) {
        match answer {
            Answer::Taken(number) => self.accepted_by(worker, Some(number), true, now),
            Answer::Refused(number) => self.accepted_by(worker, Some(number), false, now),
        }
    }

    /// A connection could not be given over a lane: somebody else gets it.
    pub fn not_given(&mut self, worker: WorkerId, number: u32, now: Duration) {
        self.accepted_by(worker, Some(number), false, now);
    }

    /// A lane has been read to its end: what the worker has not taken by now, it will not take.
    pub fn lane_ended(&mut self, worker: WorkerId, key: &Key) {
        // One that was laid in vain was never given.
        let was_given = self.lanes.remove(&(worker, key.clone()));
        let in_vain = |entry: &Entry<C>| entry.by_lane && entry.worker == worker && entry.key == *key;
        self.take_back(in_vain);
        if let Some(handle) = self.handles.get_mut(key) {
            if was_given {
                handle.round_robin.remove(worker);
            }
            if handle.laying.iter().any(|asker| asker.0 == worker) {
                let key = key.clone();
                self.actions.push_back(Action::Lay { worker, key });
            }
        }
        self.hand_over(key);
    }

    pub(super) fn give(&mut self, worker: WorkerId, key: Key, waiting: Waiting<C>) {
        let lane = (worker, key);
        let by_lane = self.lanes.contains(&lane);
        let (worker, key) = lane;
        let (number, connection) = (self.seq, waiting.connection.clone());
        if by_lane {
            self.next_seq();
            self.actions.push_back(Action::Give {
                worker,
                key: key.clone(),
                number,
                connection,
            });
        } else {
            self.send(
                worker,
                None,
                Message::NewConnection { key: key.clone() },
                Some(connection),
            );
        }
        let entry = Entry {
            worker,
            key,
            by_lane,
            connection: waiting,
        };
        self.ledger.given(number, entry);
    }
}

/// What becomes of a connection that has come over a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// It counts from now on, and is the program's when that has been said on the lane. If it cannot be said, it has
    /// [not been taken](Worker::not_taken).
    Take,
    /// There are as many as are wanted: say on the lane that it is refused.
    Refuse,
    /// Nothing: it goes back to the primary when the lane ends.
    Drop,
}

/// What is known of a listener's lane.
#[derive(Debug)]
pub(crate) enum Lane<C> {
    /// Connections come by the channel.
    None,
    /// Our end has come.
    Here(C),
    /// The driver has it.
    Open,
    /// The driver takes out of it what is left.
    Draining,
    /// Nothing comes over it any more.
    Ended,
}

impl<C> Worker<C> {
    /// The lane of a listener, for the driver to take connections from. Without one they are [taken](Self::take) here.
    pub fn lane(&mut self, id: ListenerId) -> Option<C> {
        let lane = &mut self.listeners.get_mut(&id)?.lane;
        match std::mem::replace(lane, Lane::Open) {
            Lane::Here(end) => Some(end),
            other => {
                *lane = other;
                None
            }
        }
    }

    /// The program takes what was drained from a lane, if something waits: it counts from now on, and is the program's when
    /// its number has been said on the lane.
    pub fn take_drained(&mut self, id: ListenerId) -> Option<(u32, C)> {
        let drained = self.listeners.get_mut(&id)?.waiting.pop_front()?;
        self.took(id);
        Some(drained)
    }

    /// What becomes of a connection that has come over a lane.
    pub fn offered(&mut self, id: ListenerId) -> Offer {
        if self.gives_back || self.state == State::Left {
            return Offer::Drop;
        }
        if self.is_full(id) {
            return Offer::Refuse;
        }
        self.took(id);
        Offer::Take
    }

    /// What was taken from a lane could not be said to be: it is the primary's again.
    pub fn not_taken(&mut self, id: ListenerId) {
        self.connections = self.connections.saturating_sub(1);
        if let Some(listener) = self.listeners.get_mut(&id) {
            listener.connections = listener.connections.saturating_sub(1);
        }
        self.leave_if_done();
    }

    /// Whether the driver is to drain the lane of a listener: give everything that comes over it to [`came`](Self::came),
    /// until [it ends](Self::lane_ended).
    #[must_use]
    pub fn drains(&self, id: ListenerId) -> bool {
        let listener = self.listeners.get(&id);
        listener.is_none_or(|listener| matches!(listener.lane, Lane::Draining))
    }

    /// Whether what has come and was not taken goes back to the primary: the driver is to end the lanes.
    #[must_use]
    pub fn gives_back(&self) -> bool {
        self.gives_back
    }

    /// A connection has been drained from a lane.
    pub fn came(&mut self, id: ListenerId, number: u32, connection: C) {
        let listener = self.listeners.get_mut(&id).filter(|_| !self.gives_back);
        if let Some(listener) = listener {
            listener.waiting.push_back((number, connection));
            self.actions.push_back(worker::Action::Wake);
        }
    }

    /// Nothing more comes over a lane.
    pub fn lane_ended(&mut self, id: ListenerId) {
        if let Some(listener) = self.listeners.get_mut(&id) {
            listener.lane = Lane::Ended;
            self.actions.push_back(worker::Action::Wake);
            self.leave_if_done();
        }
    }

    /// Whether something waits that was drained from the lane of a listener, or nothing will any more; `None` while
    /// connections are to be taken from the lane itself.
    #[must_use]
    pub fn drained(&self, id: ListenerId) -> Option<bool> {
        let Some(listener) = self.listeners.get(&id) else {
            return Some(false);
        };
        let is_over = listener.opened == Opened::Closed && !matches!(listener.lane, Lane::Draining);
        match listener.waiting.is_empty() {
            false => Some(true),
            true => is_over.then_some(false),
        }
    }
}
