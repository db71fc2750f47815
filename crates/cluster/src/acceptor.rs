//! The task that accepts connections for one listener, as many as it is told to.

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Weak};
use std::time::Duration;

use ferronode_sys::{Readiness, accept, peer_address, shut_down};
use tokio::sync::watch;

use crate::address::{Address, SocketPath};
use crate::primary::Inner;
use crate::proto::Key;

/// How long to wait when descriptors have run out: connections that end give some back.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(50);

/// Accepts as many connections as have been granted, one by one, and ends when the listener is closed.
async fn run(primary: Weak<Inner>, key: Key, listener: Arc<Readiness>, mut granted: watch::Receiver<u64>) {
    let mut accepted = 0;
    while granted.wait_for(|granted| *granted > accepted).await.is_ok() {
        let ready = tokio::select! {
            ready = listener.ready() => ready,
            // Closed: nothing less ends this wait.
            _ = granted.wait_for(|_| false) => return,
        };
        let Ok(ready) = ready else { return };
        match accept(listener.as_fd()) {
            Ok(connection) => {
                let Some(primary) = primary.upgrade() else { return };
                accepted += 1;
                let client = if primary.policy.chooses() {
                    address_of(&connection)
                } else {
                    None
                };
                let connection = Arc::new(connection);
                primary.step(|core| core.accepted(&key, connection, client));
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear(),
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection: it waits in the kernel");
                tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
            }
        }
    }
}

/// Where a connection comes from; none when its client has gone already.
fn address_of(connection: &OwnedFd) -> Option<IpAddr> {
    Some(peer_address(connection.as_fd()).ok()?.ip())
}

/// A listener of the primary's. Dropping it closes it.
pub(crate) struct Listening {
    pub(crate) address: Address,
    /// Where connections are accepted, as many as this says; not where workers share the listener.
    granted: Option<watch::Sender<u64>>,
    accepting: Option<Arc<Readiness>>,
    /// The path of a Unix socket, to be removed with it.
    pub(crate) path: Option<SocketPath>,
    /// The listener itself, where they do.
    pub(crate) listener: Option<Arc<OwnedFd>>,
}

impl Listening {
    /// Opens the task that accepts.
    pub(crate) fn open(primary: Weak<Inner>, key: Key, address: Address, listener: OwnedFd) -> io::Result<Self> {
        let listener = Arc::new(Readiness::reading(listener)?);
        let (granted, told) = watch::channel(0);
        tokio::spawn(run(primary, key, Arc::clone(&listener), told));
        Ok(Self {
            address,
            granted: Some(granted),
            accepting: Some(listener),
            path: None,
            listener: None,
        })
    }

    /// Keeps a listener open for workers that accept by themselves.
    pub(crate) fn shared(address: Address, listener: OwnedFd) -> Self {
        Self {
            address,
            granted: None,
            accepting: None,
            path: None,
            listener: Some(Arc::new(listener)),
        }
    }

    /// Accept one more.
    pub(crate) fn grant(&self) {
        if let Some(granted) = &self.granted {
            granted.send_modify(|granted| *granted += 1);
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // The task that accepts has it a moment longer; nobody can connect any more, and the address is free.
        if let Some(listener) = &self.accepting {
            shut_down(listener.as_fd());
        }
    }
}
