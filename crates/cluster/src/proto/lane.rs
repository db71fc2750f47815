//! Lanes: pairs of sockets, one for each listener of each worker of ours, over which connections come.
//!
//! The primary gives a connection with its number; the answer is that number, said when the program takes it. Connections
//! wait in the lane itself until then ([`worker_lane`](super::worker_lane) has that side). When a worker leaves, the primary
//! finishes its lanes; when one [stands still](super::patience), or its worker has died, the primary ends it. What nobody has
//! answered when a lane has been read to its end goes to others.

use std::time::Duration;

use super::action::Action;
use super::handle::Bound;
use super::ledger::Entry;
use super::message::{Answer, Key, Message, WorkerId};
use super::patience::Pace;
use super::primary::Primary;
use super::round_robin_handle::Waiting;

/// How many connections may be under way to a worker by a lane when all others have some too: so that who accepts them and
/// who takes them need not wake each other for each one. More would wait behind a worker that is slow while others become
/// free, and eight or sixteen save no more than a twentieth of the CPU time that four save.
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
            self.lanes.insert((worker, key.clone()), Pace::Moves);
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
        let was_given = self.lanes.remove(&(worker, key.clone())).is_some();
        let in_vain = |entry: &Entry<C>| entry.by_lane && entry.worker == worker && entry.key == *key;
        self.take_back(in_vain);
        if let Some(handle) = self.handles.get_mut(key) {
            if was_given {
                handle.stuck.remove(&worker);
                handle.round_robin.suspend(worker);
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
        let by_lane = self.lanes.contains_key(&lane);
        let (worker, key) = lane;
        let (number, connection) = (self.seq, waiting.connection.clone());
        if by_lane {
            self.look_later();
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
