//! How connections come to workers.
//!
//! In Node: [`cluster.schedulingPolicy`](https://nodejs.org/docs/latest-v20.x/api/cluster.html#clusterschedulingpolicy).

use super::balance::{Balance, LeastConnections, Sticky};

/// How connections come to workers: Node's `cluster.schedulingPolicy`.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub enum Policy {
    /// The primary accepts them and hands them out in turn: `SCHED_RR`. None is lost when a worker dies.
    #[default]
    #[doc(alias = "SCHED_RR")]
    RoundRobin,
    /// All workers have the listener, and the kernel decides: `SCHED_NONE`. Cheaper, and as uneven as it happens to be;
    /// what the kernel has given to a worker that dies is lost with it.
    #[doc(alias = "SCHED_NONE")]
    Shared,
    /// As round robin, but to the free worker with the fewest connections. Node's workers do not report theirs: among them
    /// it is round robin.
    LeastConnections,
    /// As round robin, but a client's address has its worker: [`Sticky`].
    Sticky,
    /// As round robin, but as a type of your own says: this makes one for each listener.
    Own(fn() -> Box<dyn Balance>),
}

impl Policy {
    pub(crate) fn balance(self) -> Option<Box<dyn Balance>> {
        match self {
            Self::RoundRobin | Self::Shared => None,
            Self::LeastConnections => Some(Box::new(LeastConnections)),
            Self::Sticky => Some(Box::new(Sticky)),
            Self::Own(make) => Some(make()),
        }
    }

    /// Whether it chooses by something that the kernel or the workers must be asked for.
    pub(crate) fn chooses(self) -> bool {
        !matches!(self, Self::RoundRobin | Self::Shared)
    }
}
