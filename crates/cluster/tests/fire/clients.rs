//! Clients that open one connection after the other, and count what becomes of each.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::ops::AddAssign;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Longer than that nobody is kept waiting who is not forgotten.
const HANGS: Duration = Duration::from_secs(10);

/// What became of connections.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    /// A whole answer came.
    pub(crate) served: u64,
    /// It ended before that.
    pub(crate) reset: u64,
    /// Nobody listened.
    pub(crate) refused: u64,
    /// Nothing came in ten seconds.
    pub(crate) hung: u64,
    /// The longest wait for an answer.
    pub(crate) longest: Duration,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.served += other.served;
        self.reset += other.reset;
        self.refused += other.refused;
        self.hung += other.hung;
        self.longest = self.longest.max(other.longest);
    }
}

/// Opens so many connections in all, some at a time, each from one of several addresses of this machine: one address
/// alone would run out of ports.
pub(crate) async fn storm(address: SocketAddr, connections: usize, at_a_time: u8) -> Counts {
    let left = Arc::new(AtomicIsize::new(isize::try_from(connections).unwrap()));
    let clients: Vec<_> = (0..at_a_time)
        .map(|number| {
            tokio::spawn(client(
                address,
                IpAddr::from([127, 0, 0, 2 + number % 8]),
                Arc::clone(&left),
            ))
        })
        .collect();
    let mut counts = Counts::default();
    for client in clients {
        counts += client.await.unwrap();
    }
    counts
}

async fn client(address: SocketAddr, from: IpAddr, left: Arc<AtomicIsize>) -> Counts {
    let mut counts = Counts::default();
    while left.fetch_sub(1, Ordering::Relaxed) > 0 {
        let begin = Instant::now();
        match tokio::time::timeout(HANGS, ask(address, from)).await {
            Err(_) => counts.hung += 1,
            Ok(Ok(true)) => counts.served += 1,
            Ok(Ok(false)) => counts.reset += 1,
            Ok(Err(error)) => match error.kind() {
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => counts.reset += 1,
                ErrorKind::ConnectionRefused => counts.refused += 1,
                _ => panic!("a connection fails: {error}"),
            },
        }
        counts.longest = counts.longest.max(begin.elapsed());
    }
    counts
}

/// Asks as a browser would, and says whether a whole answer came.
async fn ask(address: SocketAddr, from: IpAddr) -> io::Result<bool> {
    let mut stream = connect(address, from).await?;
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: fire\r\nconnection: close\r\n\r\n")
        .await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let served = answer.windows(6).filter(|text| text == b"served").count();
    assert!(served <= 1, "served twice");
    Ok(served == 1)
}

pub(crate) async fn connect(address: SocketAddr, from: IpAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    socket.connect(address).await
}
