//! How a worker stands with one listener: what is under way to it, what it has, whether it may have more.

use std::time::Duration;

const SHORTEST_REST: Duration = Duration::from_millis(5);
const LONGEST_REST: Duration = Duration::from_millis(100);

/// By what a worker is given connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The channel, as Node's: each is answered.
    Channel {
        /// Whether it says when a connection ends.
        reports: bool,
    },
    /// A lane: it is counted how many are left in it. It says when a connection ends.
    Lane,
}

impl By {
    pub(super) fn reports(self) -> bool {
        self != Self::Channel { reports: false }
    }
}

#[derive(Debug)]
pub(super) struct Standing {
    /// By what it is given connections.
    pub(super) by: By,
    /// How many connections it has been given and has not taken, as far as is known, and how many that may be.
    pub(super) under_way: usize,
    pub(super) at_once: usize,
    /// When it was given one the last time, and when it was heard to have taken one, in hand-overs.
    pub(super) last_given: u64,
    pub(super) last_taken: u64,
    /// Until when it rests.
    pub(super) rests_until: Option<Duration>,
    /// How long it rested the last time; zero since it has taken a connection.
    last_rest: Duration,
    /// How many connections it has taken, all in all, and how many of those have ended. What is said of the two may come by
    /// different ways, and in any order: totals do not mind.
    taken: u64,
    pub(super) ended: u64,
    /// How many it wants at once.
    pub(super) most: Option<u32>,
}

impl Standing {
    pub(super) fn new(by: By) -> Self {
        Self {
            by,
            under_way: 0,
            at_once: 0,
            last_given: 0,
            last_taken: 0,
            rests_until: None,
            last_rest: Duration::ZERO,
            taken: 0,
            ended: 0,
            most: None,
        }
    }

    /// It has taken some that were under way, when so many had been handed over.
    pub(super) fn took(&mut self, connections: usize, hand_overs: u64) {
        self.under_way -= connections;
        self.last_taken = hand_overs;
        self.last_rest = Duration::ZERO;
        self.taken += connections as u64;
    }

    /// It has refused one that was under way: it rests.
    pub(super) fn refused_one(&mut self, now: Duration) {
        self.under_way -= 1;
        self.rests(now);
    }

    /// It is given nothing for a time, twice as long as the last.
    pub(super) fn rests(&mut self, now: Duration) {
        self.last_rest = (self.last_rest * 2).clamp(SHORTEST_REST, LONGEST_REST);
        self.rests_until = Some(now + self.last_rest);
    }

    /// How many it has, those included that are under way to it: it may have taken them already, and they may have ended.
    pub(super) fn all(&self) -> u64 {
        (self.taken + self.under_way as u64).saturating_sub(self.ended)
    }

    fn is_full(&self) -> bool {
        self.most.is_some_and(|most| self.all() >= u64::from(most))
    }

    /// Whether it has been given more than it wants by now.
    pub(super) fn has_too_many(&self) -> bool {
        self.under_way > 0 && self.most.is_some_and(|most| self.all() > u64::from(most))
    }

    /// Whether it may be given one more, if enough of those under way have been taken.
    pub(super) fn may_have_one(&self) -> bool {
        self.rests_until.is_none() && self.at_once > 0 && !self.is_full()
    }

    /// How many it may be given.
    pub(super) fn room(&self) -> usize {
        if !self.may_have_one() {
            return 0;
        }
        let wanted = self.most.map(|most| u64::from(most).saturating_sub(self.all()));
        let wanted = wanted.map_or(usize::MAX, |wanted| usize::try_from(wanted).unwrap_or(usize::MAX));
        self.at_once.saturating_sub(self.under_way).min(wanted)
    }

    /// Whether it may be given one more.
    pub(super) fn has_room(&self) -> bool {
        self.room() > 0
    }

    /// Whether it may, and has taken all.
    pub(super) fn is_free(&self) -> bool {
        self.has_room() && self.under_way == 0
    }
}
