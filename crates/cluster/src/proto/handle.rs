//! A listener of the primary's: who waits for it, who has it, and to whom its connections go.
//!
//! In Node: `lib/internal/cluster/round_robin_handle.js` and `shared_handle.js`.

use std::collections::BTreeSet;

use super::message::{SocketName, WorkerId};
use super::policy::Policy;
use super::round_robin_handle::RoundRobinHandle;

#[derive(Debug)]
pub(crate) struct Handle<C> {
    pub(crate) state: Bound,
    pub(crate) data: Option<String>,
    pub(crate) round_robin: RoundRobinHandle<C>,
    /// The listener itself, and who has it, by [`Policy::Shared`].
    pub(crate) listener: Option<C>,
    pub(crate) sharers: BTreeSet<WorkerId>,
    /// Whether a connection has been asked for and has not come: so never more than one is.
    pub(crate) accepting: bool,
    /// Whether the program has asked for it: then it stays open without workers.
    pub(crate) reserved: bool,
}

impl<C> Handle<C> {
    pub(crate) fn new(data: Option<String>, policy: Policy) -> Self {
        let state = Bound::Waiting(Vec::new());
        Self {
            state,
            data,
            round_robin: RoundRobinHandle::new(policy.balance()),
            listener: None,
            sharers: BTreeSet::new(),
            accepting: false,
            reserved: false,
        }
    }

    pub(crate) fn has_workers(&self) -> bool {
        self.round_robin.has_workers() || !self.sharers.is_empty()
    }

    pub(crate) fn remove(&mut self, worker: WorkerId) {
        self.round_robin.remove(worker);
        self.sharers.remove(&worker);
    }
}

/// A worker that wants to listen, the number of its query, and whether it can say when its connections end.
pub(crate) type Asker = (WorkerId, u32, bool);

#[derive(Debug)]
pub(crate) enum Bound {
    /// Not yet: these wait for the answer.
    Waiting(Vec<Asker>),
    Open(Option<SocketName>),
}
