//! Connections to one address, given to workers: in turn, or as a [`Balance`] says.
//!
//! Rule 1: a worker that listens is free, busy with one connection that it has not yet taken, or resting.
//! Rule 2: a connection goes to the worker that has been free the longest. Idle workers so serve in strict rotation.
//! Rule 3: a worker that has taken its connection is free again, behind all others; unless it has now as many as it
//! wants: then it is free when one of them has ended.
//! Rule 4: a worker that has refused one rests, 5 ms at first, twice as long each time up to 100 ms; taking one ends
//! that. So a connection that everybody refuses does not spin between them (in Node it does).
//! Rule 5: connections are accepted from the kernel only while a worker is free and none waits here. Else they wait in
//! the kernel's queue, which costs nothing.
//! Rule 6: what a worker that died had not taken goes back to the front.
//! Rule 7: a connection that its policy wants to wait for a busy worker lets others pass it. But only so many wait: past
//! that the oldest goes to whoever has been free the longest, so that a worker that is stuck stops nobody else.
//!
//! ```text
//!            given                        taken
//!   ┌──────┐ ─────> ┌──────┐ ──────────────────────────────> free, at the end
//!   │ free │        │ busy │
//!   └──────┘        └──────┘ ─────> ┌─────────┐ ── time ───> free, at the end
//!                           refused │ resting │
//!                                   └─────────┘
//! ```
//!
//! In Node: `lib/internal/cluster/round_robin_handle.js`.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::balance::{Balance, Candidate};
use super::message::WorkerId;

/// How many connections may wait for the worker of their policy.
const WAITING: usize = 64;

const SHORTEST_REST: Duration = Duration::from_millis(5);
const LONGEST_REST: Duration = Duration::from_millis(100);

/// The workers that listen at one address, and the connections that wait for one of them.
#[derive(Debug)]
pub(crate) struct RoundRobinHandle<C> {
    workers: BTreeMap<WorkerId, Standing>,
    /// Workers that are free, the longest idle first.
    free: VecDeque<WorkerId>,
    /// Connections that were refused or taken back, or wait for their worker, the oldest first.
    waiting: VecDeque<Waiting<C>>,
    /// Who chooses; none for whoever has been free the longest.
    balance: Option<Box<dyn Balance>>,
}

/// A connection, and the address of its client as far as the policy wants to know it.
#[derive(Debug, Clone)]
pub(crate) struct Waiting<C> {
    pub(crate) connection: C,
    pub(crate) client: Option<IpAddr>,
}

#[derive(Debug)]
struct Standing {
    place: Place,
    /// How long it rested the last time; zero since it has taken a connection.
    last_rest: Duration,
    /// Whether it says when a connection ends.
    reports: bool,
    /// How many connections it has taken, all in all, and how many of those have ended. What is said of the two may come by
    /// different ways, and in any order: totals do not mind.
    taken: u64,
    ended: u64,
    /// How many it wants at once.
    most: Option<u32>,
}

impl Standing {
    fn connections(&self) -> u64 {
        self.taken.saturating_sub(self.ended)
    }

    fn is_full(&self) -> bool {
        self.most.is_some_and(|most| self.connections() >= u64::from(most))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Free,
    Busy,
    Full,
    Resting { until: Duration },
}

impl<C> RoundRobinHandle<C> {
    pub(crate) fn new(balance: Option<Box<dyn Balance>>) -> Self {
        Self {
            workers: BTreeMap::new(),
            free: VecDeque::new(),
            waiting: VecDeque::new(),
            balance,
        }
    }

    /// A worker listens; `reports` says whether it will tell of connections that end. One that does already stays as it is.
    pub(crate) fn add(&mut self, worker: WorkerId, reports: bool) {
        self.workers.entry(worker).or_insert_with(|| {
            self.free.push_back(worker);
            Standing {
                place: Place::Free,
                last_rest: Duration::ZERO,
                reports,
                taken: 0,
                ended: 0,
                most: None,
            }
        });
    }

    pub(crate) fn remove(&mut self, worker: WorkerId) {
        self.workers.remove(&worker);
        self.free.retain(|free| *free != worker);
    }

    pub(crate) fn has_workers(&self) -> bool {
        !self.workers.is_empty()
    }

    /// A connection from the kernel: it waits behind those that are here.
    pub(crate) fn accepted(&mut self, connection: Waiting<C>) {
        self.waiting.push_back(connection);
    }

    /// A connection that a worker was given and did not take: it was here first.
    pub(crate) fn taken_back(&mut self, connection: Waiting<C>) {
        self.waiting.push_front(connection);
    }

