//! The primary's listeners: who may listen where, from the question to the last worker's word that it has closed.
//!
//! ```text
//!   a worker asks ──> is it open? ── no ──> open it ──> bound ──┐
//!                          └──────── yes ───────────────────────┴──> one of Node's: it is answered, and given connections
//!                                                                    one of ours: a lane is laid, then the same
//!                                                                    shared: it is given the listener itself
//! ```

use super::action::Action;
use super::handle::{Asker, Bound, Handle};
use super::message::{Key, Message, Reply, SocketName, WorkerId};
use super::primary::Primary;
use super::query::Query;
use super::standing::By;

/// EINVAL, for a query that cannot be served here.
const EINVAL: i32 = -22;

impl<C: Clone> Primary<C> {
    /// The program has opened a listener before any worker asked for it.
    pub fn reserve(&mut self, query: Query, name: impl Into<Option<SocketName>>, listener: Option<C>) {
        let key = query.key();
        let handle = self
            .handles
            .entry(key.clone())
            .or_insert_with(|| Handle::new(query.data, self.policy));
        handle.reserved = true;
        self.bound(&key, Ok((name.into(), listener)));
    }

    /// A listener has been opened, and here it is if workers are to have it; or it could not be: the errno is negative.
    pub fn bound(&mut self, key: &Key, outcome: Result<(Option<SocketName>, Option<C>), i32>) {
        let Some(handle) = self.handles.get_mut(key) else {
            return;
        };
        if outcome.is_err() && matches!(handle.state, Bound::Open(_)) {
            return; // the program has opened it meanwhile
        }
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

    pub(super) fn query(&mut self, worker: WorkerId, seq: u32, query: Query) {
        let known = self.worker(worker);
        if known.leaving || known.exited {
            return; // as Node: who is to go gets no answer
        }
        if !query.is_somewhere() {
            let refusal = Reply {
                key: query.key(),
                errno: EINVAL,
                socket_name: None,
                data: query.data,
                wants_reports: false,
                lane: false,
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

    fn answer(&mut self, asker: Asker, key: &Key, outcome: &Result<Option<SocketName>, i32>) {
        let (worker, _, is_ours) = asker;
        let Some(handle) = self.handles.get_mut(key) else {
            return;
        };
        match (outcome, &handle.listener) {
            // Who has the listener can ask it for its address.
            (Ok(_), Some(listener)) => {
                let listener = listener.clone();
                handle.sharers.insert(worker);
                self.reply(asker, key, &Ok(None), Some(listener), false);
            }
            (Ok(_), None) if is_ours => {
                handle.laying.retain(|other| other.0 != worker);
                handle.laying.push(asker);
                let place = (worker, key.clone());
                if self.lanes.contains_key(&place) {
                    // Of a listener that it has closed. It is laid anew when that has ended.
                    self.end_lane(place);
                } else {
                    let (worker, key) = place;
                    self.actions.push_back(Action::Lay { worker, key });
                }
            }
            (Ok(name), None) => {
                handle.round_robin.add(worker, By::Channel { reports: is_ours }, 1);
                self.reply(asker, key, &Ok(name.clone()), None, false);
            }
            (Err(errno), _) => self.reply(asker, key, &Err(*errno), None, false),
        }
    }

    pub(super) fn reply(
        &mut self,
        (worker, seq, is_ours): Asker,
        key: &Key,
        outcome: &Result<Option<SocketName>, i32>,
        rides: Option<C>,
        lane: bool,
    ) {
        let reply = Reply {
            key: key.clone(),
            errno: outcome.as_ref().err().copied().unwrap_or_default(),
            socket_name: outcome.clone().ok().flatten(),
            data: self.handles.get(key).and_then(|handle| handle.data.clone()),
            wants_reports: is_ours && self.policy.chooses(),
            lane,
        };
        self.send(worker, Some(seq), Message::Reply(reply), rides);
    }

    /// A worker has closed its listener; when it was the last, so is ours.
    pub(super) fn close(&mut self, worker: WorkerId, key: &Key) {
        let place = (worker, key.clone());
        self.brisk.remove(&place);
        self.finish_lane(place);
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
}
