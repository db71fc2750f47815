//! Lanes: pairs of sockets, one for each listener of each worker of ours, over which connections come.
//!
//! The kernel's queue of a lane is its ledger. A connection that is in it nobody has taken: the primary can count it, and
//! receive it back. One that is not in it was taken, for to receive it is to take it. So there are no copies to keep and no
//! answers to wait for, and the kernel decides who was first.
//!
//! Rule 1: how many are under way by a lane is known as the most that it can be: it grows with each that is given, and is
//! corrected when the lane is counted, or an answer comes. A record asks for an answer when it leaves its worker no room, or
//! nobody would know when there is some.
//! Rule 2: what a count finds, and what is taken back, is of the time when the driver looked: of all records that had been
//! given when it was told to. What the machine has given since comes on top, and what could not be given is thought to have
//! been until the next count.
//! Rule 3: when a lane ends, everything that is left in it is taken back. When a worker leaves, the primary finishes its lanes:
//! what has come can still be taken.
//!
//! ```text
//!   laid ── given ──> under way ── counted, answered ──> taken
//!                        └── taken back: it stood still, its worker has died, or wants fewer ──> waits, the first of all
//! ```

use std::net::IpAddr;
use std::time::Duration;

use super::action::Action;
use super::handle::Bound;
use super::message::{Key, Record, WorkerId};
use super::patience::Pace;
use super::primary::Primary;
use super::round_robin_handle::Waiting;
use super::standing::By;

/// How many connections may be under way by a lane when all other workers have some too: so that who accepts them and who takes
/// them need not wake each other for each one. They are given to whoever has the fewest left, so a worker has so many only if all
/// have, and can lose them again; with eight times as many the CPU time of a hand-over falls by a tenth.
pub(super) const AT_A_TIME: usize = 32;

/// What is to be given to workers by their lanes of one listener. Together, so that a worker is woken for the first, and finds the
/// others when it comes back for more.
pub(super) type Gifts<C> = Vec<(WorkerId, Vec<(Record, C)>)>;

/// A lane that has been laid.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) pace: Pace,
    /// How many connections have been given on it: the number of the last.
    given: u32,
    /// How many of them are in its queue, at most.
    pub(super) under_way: usize,
    /// Whether a question has been given on it that is not answered.
    pub(super) has_asked: bool,
    /// Whether nothing more is given on it.
    pub(super) is_finished: bool,
    /// Whether the driver has been told to end it.
    is_ending: bool,
    /// Whether something of it could not be done, and is to be tried again at the next look.
    pub(super) is_to_be_tried: bool,
    /// Whether the driver has been told to count it: it is not told twice.
    is_counted: bool,
    /// Whether that is for a look.
    pub(super) is_looked_at: bool,
}

impl Lane {
    /// The record of the next connection.
    fn next(&mut self, asks: bool) -> Record {
        self.given = self.given.wrapping_add(1) & 0x7fff_ffff;
        self.under_way += 1;
        let number = self.given;
        Record::Connection { number, asks }
    }

    /// How many connections have been given since this one.
    fn since(&self, number: u32) -> usize {
        (self.given.wrapping_sub(number) & 0x7fff_ffff) as usize
    }
}

impl<C: Clone> Primary<C> {
    /// A lane has been made, and here is the worker's end of it; none if it could not be.
    pub fn laid(&mut self, worker: WorkerId, key: &Key, end: Option<C>) {
        let handle = self.handles.get_mut(key);
        let asker = handle.and_then(|handle| {
            let at = handle.laying.iter().position(|asker| asker.0 == worker)?;
            let Bound::Open(name) = &handle.state else { return None };
            Some((handle.laying.remove(at), name.clone(), handle))
        });
        let lane = end.is_some();
        let Some((asker, name, handle)) = asker else {
            // Who has asked for it is gone.
            if lane {
                let (key, up_to) = (key.clone(), 0);
                self.actions.push_back(Action::EndLane { worker, key, up_to });
            }
            return;
        };
        if lane {
            handle.round_robin.add(worker, By::Lane, AT_A_TIME);
            self.lanes.insert((worker, key.clone()), Lane::default());
        } else {
            handle.round_robin.add(worker, By::Channel { reports: true }, 1);
        }
        self.reply(asker, key, &Ok(name), end, lane);
        self.hand_over(key);
    }

