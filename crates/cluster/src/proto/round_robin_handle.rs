//! Connections to one address, given to workers: in turn, or as a [`Balance`] says.
//!
//! Rule 1: a worker that listens is free, busy with connections that it has not yet taken, or resting.
//! Rule 2: a connection goes to the worker that has been free the longest. Idle workers so serve in strict rotation.
//! When none is free it goes to the one with the fewest that has room: a worker on the channel has room for one, a worker
//! with a lane for some. Who is told of connections while it works needs no waking for each. Whoever stands still
//! ([`patience`](super::patience)) has room for none.
//! Nobody says that it has taken what came over a lane: so it is [counted](super::counting) what is left.
//! Rule 3: a worker that has taken its connections is free again, behind all others; unless it has now as many as it
//! wants: then it has room when one of them has ended. What is under way to it counts.
//! Rule 4: a worker that has refused one rests, 5 ms at first, twice as long each time up to 100 ms; taking one ends
//! that. So a connection that everybody refuses does not spin between them (in Node it does).
//! Rule 5: connections are accepted from the kernel only while workers have room and none waits here: those that have come
//! together, as many as there is room for then. Else they wait in the kernel's queue, which costs nothing.
//! Rule 6: what a worker that died had not taken goes back to the front.
//! Rule 7: where a policy chooses, it does so among those that have room, the one first that was given a connection longest ago.
//! A connection that its policy wants to wait for a worker without room lets others pass it. But only so many wait: past
//! that the oldest goes to the first that has room, so that a worker that is stuck stops nobody else.
//!
//! ```text
//!            given                    all are taken
//!   ┌──────┐ ─────> ┌──────┐ ──────────────────────────────> free, at the end
//!   │ free │        │ busy │
//!   └──────┘        └──────┘ ─────> ┌─────────┐ ── time ───> free, at the end
//!                           refused │ resting │
//!                                   └─────────┘
//! ```
//!
//! In Node: `lib/internal/cluster/round_robin_handle.js`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::balance::{Balance, Candidate};
use super::counting::Counting;
use super::message::WorkerId;
use super::standing::{By, Standing};

/// How many connections may wait for the worker of their policy.
const WAITING: usize = 64;

/// How many connections are accepted together at most: so that a worker that is given some is woken for the first alone, and none
/// waits here for longer than it takes to accept the others.
const BURST: usize = 16;

/// The workers that listen at one address, and the connections that wait for one of them.
#[derive(Debug)]
pub(crate) struct RoundRobinHandle<C> {
    pub(super) workers: BTreeMap<WorkerId, Standing>,
    /// Workers that are free, the longest idle first.
    pub(super) free: VecDeque<WorkerId>,
    /// Connections that were refused or taken back, or wait for their worker, the oldest first.
    pub(super) waiting: VecDeque<Waiting<C>>,
    /// Who chooses; none for whoever has been free the longest.
    pub(super) balance: Option<Box<dyn Balance>>,
    /// How many there have been.
    hand_overs: u64,
    pub(super) counting: Counting,
}

/// A connection, and the address of its client as far as the policy wants to know it.
#[derive(Debug, Clone)]
pub(crate) struct Waiting<C> {
    pub(crate) connection: C,
    pub(crate) client: Option<IpAddr>,
}

impl<C> RoundRobinHandle<C> {
    pub(crate) fn new(balance: Option<Box<dyn Balance>>) -> Self {
        Self {
            workers: BTreeMap::new(),
            free: VecDeque::new(),
            waiting: VecDeque::new(),
            balance,
            hand_overs: 0,
            counting: Counting::default(),
        }
    }

    /// A worker listens; `at_once` is how many may be under way to it. Of one that listens already nothing else changes.
    pub(crate) fn add(&mut self, worker: WorkerId, by: By, at_once: usize) {
        let standing = self.workers.entry(worker).or_insert_with(|| {
            self.free.push_back(worker);
            Standing::new(by)
        });
        standing.by = by;
        self.allow(worker, at_once);
    }

    /// Whether a worker tells of connections that end, as ours do.
    pub(crate) fn reports(&self, worker: WorkerId) -> bool {
        self.workers.get(&worker).is_some_and(|standing| standing.by.reports())
    }

