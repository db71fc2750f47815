//! Which connections have been given away over a channel and not yet been taken. (A lane's ledger is its queue: see
//! [`lane`](super::lane).)
//!
//! Rule 1: a connection that is given to a worker stays in the ledger, and the primary keeps its copy of it.
//! Rule 2: when the worker takes it, the entry is struck out, and only then is the primary's copy closed.
//! Rule 3: a worker takes a connection before it reads a byte of it. So what stands in the ledger has been served by
//! nobody, and may be given to another: when the worker refuses it, or has died.
//!
//! Together: each connection is served at most once, and one that no worker took is never lost.
//! In Node a worker that dies between the two leaves its client hanging.

use std::collections::BTreeMap;

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

    /// Counts those that their worker has taken.
    pub(crate) fn count_taken(&mut self, connections: u64) {
        self.taken += connections;
    }

    /// How many connections have been taken, by whomever.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// Takes back what a worker had not taken when it died, the oldest first.
    pub(crate) fn taken_back(&mut self, worker: WorkerId) -> Vec<Entry<C>> {
        let numbers = self.entries.iter().filter(|(_, entry)| entry.worker == worker);
        let numbers: Vec<u32> = numbers.map(|(number, _)| *number).collect();
        numbers
            .iter()
            .filter_map(|number| self.entries.remove(number))
            .collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}
