//! A listener that looks ordinary and is not: in a worker its connections come from the primary.
//!
//! Rule: a connection is the program's once it has been received from its lane, where the primary could take it back until
//! then; or, by the channel, once the word for it is in the kernel's hands, which is before [`accept`](Listener::accept) returns.
//! A worker that dies later dies with it; one that died before has not had it.

use std::fmt;
use std::future::pending;
use std::io;
use std::net::{SocketAddr, TcpListener as StdTcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener as StdUnixListener;
use std::sync::Arc;

use ferronode_ipc::Handle;
use ferronode_sys::{DEFAULT_BACKLOG, listen_on};
use tokio::net::{TcpListener, UnixListener};

use crate::address::{Address, SocketPath};
use crate::connection::{Connection, Stream};
use crate::fresh::Fresh;
use crate::gate::Gate;
use crate::incoming::Incoming;
use crate::lane::Lane;
use crate::listen_address::ListenAddress;
use crate::open;
use crate::place::{Answer, Place};
use crate::proto::Query;
use crate::role;

/// Listens: in a worker through its primary, at a place that all workers share; elsewhere by itself.
///
/// ```no_run
/// # async fn example() -> std::io::Result<()> {
/// use std::path::Path;
/// let mut here = ferronode_cluster::listen("127.0.0.1:8000").await?;
/// let mut everywhere = ferronode_cluster::listen(8001).await?;
/// let mut on_this_machine = ferronode_cluster::listen(Path::new("/run/app.sock")).await?;
/// # Ok(()) }
/// ```
///
/// Port 0 is the same free port for all workers. A name is resolved on this thread, and its first address taken.
///
/// A worker whose primary dies ends at once, with code 0, as Node's do: there is nobody left who could give it work.
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
pub async fn listen(address: impl ListenAddress) -> io::Result<Listener> {
    let query = address.query()?;
    let wanted = Address::of(&query).ok_or(io::ErrorKind::InvalidInput)?;
    let named = |error: io::Error| io::Error::new(error.kind(), format!("cannot listen on {query}: {error}"));
    let Some(worker) = role::worker() else {
        return Listener::own(&query).map_err(named);
    };
    let (place, answer) = Place::ask(worker, query.clone()).await.map_err(named)?;
    match answer {
        Answer::HandsOver(name, lane) => {
            let address = name.and_then(|name| name.to_address()).map_or(wanted, Address::Tcp);
            let way = match lane {
                Some(end) => Way::Lane(Lane::begin(&place, end, &address).map_err(named)?),
                None => Way::CHANNEL,
            };
            let source = Source::Primary { place, way };
            Ok(Listener { address, source })
        }
        Answer::Shares(socket) => Listener::shared(place, socket, wanted, query.backlog).map_err(named),
    }
}

/// Where connections come from.
pub struct Listener {
    address: Address,
    source: Source,
}

enum Source {
    Own {
        socket: Socket,
        gate: Arc<Gate>,
        /// The path of a Unix socket, removed with it.
        _path: Option<SocketPath>,
    },
    /// The primary hands them over.
    Primary { place: Place, way: Way },
    /// The listener is other workers' too.
    Shared { place: Place, socket: Socket },
}

/// How the primary hands connections over.
enum Way {
    /// Both ends are ours.
    Lane(Lane),
    /// By the channel.
    Channel {
        /// Taken, but not returned: the call that took it was cancelled while the primary was being told.
        taken: Option<Connection>,
    },
}

enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// Listens by itself.
    fn own(query: &Query) -> io::Result<Self> {
        let (address, socket, path) = open::bind(query)?;
        Ok(Self {
            source: Source::Own {
                socket: Socket::new(socket, &address)?,
                gate: Arc::default(),
                _path: path,
            },
            address,
        })
    }

    /// Listens with a socket that the primary has bound, and that others may listen with already.
    fn shared(place: Place, socket: Handle, wanted: Address, backlog: Option<u32>) -> io::Result<Self> {
        let unexpected = |other: &Handle| {
            let what = format!("expected a listener from the primary, found {other:?}");
            Err(io::Error::new(io::ErrorKind::InvalidData, what))
        };
        let socket: OwnedFd = match (socket, &wanted) {
            (Handle::TcpListener(socket), Address::Tcp(_)) => socket.into(),
            (Handle::TcpStream(socket), Address::Tcp(_)) => socket.into(),
            (Handle::UnixListener(socket), Address::Unix(_)) => socket.into(),
            (Handle::UnixStream(socket), Address::Unix(_)) => socket.into(),
            (other, _) => return unexpected(&other),
        };
        // A Node primary has bound it and no more.
        let socket = Socket::new(listen_on(socket, backlog.unwrap_or(DEFAULT_BACKLOG))?.into(), &wanted)?;
        let bound = socket.tcp_address()?;
        let wanted_port = wanted.socket().map_or(0, |address| address.port());
        if bound.is_some_and(|bound| wanted_port != 0 && bound.port() != wanted_port) {
            // A Node primary that could not bind sends a socket that is not bound.
            return Err(io::ErrorKind::AddrInUse.into());
        }
        place.listens(bound.map(|address| address.port()));
        Ok(Self {
            address: bound.map_or(wanted, Address::Tcp),
            source: Source::Shared { place, socket },
        })
    }

    /// The next connection, or `None` at the end: this worker was to leave, and all its connections have ended.
    ///
    /// So a program that returns when its listener has ended cuts nobody off. From the moment on when the worker is to
    /// leave nothing new comes; whoever wants to know that moment, to end connections that are idle, has
    /// [`closed`](Self::closed). Outside a cluster a listener never ends.
    ///
    /// # Errors
    ///
    /// As `accept(2)`: those that concern one connection alone, or say that descriptors have run out, are worth another try.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: a connection is either returned or stays for the next call.
    pub async fn accept(&mut self) -> io::Result<Option<Connection>> {
        match &mut self.source {
            Source::Own { socket, gate, .. } => {
                gate.room().await;
                let stream = socket.accept().await?;
                Ok(Some(Connection::new(stream, gate.enter())))
            }
            Source::Shared { place, socket } => {
                let accepted = async {
                    place.room().await;
                    socket.accept().await
                };
                let stream = tokio::select! {
                    accepted = accepted => accepted?,
                    () = place.closed() => {
                        place.left().await;
                        return Ok(None);
                    }
                };
                Ok(Some(Connection::new(stream, place.took())))
            }
            Source::Primary { place, way } => {
                let taken = way.take(place).await?;
                if taken.is_none() {
                    place.left().await;
                }
                Ok(taken)
            }
        }
    }

    /// The connections as a stream.
    pub fn into_incoming(self) -> Incoming {
        Incoming::new(self)
    }

    /// Waits until this worker is to leave, and nothing new comes: the moment for ending what is idle, for
    /// `graceful_shutdown` of hyper's connections and `with_graceful_shutdown` of axum's server. Outside a cluster never.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    #[doc(alias = "close")]
    pub fn closed(&self) -> impl Future<Output = ()> + Send + use<> {
        let worker = match &self.source {
            Source::Own { .. } => None,
            Source::Primary { place, .. } | Source::Shared { place, .. } => Some(Arc::clone(&place.worker)),
        };
        async move {
            match worker {
                Some(worker) => worker.until(|machine| machine.is_leaving().then_some(())).await,
                None => pending().await,
            }
        }
    }

    /// Takes no more connections than so many at once; `None` as many as come, which is how it begins.
    ///
    /// Those beyond wait in the kernel, or are served by other workers. A primary of ours hands over exactly so many. A
    /// Node primary offers, and is refused, again and again: it does so without a pause.
    #[doc(alias = "server.maxConnections")]
    pub fn set_max_connections(&self, most: Option<u32>) {
        match &self.source {
            Source::Own { gate, .. } => gate.limit(most),
            Source::Primary { place, .. } | Source::Shared { place, .. } => place.limit(most),
        }
    }

    /// Where it listens, with the real port.
    #[must_use]
    #[doc(alias = "server.address")]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The address with the real port, as std's listeners have it.
    ///
    /// # Errors
    ///
    /// `Unsupported` for a Unix socket: see [`address`](Self::address).
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.address.socket().ok_or_else(|| io::ErrorKind::Unsupported.into())
    }
}

