//! Which worker gets a connection: the policies that the primary carries out itself.
//!
//! | policy | gives to |
//! | --- | --- |
//! | round robin (Node's) | the worker that has been free the longest |
//! | [`LeastConnections`] | of the free workers the one with the fewest connections |
//! | [`Sticky`] | the worker that this client's address belongs to, and waits for it |
//! | one of your own | whatever [`Balance::choose`] says |
//!
//! Rule: a policy chooses, and has no other power. Whether a worker may get a connection now, what becomes of one that is
//! refused, and of those that a dead worker had not taken, is decided in [`round_robin_handle`](super::round_robin_handle).

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;

use super::message::WorkerId;

/// A policy: one for each listener of the primary's.
pub trait Balance: Send + fmt::Debug {
    /// Chooses a worker for a connection from `client` (none for a Unix socket). `workers` are those that listen, the free
    /// ones first, the one before all that was given a connection longest ago.
    ///
    /// One that is not free is waited for. None waits for any to become free, and is asked again then.
    fn choose(&mut self, client: Option<IpAddr>, workers: &[Candidate]) -> Option<WorkerId>;
}

/// A worker that may be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub worker: WorkerId,
    /// Whether it would get the connection at once.
    pub is_free: bool,
    /// How many connections it has, with those that are under way to it; none for a worker that does not report it, as Node's do not.
    pub connections: Option<usize>,
}

/// The fewest connections first; among equals, and where a worker does not report them, in turn.
#[derive(Debug, Default)]
pub struct LeastConnections;

impl Balance for LeastConnections {
    fn choose(&mut self, _: Option<IpAddr>, workers: &[Candidate]) -> Option<WorkerId> {
        let free = || workers.iter().filter(|candidate| candidate.is_free);
        if free().any(|candidate| candidate.connections.is_none()) {
            return free().next().map(|candidate| candidate.worker);
        }
        free()
            .min_by_key(|candidate| candidate.connections)
            .map(|candidate| candidate.worker)
    }
}

/// Each client address has its worker: the one for which the two hash highest together. So when a worker goes only its
/// own clients move, each to the next in its own order. A client without an address goes to whoever is free.
#[derive(Debug, Default)]
pub struct Sticky;

impl Balance for Sticky {
    fn choose(&mut self, client: Option<IpAddr>, workers: &[Candidate]) -> Option<WorkerId> {
        let Some(client) = client else {
            return workers
                .iter()
                .find(|candidate| candidate.is_free)
                .map(|candidate| candidate.worker);
        };
        let weight = |candidate: &&Candidate| {
            let mut hasher = DefaultHasher::new();
            (client, candidate.worker).hash(&mut hasher);
            hasher.finish()
        };
        workers.iter().max_by_key(weight).map(|candidate| candidate.worker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(connections: &[(u32, bool, Option<usize>)]) -> Vec<Candidate> {
        let candidate = |&(id, is_free, connections)| Candidate {
            worker: WorkerId(id),
            is_free,
            connections,
        };
        connections.iter().map(candidate).collect()
    }

    #[test]
    fn the_free_worker_with_the_fewest_connections_is_chosen() {
        let mut policy = LeastConnections;
        let workers = candidates(&[
            (1, true, Some(3)),
            (2, true, Some(1)),
            (4, true, Some(1)),
            (3, false, Some(0)),
        ]);
        assert_eq!(policy.choose(None, &workers), Some(WorkerId(2)));
        assert_eq!(policy.choose(None, &workers[3..]), None, "it waits");
        let workers = candidates(&[(5, true, Some(9)), (6, true, None)]);
        assert_eq!(
            policy.choose(None, &workers),
            Some(WorkerId(5)),
            "in turn, where one does not report"
        );
    }

    #[test]
    fn a_client_keeps_its_worker_and_only_those_of_a_dead_one_move() {
        let mut policy = Sticky;
        let workers = candidates(&[(1, true, None), (2, true, None), (3, true, None), (4, true, None)]);
        let clients = (0..1_000u32).map(|n| Some(IpAddr::from((0x7f00_0000 + n).to_be_bytes())));
        let mut counts = [0; 5];
        for client in clients {
            let chosen = policy.choose(client, &workers).unwrap();
            counts[chosen.0 as usize] += 1;
            let mut shuffled = workers.clone();
            shuffled.reverse();
            assert_eq!(policy.choose(client, &shuffled), Some(chosen), "whatever their order");
            let without: Vec<Candidate> = workers
                .iter()
                .copied()
                .filter(|other| other.worker != WorkerId(4))
                .collect();
            let then = policy.choose(client, &without).unwrap();
            assert!(then == chosen || chosen == WorkerId(4));
        }
        assert!(counts[1..].iter().all(|count| (150..350).contains(count)), "{counts:?}");
    }
}
