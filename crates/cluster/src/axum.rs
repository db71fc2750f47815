//! The listener of an axum server.

use std::future::pending;
use std::io;
use std::time::Duration;

use crate::address::Address;
use crate::connection::Connection;
use crate::listen::Listener;

/// How long to wait when descriptors have run out: connections that end give some back. It is axum's own time.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_secs(1);

/// A server that finishes what it has when its worker is to leave, and ends connections that are idle:
///
/// ```no_run
/// # async fn example(app: axum::Router) -> std::io::Result<()> {
/// let listener = ferronode_cluster::listen("127.0.0.1:8000").await?;
/// let closed = listener.closed();
/// axum::serve(listener, app).with_graceful_shutdown(closed).await
/// # }
/// ```
///
/// axum has no word for a listener that has ended. Without `with_graceful_shutdown` a worker that was to leave stays as a
/// process that does nothing, and must be killed.
impl axum::serve::Listener for Listener {
    type Io = Connection;
    type Addr = Address;

    async fn accept(&mut self) -> (Connection, Address) {
        loop {
            match Self::accept(self).await {
                Ok(Some(connection)) => {
                    let peer = connection
                        .peer_addr()
                        .map_or_else(|_| self.address().clone(), Address::Tcp);
                    return (connection, peer);
                }
                Ok(None) => pending().await,
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Address> {
        Ok(self.address().clone())
    }
}
