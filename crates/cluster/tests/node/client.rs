//! A client of either kind of worker, over TCP, a Unix socket or UDP.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use libtest_mimic::Failed;

/// A connection that hangs has failed.
const LIMIT: Duration = Duration::from_secs(10);

trait Stream: Read + Write {}

impl Stream for TcpStream {}
impl Stream for UnixStream {}

/// Sends a datagram to `udp ADDRESS`, and reads who answers.
fn ask_by_datagram(address: &str) -> io::Result<String> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(LIMIT))?;
    socket.send_to(b"who?", address.trim_start_matches("udp "))?;
    let mut buffer = [0; 64];
    let length = socket.recv(&mut buffer)?;
    Ok(String::from_utf8_lossy(&buffer[..length]).trim().to_owned())
}

/// Asks so many times, one after the other, and counts who answers.
pub(crate) fn who_answers(address: &str, times: usize) -> Result<BTreeMap<String, usize>, Failed> {
    let mut counts = BTreeMap::new();
    for _ in 0..times {
        let who = if address.starts_with("udp ") {
            ask_by_datagram(address)?
        } else {
            let mut client = Client::connect(address)?;
            client.echo()?;
            format!("{} {}", client.kind, client.pid)
        };
        *counts.entry(who).or_insert(0) += 1;
    }
    Ok(counts)
}

/// A connection, and who serves it.
pub(crate) struct Client {
    pub(crate) kind: String,
    pub(crate) pid: u32,
    stream: Box<dyn Stream>,
}

impl Client {
    /// Connects to a path or a TCP address, and reads who answers.
    pub(crate) fn connect(address: &str) -> io::Result<Self> {
        let mut stream: Box<dyn Stream> = if address.starts_with('/') {
            let stream = UnixStream::connect(address)?;
            stream.set_read_timeout(Some(LIMIT))?;
            Box::new(stream)
        } else {
            let stream = TcpStream::connect(address)?;
            stream.set_read_timeout(Some(LIMIT))?;
            Box::new(stream)
        };
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            line.extend(byte);
        }
        let line = String::from_utf8_lossy(&line);
        let (kind, pid) = line.trim().split_once(' ').ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self {
            kind: kind.to_owned(),
            pid: pid.parse().map_err(|_| io::ErrorKind::InvalidData)?,
            stream,
        })
    }

    /// Says something, and hears it back.
    pub(crate) fn echo(&mut self) -> io::Result<()> {
        self.stream.write_all(b"there?")?;
        let mut answer = [0; 6];
        self.stream.read_exact(&mut answer)?;
        assert_eq!(&answer, b"there?");
        Ok(())
    }
}