    /// Whether connections should be accepted from the kernel.
    pub(crate) fn wants_more(&self) -> bool {
        let most = if self.balance.is_some() { WAITING } else { 1 };
        !self.free.is_empty() && self.waiting.len() < most
    }

    /// The next hand-over, if there is a connection and a worker for it.
    pub(crate) fn hand_over(&mut self) -> Option<(WorkerId, Waiting<C>)> {
        if self.waiting.is_empty() || self.free.is_empty() {
            return None;
        }
        let (at, worker) = if self.balance.is_some() {
            self.choose()?
        } else {
            (0, *self.free.front()?)
        };
        self.free.retain(|free| *free != worker);
        if let Some(standing) = self.workers.get_mut(&worker) {
            standing.place = Place::Busy;
        }
        Some((worker, self.waiting.remove(at)?))
    }

    /// The first connection whose policy chooses a worker that is free.
    fn choose(&mut self) -> Option<(usize, WorkerId)> {
        let candidate = |(worker, is_free): (WorkerId, bool)| Candidate {
            worker,
            is_free,
            connections: self.workers.get(&worker).and_then(|standing| {
                let connections = usize::try_from(standing.connections()).ok();
                connections.filter(|_| standing.reports)
            }),
        };
        let others = self
            .workers
            .iter()
            .filter(|(_, standing)| standing.place != Place::Free);
        let candidates: Vec<Candidate> = (self.free.iter().map(|worker| (*worker, true)))
            .chain(others.map(|(worker, _)| (*worker, false)))
            .map(candidate)
            .collect();
        let balance = self.balance.as_mut()?;
        let longest_free = *self.free.front()?;
        let mut choose = |client| {
            // A policy is the program's own: its panic has been printed, and the port stays open.
            let chosen = catch_unwind(AssertUnwindSafe(|| balance.choose(client, &candidates)));
            chosen.unwrap_or(Some(longest_free))
        };
        let is_there = |worker: WorkerId| candidates.iter().any(|candidate| candidate.worker == worker);
        let found = self.waiting.iter().enumerate().find_map(|(at, waiting)| {
            let chosen = choose(waiting.client)?;
            // Nobody waits for a worker that is not there.
            let chosen = if is_there(chosen) { chosen } else { longest_free };
            self.free.contains(&chosen).then_some((at, chosen))
        });
        // As many wait as may: the oldest goes to somebody else, or a worker that is stuck would stop all.
        found.or_else(|| (self.waiting.len() >= WAITING).then_some((0, longest_free)))
    }

    /// The worker has taken its connection.
    pub(crate) fn taken(&mut self, worker: WorkerId) {
        if let Some(standing) = self.busy(worker) {
            standing.last_rest = Duration::ZERO;
            standing.taken += 1;
            self.settle(worker);
        }
    }

    /// The worker wants no more connections than `most` at once. So many have ended, and it will say when others do.
    pub(crate) fn limit(&mut self, worker: WorkerId, most: Option<u32>, ended: u64) {
        let Some(standing) = self.workers.get_mut(&worker) else {
            return;
        };
        (standing.most, standing.ended) = (most, ended);
        match standing.place {
            Place::Free if standing.is_full() => {
                standing.place = Place::Full;
                self.free.retain(|free| *free != worker);
            }
            Place::Full => self.settle(worker),
            _ => {}
        }
    }

    /// A worker has nothing under way: it is free, behind all others, or full.
    fn settle(&mut self, worker: WorkerId) {
        let Some(standing) = self.workers.get_mut(&worker) else {
            return;
        };
        standing.place = if standing.is_full() { Place::Full } else { Place::Free };
        if standing.place == Place::Free {
            self.free.push_back(worker);
        }
    }

    /// A connection that the worker had taken has ended.
    pub(crate) fn ended(&mut self, worker: WorkerId) {
        let Some(standing) = self.workers.get_mut(&worker) else {
            return;
        };
        standing.ended += 1;
        if standing.place == Place::Full {
            self.settle(worker);
        }
    }

    /// The worker has refused its connection.
    pub(crate) fn refused(&mut self, worker: WorkerId, now: Duration) {
        if let Some(standing) = self.busy(worker) {
            standing.last_rest = (standing.last_rest * 2).clamp(SHORTEST_REST, LONGEST_REST);
            standing.place = Place::Resting {
                until: now + standing.last_rest,
            };
        }
    }