impl Way {
    const CHANNEL: Self = Self::Channel { taken: None };

    /// Takes the next connection, or `None` when the listener is closed and everything that came has been taken.
    ///
    /// Cancel safe: what was begun goes on with the next call.
    async fn take(&mut self, place: &Place) -> io::Result<Option<Connection>> {
        match self {
            Self::Lane(lane) => match lane.take(place).await? {
                Some(connection) => place.connection(connection).map(Some),
                None => Ok(None),
            },
            Self::Channel { taken } => {
                if taken.is_none() {
                    *taken = place.take().await?;
                }
                place.worker.flush().await;
                Ok(taken.take())
            }
        }
    }
}

impl Socket {
    fn new(socket: OwnedFd, address: &Address) -> io::Result<Self> {
        match address {
            Address::Unix(_) => UnixListener::from_std(StdUnixListener::from(socket)).map(Self::Unix),
            Address::Tcp(_) | Address::Udp(_) => TcpListener::from_std(StdTcpListener::from(socket)).map(Self::Tcp),
        }
    }

    async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => Ok(Stream::Tcp(Fresh::Watched(listener.accept().await?.0))),
            Self::Unix(listener) => Ok(Stream::Unix(Fresh::Watched(listener.accept().await?.0))),
        }
    }

    fn tcp_address(&self) -> io::Result<Option<SocketAddr>> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Some),
            Self::Unix(_) => Ok(None),
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
