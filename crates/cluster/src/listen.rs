//! A listener that looks ordinary and is not: in a worker its connections come from the primary.
//!
//! Rule: a connection is the program's once the primary has heard so, or at least will: the word is in the kernel's hands
//! before [`accept`](Listener::accept) returns. A worker that dies later dies with it; one that died before has not had it.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream as StdTcpStream, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use ferronode_sys::{DEFAULT_BACKLOG, listen_on, listen_tcp};
use tokio::net::{TcpListener, TcpStream};

use crate::connection::{Connection, LetGo};
use crate::current_worker::Inner;
use crate::lane::Lane;
use crate::primary::first;
use crate::proto::{self, ListenerId, Opened, Query};
use crate::role;

/// Listens on a TCP address: in a worker through its primary, on the port that all workers share; elsewhere by itself.
///
/// A worker whose primary dies ends at once, with code 0, as Node's do: there is nobody left who could give it work.
///
/// Port 0 is the same free port for all workers. A name is resolved on this thread, and its first address taken.
///
/// # Errors
///
/// `AddrInUse` and the like, naming the address.
///
/// # Cancel safety
///
/// When cancelled nothing listens.
///
/// # Panics
///
/// Outside of a tokio runtime with I/O enabled.
#[doc(alias = "server.listen")]
pub async fn listen(address: impl ToSocketAddrs) -> io::Result<Listener> {
    let address = first(address)?;
    let named = |error: io::Error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"));
    let Some(worker) = role::worker() else {
        let listener = listen_tcp(address, DEFAULT_BACKLOG, false).map_err(named)?;
        return Ok(Listener {
            local: listener.local_addr()?,
            source: Source::Own(TcpListener::from_std(listener)?),
        });
    };
    let place = Place {
        id: worker.inner.step(|machine| machine.listen(Query::tcp(address))),
        worker: worker.inner,
    };
    let opened = place
        .worker
        .until(|machine| Some(machine.opened(place.id)).filter(|it| *it != Opened::Waiting));
    match opened.await {
        Opened::Open(name) => {
            let local = name.and_then(|name| name.to_address()).unwrap_or(address);
            let source = match place.worker.step(|machine| machine.lane(place.id)) {
                Some(end) => {
                    let lane = Lane::begin(&place.worker, place.id, end)?;
                    Source::Lane { lane, place }
                }
                None => Source::Primary { place, taken: None },
            };
            Ok(Listener { local, source })
        }
        Opened::Shared => Listener::shared(place, address).map_err(named),
        Opened::Failed(errno) => Err(named(io::Error::from_raw_os_error(errno))),
        Opened::Closed | Opened::Waiting => {
            let leaving = || {
                named(io::Error::new(
                    io::ErrorKind::NotConnected,
                    "this worker is leaving the cluster",
                ))
            };
            // The primary has heard that it listens, and has said before we looked that it is to go.
            let name = place.worker.step(|machine| machine.was_opened_at(place.id));
            Ok(Listener {
                local: name.and_then(|name| name.to_address()).ok_or_else(leaving)?,
                source: Source::Primary { place, taken: None },
            })
        }
    }
}

/// Where connections come from.
pub struct Listener {
    local: SocketAddr,
    source: Source,
}

enum Source {
    Own(TcpListener),
    /// Both ends are ours.
    Lane {
        lane: Lane,
        place: Place,
    },
    /// Over the channel.
    Primary {
        place: Place,
        /// Taken, but not returned: the call that took it was cancelled while the primary was being told.
        taken: Option<Connection>,
    },
    /// The listener is other workers' too.
    Shared {
        place: Place,
        listener: TcpListener,
    },
}

/// A listener of the worker's machine. Dropping it closes it.
struct Place {
    worker: Arc<Inner>,
    id: ListenerId,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.worker.step(|machine| machine.close(self.id));
    }
}

impl Listener {
    /// Listens with a socket that the primary has bound, and that others may listen with already.
    fn shared(place: Place, wanted: SocketAddr) -> io::Result<Self> {
        let gone = || io::Error::new(io::ErrorKind::NotConnected, "this worker is leaving the cluster");
        let socket = place.worker.step(|machine| machine.shared(place.id)).ok_or_else(gone)?;
        let listener = listen_on(socket, DEFAULT_BACKLOG)?;
        let local = listener.local_addr()?;
        if wanted.port() != 0 && local.port() != wanted.port() {
            // A Node primary that could not bind sends a socket that is not bound.
            return Err(io::ErrorKind::AddrInUse.into());
        }
        let listener = TcpListener::from_std(listener)?;
        place.worker.step(|machine| machine.listening(place.id, &local.into()));
        Ok(Self {
            local,
            source: Source::Shared { place, listener },
        })
    }

    /// The next connection, or `None` when the listener is closed: this worker is to leave, and has taken all that came.
    ///
    /// # Errors
    ///
    /// Outside a cluster as `accept(2)`: those that concern one connection alone are worth another try.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: a connection is either returned or stays for the next call.
    pub async fn accept(&mut self) -> io::Result<Option<Connection>> {
        match &mut self.source {
            Source::Own(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok(Some(Connection::new(stream, LetGo(None))))
            }
            Source::Shared { place, listener } => {
                let closed = place
                    .worker
                    .until(|machine| (machine.opened(place.id) == Opened::Closed).then_some(()));
                let stream = tokio::select! {
                    accepted = listener.accept() => accepted?.0,
                    () = closed => return Ok(None),
                };
                place.worker.step(proto::Worker::took);
                Ok(Some(Connection::new(stream, place.let_go())))
            }
            Source::Lane { lane, place } => match lane.take(&place.worker, place.id).await {
                Some(connection) => place.counted(connection).map(Some),
                None => Ok(None),
            },
            Source::Primary { place, taken } => {
                if taken.is_none() {
                    *taken = place.take().await?;
                }
                place.worker.flush().await;
                Ok(taken.take())
            }
        }
    }

    /// The address, with the real port.
    ///
    /// # Errors
    ///
    /// None at present: it is a `Result` as everybody's is.
    #[doc(alias = "server.address")]
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }
}

impl Place {
    /// Takes the next connection: from now on it is this program's.
    async fn take(&self) -> io::Result<Option<Connection>> {
        loop {
            let changed = self.worker.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(connection) = self.worker.step(|machine| machine.take(self.id)) {
                return self.counted(connection).map(Some);
            }
            if self.worker.step(|machine| machine.opened(self.id)) == Opened::Closed {
                return Ok(None);
            }
            changed.await;
        }
    }

    fn counted(&self, connection: OwnedFd) -> io::Result<Connection> {
        // First of all: it counts as taken, whatever becomes of it.
        let let_go = self.let_go();
        let stream = TcpStream::from_std(StdTcpStream::from(connection))?;
        Ok(Connection::new(stream, let_go))
    }

    fn let_go(&self) -> LetGo {
        let worker = Arc::clone(&self.worker);
        let id = self.id;
        LetGo(Some(Box::new(move || worker.step(|machine| machine.let_go(id)))))
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}
