//! The task that accepts connections for one listener, as many as it is told to.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Weak};
use std::time::Duration;

use ferronode_sys::{Readiness, accept};
use tokio::sync::watch;

use crate::primary::Inner;
use crate::proto::Key;

/// How long to wait when descriptors have run out: connections that end give some back.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(50);

/// Accepts as many connections as have been granted, one by one, and ends when the listener is closed.
async fn run(primary: Weak<Inner>, key: Key, listener: Readiness, mut granted: watch::Receiver<u64>) {
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
                let connection = Arc::new(connection);
                primary.step(|core| core.accepted(&key, connection));
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

/// A listener of the primary's. Dropping it closes it.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    granted: watch::Sender<u64>,
}

impl Listening {
    /// Opens the task that accepts.
    pub(crate) fn open(primary: Weak<Inner>, key: Key, address: SocketAddr, listener: OwnedFd) -> io::Result<Self> {
        let listener = Readiness::reading(listener)?;
        let (granted, told) = watch::channel(0);
        tokio::spawn(run(primary, key, listener, told));
        Ok(Self { address, granted })
    }

    /// Accept one more.
    pub(crate) fn grant(&self) {
        self.granted.send_modify(|granted| *granted += 1);
    }
}