    /// A worker has received this record, which asked for an answer.
    pub fn answered(&mut self, worker: WorkerId, key: &Key, record: Record) {
        let place = (worker, key.clone());
        let Some(lane) = self.lanes.get_mut(&place) else {
            return;
        };
        match record {
            Record::Connection { number, .. } => {
                let left = lane.since(number);
                self.has_left(&place, left);
            }
            Record::Question => lane.has_asked = false,
        }
        self.moves(&place);
        self.hand_over(key);
    }

    /// So many bytes were in a lane, when the connections up to this number had been given.
    pub fn counted(&mut self, worker: WorkerId, key: &Key, up_to: u32, bytes: usize) {
        let place = (worker, key.clone());
        if let Some(lane) = self.lanes.get_mut(&place) {
            lane.is_counted = false;
            let left = Record::connections(bytes) + lane.since(up_to);
            if self.has_left(&place, left) {
                self.moves(&place);
            }
            self.has_been_looked_at(&place);
        }
        if let Some(handle) = self.handles.get_mut(key)
            && handle.round_robin.counted(worker)
        {
            self.hand_over(key);
        }
    }

    /// What was left in a lane has been taken back, the oldest first, when the connections up to this number had been given. So many
    /// bytes could not be.
    pub fn taken_back(
        &mut self,
        worker: WorkerId,
        key: &Key,
        up_to: u32,
        connections: Vec<(C, Option<IpAddr>)>,
        bytes: usize,
    ) {
        let place = (worker, key.clone());
        if let Some(lane) = self.lanes.get_mut(&place) {
            let (left, back) = (Record::connections(bytes), connections.len());
            lane.has_asked = false;
            lane.is_to_be_tried = left > 0 && !lane.is_ending;
            if lane.is_finished {
                // It may be empty now, which its worker is to hear.
                let (worker, key) = place.clone();
                self.actions.push_back(Action::FinishLane { worker, key });
            }
            let since = lane.since(up_to);
            self.has_left(&place, back + left + since);
            self.is_back(&place, back);
            self.look_later();
        }
        if let Some(handle) = self.handles.get_mut(key) {
            handle.round_robin.all_taken_back(connections);
        }
        self.ask_again(&place);
        self.hand_over(key);
    }

    /// A question could not be given over a lane.
    pub fn not_asked(&mut self, worker: WorkerId, key: &Key) {
        if let Some(lane) = self.lanes.get_mut(&(worker, key.clone())) {
            lane.has_asked = false;
            lane.is_to_be_tried = !lane.is_ending;
            self.look_later();
        }
    }

    /// The last of the connections that were to be given over a lane could not be: somebody else gets them.
    pub fn not_given(&mut self, worker: WorkerId, key: &Key, connections: Vec<(C, Option<IpAddr>)>, now: Duration) {
        self.is_back(&(worker, key.clone()), connections.len());
        if let Some(handle) = self.handles.get_mut(key) {
            handle.round_robin.rests(worker, now);
            handle.round_robin.all_taken_back(connections);
        }
        self.hand_over(key);
    }

    /// A worker has ended a lane.
    pub fn lane_closed(&mut self, worker: WorkerId, key: &Key) {
        self.end_lane((worker, key.clone()));
    }

    /// A lane has ended, and everything that was left in it has been taken back.
    pub fn lane_ended(&mut self, worker: WorkerId, key: &Key) {
        if self.lanes.remove(&(worker, key.clone())).is_none() {
            return;
        }
        if let Some(handle) = self.handles.get_mut(key) {
            handle.stuck.remove(&worker);
            handle.round_robin.allow(worker, 0);
            if handle.laying.iter().any(|asker| asker.0 == worker) {
                let key = key.clone();
                self.actions.push_back(Action::Lay { worker, key });
            }
        }
        self.hand_over(key);
    }

