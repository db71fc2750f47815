//! The task that accepts connections for one listener, as many as it is told to.

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Weak};
use std::time::Duration;

use ferronode_sys::{Readiness, accept, peer_address, shut_down};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::address::{Address, SocketPath};
use crate::primary::Inner;
use crate::proto::{Key, Policy};

/// How long to wait when descriptors have run out: connections that end give some back.
pub(crate) const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(50);

/// Accepts a connection for each time that one is granted, until it is aborted.
async fn run(primary: Weak<Inner>, key: Key, listener: Arc<Readiness>, granted: Arc<Notify>) {
    loop {
        granted.notified().await;
        let Some(connection) = accept_one(&listener).await else {
            return;
        };
        let Some(primary) = primary.upgrade() else { return };
        let client = client_of(&connection, primary.policy);
        let connection = Arc::new(connection);
        primary.step(|core| core.accepted(&key, connection, client));
    }
}

/// The next connection; `None` when the runtime is ending.
async fn accept_one(listener: &Readiness) -> Option<OwnedFd> {
    loop {
        let ready = listener.ready().await.ok()?;
        match accept(listener.as_fd()) {
            Ok(connection) => return Some(connection),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear(),
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection: it waits in the kernel");
                tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
            }
        }
    }
}

/// Where a connection comes from, if the policy wants to know it; none when its client has gone already.
pub(crate) fn client_of(connection: &OwnedFd, policy: Policy) -> Option<IpAddr> {
    if !policy.chooses() {
        return None;
    }
    Some(peer_address(connection.as_fd()).ok()?.ip())
}

/// A listener of the primary's. Dropping it closes it.
pub(crate) struct Listening {
    pub(crate) address: Address,
    /// The path of a Unix socket, to be removed with it.
    pub(crate) path: Option<SocketPath>,
    accepting: Accepting,
}

/// Who accepts.
enum Accepting {
    /// A task of the primary's, one connection for each time that one is granted.
    Task {
        listener: Arc<Readiness>,
        granted: Arc<Notify>,
        task: AbortHandle,
    },
    /// The workers: they have the listener too.
    Workers { listener: Arc<OwnedFd> },
}

impl Listening {
    /// Opens the task that accepts.
    pub(crate) fn open(primary: Weak<Inner>, key: Key, address: Address, listener: OwnedFd) -> io::Result<Self> {
        let listener = Arc::new(Readiness::reading(listener)?);
        let granted = Arc::new(Notify::new());
        let task = tokio::spawn(run(primary, key, Arc::clone(&listener), Arc::clone(&granted)));
        Ok(Self {
            address,
            path: None,
            accepting: Accepting::Task {
                listener,
                granted,
                task: task.abort_handle(),
            },
        })
    }

    /// Keeps a listener open for workers that accept by themselves.
    pub(crate) fn shared(address: Address, listener: OwnedFd) -> Self {
        Self {
            address,
            path: None,
            accepting: Accepting::Workers {
                listener: Arc::new(listener),
            },
        }
    }

    /// The listener itself, where workers accept.
    pub(crate) fn lent(&self) -> Option<Arc<OwnedFd>> {
        match &self.accepting {
            Accepting::Task { .. } => None,
            Accepting::Workers { listener } => Some(Arc::clone(listener)),
        }
    }

    /// Accept one more. None is granted before the last has come: so one is kept for a task that is not waiting yet.
    pub(crate) fn grant(&self) {
        if let Accepting::Task { granted, .. } = &self.accepting {
            granted.notify_one();
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Accepting::Task { listener, task, .. } = &self.accepting {
            // The task has it a moment longer; nobody can connect any more, and the address is free.
            shut_down(listener.as_fd());
            task.abort();
        }
    }
}
