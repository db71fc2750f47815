//! How a worker stands with one listener: what is under way to it, what it has, whether it may have more.

use std::time::Duration;

const SHORTEST_REST: Duration = Duration::from_millis(5);
const LONGEST_REST: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub(super) struct Standing {
    /// How many connections it has been given and has not answered, and how many that may be.
    pub(super) under_way: usize,
    pub(super) at_once: usize,
    /// When it answered the last time, in hand-overs.
    pub(super) last_answer: u64,
    /// Until when it rests.
    pub(super) rests_until: Option<Duration>,
    /// How long it rested the last time; zero since it has taken a connection.
    last_rest: Duration,
    /// Whether it says when a connection ends.
    pub(super) reports: bool,
    /// How many connections it has taken, all in all, and how many of those have ended. What is said of the two may come by
    /// different ways, and in any order: totals do not mind.
    taken: u64,
    pub(super) ended: u64,
    /// How many it wants at once.
    pub(super) most: Option<u32>,
}

impl Standing {
    pub(super) fn new(reports: bool) -> Self {
        Self {
            reports,
            ..Self::default()
        }
    }

    /// It has taken one that was under way, when so many had been handed over.
    pub(super) fn taken_one(&mut self, hand_overs: u64) {
        self.under_way -= 1;
        self.last_answer = hand_overs;
        self.last_rest = Duration::ZERO;
        self.taken += 1;
    }

    /// It has refused one that was under way: it rests, twice as long as the last time.
    pub(super) fn refused_one(&mut self, now: Duration) {
        self.under_way -= 1;
        self.last_rest = (self.last_rest * 2).clamp(SHORTEST_REST, LONGEST_REST);
        self.rests_until = Some(now + self.last_rest);
    }

    /// How many it has.
    pub(super) fn connections(&self) -> u64 {
        self.taken.saturating_sub(self.ended)
    }

    fn is_full(&self) -> bool {
        let all = self.connections().saturating_add(self.under_way as u64);
        self.most.is_some_and(|most| all >= u64::from(most))
    }

    /// Whether it may be given one more.
    pub(super) fn has_room(&self) -> bool {
        self.rests_until.is_none() && self.under_way < self.at_once && !self.is_full()
    }

    /// Whether it may, and has answered all.
    pub(super) fn is_free(&self) -> bool {
        self.has_room() && self.under_way == 0
    }
}
