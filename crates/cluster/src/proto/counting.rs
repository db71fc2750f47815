//! When lanes are counted, to find out who is free: nobody says that it has taken what came over a lane.
//!
//! Rule 1: before a connection is handed over, the lanes of those workers are counted that may have been free for longer than
//! all that are known to be. Where all are idle that is once around: one count for each connection.
//! Rule 2: what was counted is good for the next four of those that wait, or for a quarter as many hand-overs as lanes were
//! counted. So a connection costs four counts at most, however many workers are busy; and of many that come together few
//! are given to somebody who has stopped working.
//!
//! ```text
//!   known to be free:  C, D       given one, longest ago first:  A, B     ──> is A free? is B?
//! ```

use super::message::WorkerId;
use super::round_robin_handle::RoundRobinHandle;
use super::standing::{By, Standing};

/// How many lanes are counted for one connection at most.
const FOR_ONE: usize = 4;

/// For how many connections that wait a count is good.
const TOGETHER: usize = 4;

/// What is being counted, and what was.
#[derive(Debug, Default)]
pub(super) struct Counting {
    /// Whose lanes.
    pending: Vec<WorkerId>,
    /// For how many hand-overs what was counted last is good.
    good_for: usize,
}

impl Counting {
    pub(super) fn is_under_way(&self) -> bool {
        !self.pending.is_empty()
    }

    fn is_good(&self) -> bool {
        self.good_for > 0
    }

    /// A connection has been handed over.
    pub(super) fn used(&mut self) {
        self.good_for = self.good_for.saturating_sub(1);
    }

    fn begin(&mut self, lanes: Vec<WorkerId>, waiting: usize) -> Vec<WorkerId> {
        self.pending.extend(&lanes);
        if !lanes.is_empty() {
            self.good_for = lanes.len().div_ceil(FOR_ONE).max(waiting.min(TOGETHER));
        }
        lanes
    }
}

impl<C> RoundRobinHandle<C> {
    /// Whose lanes are to be counted before the next hand-over, the one first that was given a connection before all others:
    /// who may have been free for longer than all that are known to be.
    pub(crate) fn uncounted(&mut self) -> Vec<WorkerId> {
        if self.counting.is_good() || self.counting.is_under_way() {
            return Vec::new();
        }
        if self.waiting.is_empty() || self.balance.is_some() {
            return Vec::new();
        }
        let longest_free = self.free.front().and_then(|worker| self.workers.get(worker));
        let until = longest_free.map_or(u64::MAX, |standing| standing.last_given);
        let may_be_free = |standing: &Standing| {
            let has_some = standing.by == By::Lane && standing.under_way > 0;
            has_some && standing.may_have_one() && standing.last_given < until
        };
        let lanes = self.workers.iter().filter(|(_, standing)| may_be_free(standing));
        let mut lanes: Vec<_> = lanes.map(|(worker, standing)| (standing.last_given, *worker)).collect();
        lanes.sort_unstable();
        let lanes = lanes.into_iter().map(|(_, worker)| worker);
        self.counting.begin(lanes.collect(), self.waiting.len())
    }

    /// The lane of a worker has been counted; says whether it was the last of those that were to be.
    pub(crate) fn counted(&mut self, worker: WorkerId) -> bool {
        self.counting.pending.retain(|other| *other != worker);
        !self.counting.is_under_way()
    }
}