    /// Ends the rest of those whose time has come.
    pub(crate) fn tick(&mut self, now: Duration) {
        let rested = |standing: &Standing| matches!(standing.place, Place::Resting { until } if until <= now);
        let rested: Vec<WorkerId> = (self.workers.iter())
            .filter_map(|(worker, standing)| rested(standing).then_some(*worker))
            .collect();
        for worker in rested {
            self.settle(worker);
        }
    }

    /// When the next rest ends.
    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        let rests = self.workers.values().filter_map(|standing| match standing.place {
            Place::Resting { until } => Some(until),
            Place::Free | Place::Busy | Place::Full => None,
        });
        rests.min()
    }

    fn busy(&mut self, worker: WorkerId) -> Option<&mut Standing> {
        self.workers
            .get_mut(&worker)
            .filter(|standing| standing.place == Place::Busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: WorkerId = WorkerId(1);
    const B: WorkerId = WorkerId(2);

    fn from_nobody<C>(connection: C) -> Waiting<C> {
        Waiting {
            connection,
            client: None,
        }
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn idle_workers_serve_in_strict_rotation() {
        let mut handle = RoundRobinHandle::new(None);
        handle.add(A, false);
        handle.add(B, false);
        let mut served = Vec::new();
        for connection in 0..6 {
            handle.accepted(from_nobody(connection));
            let (worker, _) = handle.hand_over().unwrap();
            served.push(worker);
            handle.taken(worker);
        }
        assert_eq!(served, [A, B, A, B, A, B]);
    }

    #[test]
    fn a_worker_that_refuses_rests_twice_as_long_each_time() {
        let mut handle = RoundRobinHandle::new(None);
        handle.add(A, false);
        handle.accepted(from_nobody('x'));
        let mut now = ms(0);
        for rest in [5, 10, 20, 40, 80, 100, 100] {
            let (_, connection) = handle.hand_over().unwrap();
            handle.refused(A, now);
            handle.taken_back(connection);
            assert_eq!(handle.next_deadline(), Some(now + ms(rest)));
            handle.tick(now + ms(rest) - Duration::from_nanos(1));
            assert!(handle.hand_over().is_none() && !handle.wants_more());
            now += ms(rest);
            handle.tick(now);
            handle.tick(now);
        }
        handle.hand_over().unwrap();
        handle.taken(A);
        handle.accepted(from_nobody('y'));
        handle.hand_over().unwrap();
        handle.refused(A, now);
        assert_eq!(
            handle.next_deadline(),
            Some(now + ms(5)),
            "taking one has ended the long rests"
        );
    }

    #[test]
    fn nothing_is_accepted_while_nobody_is_free_or_somebody_waits() {
        let mut handle = RoundRobinHandle::new(None);
        assert!(!handle.wants_more());
        handle.add(A, false);
        assert!(handle.wants_more());
        handle.accepted(from_nobody(1));
        assert!(!handle.wants_more());
        handle.hand_over().unwrap();
        assert!(!handle.wants_more());
        handle.taken(A);
        assert!(handle.wants_more());
    }

    #[test]
    fn what_is_taken_back_goes_first() {
        let mut handle = RoundRobinHandle::new(None);
        handle.accepted(from_nobody(2));
        handle.taken_back(from_nobody(1));
        handle.add(A, false);
        handle.add(B, false);
        let mut next = || handle.hand_over().map(|(worker, waiting)| (worker, waiting.connection));
        assert_eq!((next(), next()), (Some((A, 1)), Some((B, 2))));
        handle.remove(A);
        handle.taken(A);
        handle.accepted(from_nobody(3));
        assert!(handle.hand_over().is_none(), "a worker that is gone gets nothing");
    }

    #[test]
    fn a_worker_that_is_stuck_stops_nobody_else() {
        let mut handle = RoundRobinHandle::new(Some(Box::new(crate::proto::Sticky)));
        handle.add(A, false);
        handle.add(B, false);
        let client = |last: u8| Some(IpAddr::from([127, 0, 0, last]));
        // All of one client: the first makes its worker busy, and it takes nothing.
        handle.accepted(Waiting {
            connection: 0,
            client: client(1),
        });
        let (stuck, _) = handle.hand_over().unwrap();
        for connection in 1..WAITING {
            assert!(handle.wants_more(), "{connection} wait");
            handle.accepted(Waiting {
                connection,
                client: client(1),
            });
            assert!(handle.hand_over().is_none());
        }
        handle.accepted(Waiting {
            connection: WAITING,
            client: client(1),
        });
        let (other, waiting) = handle.hand_over().unwrap();
        assert_eq!(
            (other == stuck, waiting.connection),
            (false, 1),
            "the oldest goes to the other"
        );
        handle.taken(other);
        assert!(handle.wants_more(), "and the port stays open");
    }
}