    /// So many may be under way to a worker from now on.
    pub(crate) fn allow(&mut self, worker: WorkerId, at_once: usize) {
        if let Some(standing) = self.workers.get_mut(&worker) {
            standing.at_once = at_once;
            self.settle(worker);
        }
    }

    pub(crate) fn remove(&mut self, worker: WorkerId) {
        self.workers.remove(&worker);
        self.free.retain(|free| *free != worker);
        self.counted(worker);
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

    /// The same of several, the oldest first.
    pub(crate) fn all_taken_back(&mut self, connections: Vec<(C, Option<IpAddr>)>) {
        for (connection, client) in connections.into_iter().rev() {
            self.taken_back(Waiting { connection, client });
        }
    }

    /// How many connections should be accepted from the kernel.
    pub(crate) fn wants(&self) -> usize {
        let room: usize = self.workers.values().map(Standing::room).sum();
        let may_wait = match &self.balance {
            Some(_) => WAITING.saturating_sub(self.waiting.len()),
            None if self.waiting.is_empty() => BURST,
            None => 0,
        };
        room.min(may_wait).min(BURST)
    }

    /// Whether a worker would be given a connection.
    pub(crate) fn has_room(&self) -> bool {
        self.workers.values().any(Standing::has_room)
    }

    /// The next hand-over, if there is a connection and a worker for it.
    pub(crate) fn hand_over(&mut self) -> Option<(WorkerId, Waiting<C>)> {
        if self.waiting.is_empty() || self.counting.is_under_way() {
            return None;
        }
        let (at, worker) = match (&self.balance, self.free.front()) {
            (Some(_), _) => self.choose()?,
            (None, Some(longest_free)) => (0, *longest_free),
            (None, None) => (0, self.least_busy()?),
        };
        self.counting.used();
        self.free.retain(|free| *free != worker);
        self.hand_overs += 1;
        if let Some(standing) = self.workers.get_mut(&worker) {
            standing.under_way += 1;
            standing.last_given = self.hand_overs;
        }
        Some((worker, self.waiting.remove(at)?))
    }

    /// Whether this worker would be given one.
    pub(crate) fn has_room_at(&self, worker: WorkerId) -> bool {
        self.workers.get(&worker).is_some_and(Standing::has_room)
    }

    /// Whether more is under way to a worker than it wants by now.
    pub(crate) fn has_too_many(&self, worker: WorkerId) -> bool {
        self.workers.get(&worker).is_some_and(Standing::has_too_many)
    }

    /// Of those that are busy and have room, the one with the fewest under way, and of those the one that has taken one last:
    /// a worker that is stuck is to have no second one while others have as few. Else in turn.
    fn least_busy(&self) -> Option<WorkerId> {
        let with_room = self.workers.iter().filter(|(_, standing)| standing.has_room());
        let least = with_room.min_by_key(|(_, it)| (it.under_way, Reverse(it.last_taken), it.last_given));
        least.map(|(worker, _)| *worker)
    }

    /// The first connection whose policy chooses a worker that has room.
    fn choose(&mut self) -> Option<(usize, WorkerId)> {
        let mut workers: Vec<(&WorkerId, &Standing)> = self.workers.iter().collect();
        workers.sort_by_key(|(_, standing)| (!standing.has_room(), standing.last_given));
        let candidate = |(worker, standing): (&WorkerId, &Standing)| Candidate {
            worker: *worker,
            is_free: standing.has_room(),
            connections: usize::try_from(standing.all()).ok().filter(|_| standing.by.reports()),
        };
        let candidates: Vec<Candidate> = workers.into_iter().map(candidate).collect();
        let first = candidates.first().filter(|candidate| candidate.is_free)?.worker;
        let balance = self.balance.as_mut()?;
        let mut choose = |client| {
            // A policy is the program's own: its panic has been printed, and the port stays open.
            let chosen = catch_unwind(AssertUnwindSafe(|| balance.choose(client, &candidates)));
            chosen.unwrap_or(Some(first))
        };
        let find = |worker: WorkerId| candidates.iter().find(|candidate| candidate.worker == worker);
        let found = self.waiting.iter().enumerate().find_map(|(at, waiting)| {
            // Nobody waits for a worker that is not there.
            let chosen = find(choose(waiting.client)?).map_or((first, true), |found| (found.worker, found.is_free));
            chosen.1.then_some((at, chosen.0))
        });
        // As many wait as may: the oldest goes to somebody else, or a worker that is stuck would stop all.
        found.or_else(|| (self.waiting.len() >= WAITING).then_some((0, first)))
    }

    /// The worker has taken some of the connections that were under way to it.
    pub(crate) fn taken(&mut self, worker: WorkerId, connections: usize) {
        let now = self.hand_overs;
        if let Some(standing) = self.busy(worker) {
            standing.took(connections.min(standing.under_way), now);
            self.settle(worker);
        }
    }

    /// Some of the connections that were under way to the worker have been taken back.
    pub(crate) fn not_taken(&mut self, worker: WorkerId, connections: usize) {
        if let Some(standing) = self.busy(worker) {
            standing.under_way = standing.under_way.saturating_sub(connections);
            self.settle(worker);
        }
    }

    /// The worker wants no more connections than `most` at once. So many have ended, and it will say when others do.
    pub(crate) fn limit(&mut self, worker: WorkerId, most: Option<u32>, ended: u64) {
        if let Some(standing) = self.workers.get_mut(&worker) {
            (standing.most, standing.ended) = (most, ended);
            self.settle(worker);
        }
    }

    /// A worker has become free, behind all others, or is it no more.
    fn settle(&mut self, worker: WorkerId) {
        let Some(standing) = self.workers.get(&worker) else {
            return;
        };
        match (standing.is_free(), self.free.contains(&worker)) {
            (true, false) => {
                let is_before = |free: &WorkerId| match self.workers.get(free) {
                    // Nobody knows since when: they are taken in the order in which they were given connections.
                    Some(other) if standing.by == By::Lane => other.last_given <= standing.last_given,
                    _ => true,
                };
                let behind = self.free.iter().rposition(is_before).map_or(0, |at| at + 1);
                self.free.insert(behind, worker);
            }
            (false, true) => self.free.retain(|free| *free != worker),
            _ => {}
        }
    }

    /// A connection that the worker had taken has ended.
    pub(crate) fn ended(&mut self, worker: WorkerId) {
        let Some(standing) = self.workers.get_mut(&worker) else {
            return;
        };
        standing.ended = standing.ended.saturating_add(1);
        self.settle(worker);
    }

    /// The worker cannot be given a connection now: it rests.
    pub(crate) fn rests(&mut self, worker: WorkerId, now: Duration) {
        if let Some(standing) = self.workers.get_mut(&worker) {
            standing.rests(now);
            self.settle(worker);
        }
    }

    /// The worker has refused a connection.
    pub(crate) fn refused(&mut self, worker: WorkerId, now: Duration) {
        if let Some(standing) = self.busy(worker) {
            standing.refused_one(now);
        }
    }

    /// Ends the rest of those whose time has come.
    pub(crate) fn tick(&mut self, now: Duration) {
        let is_over = |standing: &Standing| standing.rests_until.is_some_and(|until| until <= now);
        let rested = self.workers.iter().filter(|(_, standing)| is_over(standing));
        for worker in rested.map(|(worker, _)| *worker).collect::<Vec<_>>() {
            if let Some(standing) = self.workers.get_mut(&worker) {
                standing.rests_until = None;
            }
            self.settle(worker);
        }
    }

    /// When the next rest ends.
    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        self.workers.values().filter_map(|standing| standing.rests_until).min()
    }

