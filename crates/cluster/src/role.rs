//! What this process is: a primary, or a worker. Found out once, from the environment.

use std::sync::{Mutex, OnceLock, PoisonError};

use ferronode_ipc::Inherited;

use crate::current_worker::CurrentWorker;
use crate::proto::WorkerId;

/// The channel of a worker until the first use of it, then what has become of it.
pub(crate) enum Role {
    Primary,
    Worker {
        id: WorkerId,
        inherited: Mutex<Option<Inherited>>,
        current: OnceLock<CurrentWorker>,
    },
}

/// Whether this process is no worker: it may start some.
///
/// Ask it first of all in `main`, before a runtime has started threads: it takes the channel that the process may have
/// been started with, and removes what the environment says of it.
///
/// # Panics
///
/// In a worker whose channel somebody else has taken: this is to be asked before `process::run`, which takes it too.
///
/// In Node: [`cluster.isPrimary`](https://nodejs.org/docs/latest-v20.x/api/cluster.html#clusterisprimary).
#[must_use]
pub fn is_primary() -> bool {
    matches!(role(), Role::Primary)
}

/// Whether this process is a worker: it was started with `NODE_UNIQUE_ID`, by a [`Primary`](crate::Primary) or by Node.
#[must_use]
pub fn is_worker() -> bool {
    !is_primary()
}

/// This process as a worker; `None` in a primary.
///
/// # Panics
///
/// Outside of a tokio runtime with I/O enabled, when it is the first use of the channel.
#[must_use]
pub fn worker() -> Option<CurrentWorker> {
    let Role::Worker { id, inherited, current } = role() else {
        return None;
    };
    let begin = || {
        let channel = inherited.lock().unwrap_or_else(PoisonError::into_inner).take();
        CurrentWorker::begin(*id, channel)
    };
    Some(current.get_or_init(begin).clone())
}

fn role() -> &'static Role {
    static ROLE: OnceLock<Role> = OnceLock::new();
    ROLE.get_or_init(|| {
        // A child that is no worker may have a channel of its own, which is not ours to take.
        let Some(id) = ferronode_ipc::worker_id() else {
            return Role::Primary;
        };
        let Ok(id) = id.parse() else {
            tracing::error!(id, "{} is no number: not a worker", ferronode_ipc::UNIQUE_ID);
            return Role::Primary;
        };
        let inherited = Inherited::take().unwrap_or_else(|error| {
            tracing::error!(%error, "the channel of a worker");
            None
        });
        // Whoever took it has removed the variables.
        let is_taken = inherited.is_none() && std::env::var_os(ferronode_ipc::UNIQUE_ID).is_none();
        assert!(
            !is_taken,
            "worker {id}: the channel to the primary was taken before the cluster was asked: call is_primary first of all in main"
        );
        Role::Worker {
            id: WorkerId(id),
            inherited: Mutex::new(inherited),
            current: OnceLock::new(),
        }
    })
}
