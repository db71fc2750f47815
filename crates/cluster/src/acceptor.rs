//! The task that accepts connections for one listener, while it is told to.

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

/// Accepts while `wanted` says so, and ends with it.
pub(crate) async fn run(primary: Weak<Inner>, key: Key, listener: Readiness, mut wanted: watch::Receiver<bool>) {
    while wanted.wait_for(|wanted| *wanted).await.is_ok() {
        let ready = tokio::select! {
            ready = listener.ready() => ready,
            _ = wanted.wait_for(|wanted| !*wanted) => continue,
        };
        let Ok(ready) = ready else { return };
        match accept(listener.as_fd()) {
            Ok(connection) => {
                let Some(primary) = primary.upgrade() else { return };
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

/// Where a listener of the primary's is, while it is open.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    pub(crate) wanted: watch::Sender<bool>,
}

/// Opens a listener and the task that accepts from it.
pub(crate) fn open(primary: Weak<Inner>, key: Key, address: SocketAddr, listener: OwnedFd) -> io::Result<Listening> {
    let listener = Readiness::reading(listener)?;
    let (wanted, told) = watch::channel(false);
    tokio::spawn(run(primary, key, listener, told));
    Ok(Listening { address, wanted })
}