    fn busy(&mut self, worker: WorkerId) -> Option<&mut Standing> {
        self.workers.get_mut(&worker).filter(|standing| standing.under_way > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: WorkerId = WorkerId(1);
    const B: WorkerId = WorkerId(2);
    const CHANNEL: By = By::Channel { reports: false };

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
        handle.add(A, CHANNEL, 1);
        handle.add(B, CHANNEL, 1);
        let mut served = Vec::new();
        for connection in 0..6 {
            handle.accepted(from_nobody(connection));
            let (worker, _) = handle.hand_over().unwrap();
            served.push(worker);
            handle.taken(worker, 1);
        }
        assert_eq!(served, [A, B, A, B, A, B]);
    }

    #[test]
    fn a_worker_that_refuses_rests_twice_as_long_each_time() {
        let mut handle = RoundRobinHandle::new(None);
        handle.add(A, CHANNEL, 1);
        handle.accepted(from_nobody('x'));
        let mut now = ms(0);
        for rest in [5, 10, 20, 40, 80, 100, 100] {
            let (_, connection) = handle.hand_over().unwrap();
            handle.refused(A, now);
            handle.taken_back(connection);
            assert_eq!(handle.next_deadline(), Some(now + ms(rest)));
            handle.tick(now + ms(rest) - Duration::from_nanos(1));
            assert!(handle.hand_over().is_none() && handle.wants() == 0);
            now += ms(rest);
            handle.tick(now);
            handle.tick(now);
        }
        handle.hand_over().unwrap();
        handle.taken(A, 1);
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
    fn as_many_are_accepted_as_there_is_room_for_and_none_while_somebody_waits() {
        let mut handle = RoundRobinHandle::new(None);
        assert_eq!(handle.wants(), 0);
        handle.add(A, CHANNEL, 1);
        assert_eq!(handle.wants(), 1);
        handle.accepted(from_nobody(1));
        assert_eq!(handle.wants(), 0);
        handle.hand_over().unwrap();
        assert_eq!(handle.wants(), 0);
        handle.taken(A, 1);
        handle.add(B, CHANNEL, 4);
        handle.limit(B, Some(2), 0);
        assert_eq!(handle.wants(), 3, "B wants two");
        handle.limit(B, None, 0);
        handle.allow(B, 100);
        assert_eq!(handle.wants(), BURST);
    }

    #[test]
    fn nobody_is_told_of_a_second_while_another_is_free() {
        let mut handle = RoundRobinHandle::new(None);
        handle.add(A, CHANNEL, 2);
        handle.add(B, CHANNEL, 2);
        let mut next = |taken: &[WorkerId]| {
            taken.iter().for_each(|worker| handle.taken(*worker, 1));
            handle.accepted(from_nobody(()));
            let worker = handle.hand_over().map(|(worker, _)| worker);
            (worker, handle.wants() > 0)
        };
        assert_eq!(next(&[]), (Some(A), true));
        assert_eq!(next(&[]), (Some(B), true));
        assert_eq!(next(&[B]), (Some(B), true), "A takes nothing, and gets no second one");
        assert_eq!(next(&[]), (Some(B), true), "nor when nobody is free: B has answered");
        assert_eq!(next(&[]), (Some(A), false), "but when it has the fewest");
        assert_eq!(next(&[]), (None, false), "two at most");
        assert_eq!(next(&[B, B]), (Some(B), false), "the one that waited is given first");
    }

    #[test]
    fn what_is_taken_back_goes_first() {
        let mut handle = RoundRobinHandle::new(None);
        handle.accepted(from_nobody(2));
        handle.taken_back(from_nobody(1));
        handle.add(A, CHANNEL, 1);
        handle.add(B, CHANNEL, 1);
        let mut next = || handle.hand_over().map(|(worker, waiting)| (worker, waiting.connection));
        assert_eq!((next(), next()), (Some((A, 1)), Some((B, 2))));
        handle.remove(A);
        handle.taken(A, 1);
        handle.accepted(from_nobody(3));
        assert!(handle.hand_over().is_none(), "a worker that is gone gets nothing");
    }

    #[test]
    fn a_worker_that_is_stuck_stops_nobody_else() {
        let mut handle = RoundRobinHandle::new(Some(Box::new(crate::proto::Sticky)));
        handle.add(A, CHANNEL, 1);
        handle.add(B, CHANNEL, 1);
        let client = |last: u8| Some(IpAddr::from([127, 0, 0, last]));
        // All of one client: the first makes its worker busy, and it takes nothing.
        handle.accepted(Waiting {
            connection: 0,
            client: client(1),
        });
        let (stuck, _) = handle.hand_over().unwrap();
        for connection in 1..WAITING {
            assert!(handle.wants() > 0, "{connection} wait");
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
        handle.taken(other, 1);
        assert!(handle.wants() > 0, "and the port stays open");
    }
}
