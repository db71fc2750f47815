//! Which connections have been given away and not yet been taken.
//!
//! Rule 1: a connection that is given to a worker stays in the ledger, and the primary keeps its copy of it.
//! Rule 2: when the worker takes it, the entry is struck out, and only then is the primary's copy closed.
//! Rule 3: a worker takes a connection before it reads a byte of it. So what stands in the ledger has been served by
//! nobody, and may be given to another: when the worker refuses it, or has died, or the lane that it went by has ended.
//! An ended lane carries no answer: a worker that lives on and would take now what it was given then cannot say so, and
//! must not.
//!
//! Together: each connection is served at most once, and one that no worker took is never lost.
//! In Node a worker that dies between the two leaves its client hanging.

use std::collections::{BTreeMap, BTreeSet};

use super::message::{Key, WorkerId};
use super::round_robin_handle::Waiting;

/// The connections under way, by the number of the message that carried them.
#[derive(Debug)]
pub(crate) struct Ledger<C> {
    entries: BTreeMap<u32, Entry<C>>,
    taken: u64,
}

/// A connection that was given to a worker.
#[derive(Debug)]
pub(crate) struct Entry<C> {
    pub(crate) worker: WorkerId,
    pub(crate) key: Key,
    /// Whether it was given over a lane: then it is the worker's to take until the lane has ended.
    pub(crate) by_lane: bool,
    pub(crate) connection: Waiting<C>,
}

impl<C> Ledger<C> {
    pub(crate) fn new() -> Self {
        Self {
            entries: BTreeMap::new(),
            taken: 0,
        }
    }

    pub(crate) fn given(&mut self, seq: u32, entry: Entry<C>) {
        self.entries.insert(seq, entry);
    }

    /// Strikes out what `worker` answers. An answer to what it was never given is nobody's.
    pub(crate) fn answered(&mut self, worker: WorkerId, seq: u32) -> Option<Entry<C>> {
        self.entries.get(&seq).filter(|entry| entry.worker == worker)?;
        self.entries.remove(&seq)
    }

    /// Counts one that was struck out because its worker has taken it.
    pub(crate) fn count_taken(&mut self) {
        self.taken += 1;
    }

    /// How many connections have been taken, by whomever.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// Takes back what has been given in vain, the oldest first.
    pub(crate) fn taken_back(&mut self, in_vain: impl Fn(&Entry<C>) -> bool) -> Vec<Entry<C>> {
        let numbers = self.entries.iter().filter(|(_, entry)| in_vain(entry));
        let numbers: Vec<u32> = numbers.map(|(number, _)| *number).collect();
        numbers
            .iter()
            .filter_map(|number| self.entries.remove(number))
            .collect()
    }

    /// Over which lanes something is under way.
    pub(crate) fn lanes(&self) -> BTreeSet<(WorkerId, Key)> {
        let by_lane = self.entries.values().filter(|entry| entry.by_lane);
        by_lane.map(|entry| (entry.worker, entry.key.clone())).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}
