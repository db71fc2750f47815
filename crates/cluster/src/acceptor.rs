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
use crate::primary::{Connection, Inner};
use crate::proto::{Key, Policy};

/// Connections, the oldest first: each with where it comes from, if the policy wants to know it.
pub(crate) type Connections = Vec<(Connection, Option<IpAddr>)>;

/// How long to wait when descriptors have run out: connections that end give some back.
pub(crate) const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(50);

/// Accepts connections, for each time that some are granted as many as are wanted when they come, until it is aborted.
async fn run(primary: Weak<Inner>, key: Key, listener: Arc<Readiness>, granted: Arc<Notify>) {
    loop {
        granted.notified().await;
        let Some(connections) = accept_some(&primary, &key, &listener).await else {
            return;
        };
        let Some(primary) = primary.upgrade() else { return };
        primary.step(|core| core.accepted(&key, connections));
    }
}

/// Waits until there are connections, and accepts those that are wanted then; `None` when the runtime or the primary is ending.
async fn accept_some(primary: &Weak<Inner>, key: &Key, listener: &Readiness) -> Option<Connections> {
    loop {
        let ready = listener.ready().await.ok()?;
        let primary = primary.upgrade()?;
        let up_to = primary.wants(key);
        if up_to == 0 {
            return Some(Vec::new());
        }
        let mut connections = Vec::with_capacity(up_to);
        while connections.len() < up_to {
            match accept(listener.as_fd()) {
                Ok(connection) => connections.push(with_client(Arc::new(connection), primary.policy)),
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready.clear();
                    break;
                }
                // What there is, is to be given away first: that makes room.
                Err(_) if !connections.is_empty() => break,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection: it waits in the kernel");
                    drop(primary);
                    tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
                    break;
                }
            }
        }
        if !connections.is_empty() {
            return Some(connections);
        }
    }
}

/// Finds out where a connection comes from, if the policy wants to know it; none when its client has gone already.
pub(crate) fn with_client(connection: Connection, policy: Policy) -> (Connection, Option<IpAddr>) {
    let address = policy.chooses().then(|| peer_address(connection.as_fd()));
    let client = address.and_then(Result::ok).map(|address| address.ip());
    (connection, client)
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
    /// A task of the primary's, some connections for each time that some are granted.
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

    /// Accept some more. None are granted before the last have come: so one grant is kept for a task that is not waiting yet.
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