    /// Has all lanes counted, for whoever wants to know how many connections are under way by now.
    pub fn count(&mut self) {
        let lanes = self.lanes.iter().filter(|(_, lane)| lane.under_way > 0);
        for place in lanes.map(|(place, _)| place.clone()).collect::<Vec<_>>() {
            self.count_lane(place);
        }
    }

    pub(super) fn lanes_of(&self, worker: WorkerId) -> Vec<(WorkerId, Key)> {
        self.lanes.keys().filter(|place| place.0 == worker).cloned().collect()
    }

    /// Has a lane counted. One that is ending has nothing to count.
    pub(super) fn count_lane(&mut self, place: (WorkerId, Key)) {
        match self.lanes.get_mut(&place).filter(|lane| !lane.is_ending) {
            Some(lane) if lane.is_counted => {}
            Some(lane) => {
                lane.is_counted = true;
                let (up_to, (worker, key)) = (lane.given, place);
                self.actions.push_back(Action::Count { worker, key, up_to });
            }
            None => {
                if let Some(handle) = self.handles.get_mut(&place.1) {
                    handle.round_robin.counted(place.0);
                }
            }
        }
    }

    pub(super) fn take_lane_back(&mut self, place: (WorkerId, Key)) {
        if let Some(lane) = self.lanes.get(&place) {
            let (up_to, (worker, key)) = (lane.given, place);
            self.actions.push_back(Action::TakeBack { worker, key, up_to });
        }
    }

    pub(super) fn finish_lane(&mut self, place: (WorkerId, Key)) {
        if let Some(lane) = self.lanes.get_mut(&place) {
            lane.is_finished = true;
            let (worker, key) = place;
            self.actions.push_back(Action::FinishLane { worker, key });
        }
    }

    pub(super) fn end_lane(&mut self, place: (WorkerId, Key)) {
        if let Some(lane) = self.lanes.get_mut(&place)
            && !std::mem::replace(&mut lane.is_ending, true)
        {
            let (up_to, (worker, key)) = (lane.given, place);
            if let Some(handle) = self.handles.get_mut(&key) {
                handle.round_robin.allow(worker, 0);
            }
            self.actions.push_back(Action::EndLane { worker, key, up_to });
        }
    }

    /// Gives a connection by the channel, or puts it with the others that are to be given to the worker by its lane.
    pub(super) fn give(&mut self, place: (WorkerId, Key), asks: bool, waiting: Waiting<C>, gifts: &mut Gifts<C>) {
        let Some(lane) = self.lanes.get_mut(&place) else {
            return self.give_by_channel(place.0, place.1, waiting);
        };
        let gift = (lane.next(asks), waiting.connection);
        match gifts.iter_mut().find(|(worker, _)| *worker == place.0) {
            Some((_, others)) => others.push(gift),
            None => gifts.push((place.0, vec![gift])),
        }
    }

    pub(super) fn give_by_lanes(&mut self, key: &Key, gifts: Gifts<C>) {
        if !gifts.is_empty() {
            self.look_later();
        }
        self.actions
            .extend(gifts.into_iter().map(|(worker, connections)| Action::Give {
                worker,
                key: key.clone(),
                connections,
            }));
    }

    /// So many are left in a lane: all others that were under way have been taken. Says whether that is news.
    fn has_left(&mut self, place: &(WorkerId, Key), left: usize) -> bool {
        let Some(lane) = self.lanes.get_mut(place) else {
            return false;
        };
        let taken = lane.under_way.saturating_sub(left);
        if taken == 0 {
            return false;
        }
        lane.under_way -= taken;
        self.ledger.count_taken(taken as u64);
        if let Some(handle) = self.handles.get_mut(&place.1) {
            handle.round_robin.taken(place.0, taken);
        }
        true
    }

    /// So many are under way by a lane no more.
    fn is_back(&mut self, place: &(WorkerId, Key), connections: usize) {
        if let Some(lane) = self.lanes.get_mut(place) {
            lane.under_way = lane.under_way.saturating_sub(connections);
        }
        if let Some(handle) = self.handles.get_mut(&place.1) {
            handle.round_robin.not_taken(place.0, connections);
        }
    }
}
