//! One listener of the primary's, as its machine knows it: who has asked for it, and who listens.
//!
//! ```text
//!   asked for ──> waiting ── bound ──> open ── a worker of ours asks: laying ── laid ──> given connections by its lane
//!                    └── failed ──> told, and forgotten
//! ```

use std::collections::BTreeSet;

use super::message::{SocketName, WorkerId};
use super::policy::Policy;
use super::round_robin_handle::RoundRobinHandle;

#[derive(Debug)]
pub(super) struct Handle<C> {
    pub(super) state: Bound,
    pub(super) data: Option<String>,
    pub(super) round_robin: RoundRobinHandle<C>,
    /// The listener itself, and who has it, by [`Policy::Shared`].
    pub(super) listener: Option<C>,
    pub(super) sharers: BTreeSet<WorkerId>,
    /// Who waits for a lane.
    pub(super) laying: Vec<Asker>,
    /// Whose lane stands still.
    pub(super) stuck: BTreeSet<WorkerId>,
    /// Whether connections have been asked for and have not come: they are not asked for twice.
    pub(super) accepting: bool,
    /// Whether the program has asked for it: then it stays open without workers.
    pub(super) reserved: bool,
}

impl<C> Handle<C> {
    pub(super) fn new(data: Option<String>, policy: Policy) -> Self {
        let state = Bound::Waiting(Vec::new());
        Self {
            state,
            data,
            round_robin: RoundRobinHandle::new(policy.balance()),
            listener: None,
            sharers: BTreeSet::new(),
            laying: Vec::new(),
            stuck: BTreeSet::new(),
            accepting: false,
            reserved: false,
        }
    }

    pub(super) fn has_workers(&self) -> bool {
        self.round_robin.has_workers() || !self.sharers.is_empty() || !self.laying.is_empty()
    }

    pub(super) fn remove(&mut self, worker: WorkerId) {
        self.round_robin.remove(worker);
        self.sharers.remove(&worker);
        self.laying.retain(|asker| asker.0 != worker);
    }
}

/// A worker that wants to listen, the number of its query, and whether it is one of ours.
pub(super) type Asker = (WorkerId, u32, bool);

#[derive(Debug)]
pub(super) enum Bound {
    /// Not yet: these wait for the answer.
    Waiting(Vec<Asker>),
    Open(Option<SocketName>),
}
