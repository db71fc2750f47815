//! A UDP socket that looks ordinary and is not: in a worker it is the primary's, and other workers' too.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use ferronode_ipc::Handle;

use crate::listen_address::first;
use crate::open;
use crate::place::{Answer, Place};
use crate::proto::Query;
use crate::role;

/// Binds a UDP socket: in a worker through its primary, one that all workers share; elsewhere by itself.
///
/// A datagram goes to the worker that the kernel happens to wake: there is no turn, whatever the policy, as in Node.
///
/// Port 0 is the same free port for all workers. A name is resolved on this thread, and its first address taken.
///
/// # Errors
///
/// `AddrInUse` and the like, naming the address.
///
/// # Cancel safety
///
/// When cancelled nothing is bound.
///
/// # Panics
///
/// Outside of a tokio runtime with I/O enabled.
#[doc(alias = "dgram.createSocket")]
pub async fn bind_udp(address: impl ToSocketAddrs) -> io::Result<UdpSocket> {
    let query = Query::udp(first(address)?);
    let named = |error: io::Error| io::Error::new(error.kind(), format!("cannot bind UDP {query}: {error}"));
    let (place, socket) = match role::worker() {
        None => (None, open::bind(&query).map_err(named)?.1.into()),
        Some(worker) => match Place::ask(worker, query.clone()).await.map_err(named)? {
            (place, Answer::Shares(Handle::UdpSocket(socket))) => (Some(place), socket),
            _ => {
                let what = "expected a UDP socket from the primary, found something else";
                return Err(named(io::Error::new(io::ErrorKind::InvalidData, what)));
            }
        },
    };
    let socket = UdpSocket {
        socket: tokio::net::UdpSocket::from_std(socket)?,
        place,
    };
    if let Some(place) = &socket.place {
        place.listens(Some(socket.local_addr()?.port()));
    }
    Ok(socket)
}

/// A UDP socket, which in a worker is shared with the others.
///
/// In Node: [`dgram.Socket`](https://nodejs.org/docs/latest-v20.x/api/dgram.html#class-dgramsocket).
pub struct UdpSocket {
    socket: tokio::net::UdpSocket,
    place: Option<Place>,
}

impl UdpSocket {
    /// The next datagram: its length and who sent it. What is longer than the buffer is cut off. `None` when this worker
    /// is to leave; outside a cluster never.
    ///
    /// # Errors
    ///
    /// As `recvfrom(2)`.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<Option<(usize, SocketAddr)>> {
        match &self.place {
            None => self.socket.recv_from(buffer).await.map(Some),
            Some(place) => tokio::select! {
                received = self.socket.recv_from(buffer) => received.map(Some),
                () = place.closed() => Ok(None),
            },
        }
    }

    /// Sends a datagram; returns its length.
    ///
    /// # Errors
    ///
    /// As `sendto(2)`.
    ///
    /// # Cancel safety
    ///
    /// When cancelled nothing was sent.
    #[doc(alias = "send")]
    pub async fn send_to(&self, bytes: &[u8], receiver: SocketAddr) -> io::Result<usize> {
        self.socket.send_to(bytes, receiver).await
    }

    /// The address, with the real port.
    ///
    /// # Errors
    ///
    /// As `getsockname(2)`.
    #[doc(alias = "address")]
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UdpSocket").field(&self.socket).finish()
    }
}
