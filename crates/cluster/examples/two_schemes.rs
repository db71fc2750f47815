//! Several processes behind one address: a port for each and a proxy before them, or one port for all.
//!
//! The documents: a proxy needs two descriptors for a connection, one from the client and one to the worker, and a port for
//! every worker; but the workers have nothing to do with each other. Sharing the port wastes neither; but all hangs on the
//! primary. Node's cluster is the second scheme.
//!
//! `cargo run --release -p ferronode-cluster --example two_schemes [-- REQUESTS]`
//!
//! To be seen: 20 connections cost the proxy 40 descriptors and the workers 20, where the primary needs none and the workers
//! 20; and how many requests per second, a connection each, both answer.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream as StdTcpStream};
use std::time::{Duration, Instant};

use ferronode_child::{ChildProcess, Fork, MESSAGE};
use ferronode_cluster::{LISTENING, Primary, is_primary, listen};
use ferronode_ipc::Inherited;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

type Anyhow<T> = Result<T, Box<dyn Error + Send + Sync>>;

const WORKERS: usize = 2;
/// How many connections are open while descriptors are counted.
const OPEN: usize = 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Anyhow<()> {
    if !is_primary() {
        return Ok(shared_port().await?);
    }
    if let Some(inherited) = Inherited::take()? {
        return port_of_its_own(inherited).await;
    }
    let requests = std::env::args().nth(1).map_or(Ok(2000), |text| text.parse())?;
    ports_behind_a_proxy(requests).await?;
    one_port(requests).await
}

/// Scheme 1: each worker says on which port it listens, and the master passes bytes on, in turn.
async fn ports_behind_a_proxy(requests: usize) -> Anyhow<()> {
    let (sender, mut ports) = mpsc::unbounded_channel();
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        let worker = Fork::this_program()?.spawn()?;
        let sender = sender.clone();
        // Whoever says no port is not asked.
        worker.on(MESSAGE, move |message| {
            _ = message.to::<u16>().map(|port| sender.send(port));
        });
        workers.push(worker);
    }
    let mut known = Vec::new();
    while known.len() < WORKERS {
        known.push(ports.recv().await.ok_or("the workers are gone")?);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let proxy = tokio::spawn(proxy(listener, known));
    let pids = workers.iter().map(ChildProcess::pid).collect();
    measure("a port for each, and a proxy", address, pids, requests).await?;
    proxy.abort();
    for worker in workers {
        worker.disconnect();
        worker.closed().await;
    }
    Ok(())
}

async fn proxy(listener: TcpListener, ports: Vec<u16>) -> io::Result<()> {
    for port in ports.into_iter().cycle() {
        let (mut client, _) = listener.accept().await?;
        tokio::spawn(async move {
            let mut worker = TcpStream::connect(("127.0.0.1", port)).await?;
            copy_bidirectional(&mut client, &mut worker).await
        });
    }
    Ok(())
}

/// Scheme 2: the workers listen on the same port.
async fn one_port(requests: usize) -> Anyhow<()> {
    let primary = Primary::new();
    let (sender, mut addresses) = mpsc::unbounded_channel();
    // Whoever asks has gone with all addresses that it wanted.
    primary.on(LISTENING, move |told| _ = sender.send(told.address.socket()));
    let workers = (0..WORKERS).map(|_| primary.fork()).collect::<Result<Vec<_>, _>>()?;
    let mut address = None;
    for _ in 0..WORKERS {
        address = addresses.recv().await.flatten();
    }
    let address = address.ok_or("no worker listens")?;
    let pids = workers.iter().map(|worker| worker.pid()).collect();
    measure("one port for all", address, pids, requests).await?;
    primary.disconnect().await;
    Ok(())
}

/// Measures from another thread: this one is the proxy, or the primary.
async fn measure(scheme: &'static str, address: SocketAddr, workers: Vec<u32>, requests: usize) -> Anyhow<()> {
    let measured = tokio::task::spawn_blocking(move || -> Anyhow<()> {
        let ours = [std::process::id()];
        let warm = opened(address)?; // What is made once is made.
        let before = (descriptors(&ours)?, descriptors(&workers)?);
        let open = (0..OPEN).map(|_| opened(address)).collect::<io::Result<Vec<_>>>()?;
        // The clients' own ends are in this process too.
        let (master, below) = (descriptors(&ours)? - before.0 - OPEN, descriptors(&workers)? - before.1);
        drop((warm, open));
        println!("{scheme}: {OPEN} connections take {master} descriptors of the master, {below} of the workers");
        let start = Instant::now();
        for _ in 0..requests {
            ask(address)?;
        }
        let rate = requests as f64 / start.elapsed().as_secs_f64();
        println!("{scheme}: {rate:.0} requests per second");
        Ok(())
    });
    measured.await?
}

/// How many descriptors processes have, as soon as that changes no more: the last of those before are still being closed.
fn descriptors(pids: &[u32]) -> io::Result<usize> {
    let of = |pid: &u32| Ok(std::fs::read_dir(format!("/proc/{pid}/fd"))?.count());
    let mut counts = Vec::new();
    loop {
        counts.push(pids.iter().map(of).sum::<io::Result<usize>>()?);
        if let [.., a, b, c] = counts[..]
            && a == b
            && b == c
        {
            return Ok(c);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A connection on which a request has been answered, and which stays.
fn opened(address: SocketAddr) -> io::Result<StdTcpStream> {
    let mut stream = StdTcpStream::connect(address)?;
    stream.write_all(b"?")?;
    stream.read_exact(&mut [0; 1])?;
    Ok(stream)
}

fn ask(address: SocketAddr) -> io::Result<()> {
    opened(address).map(drop)
}

/// A worker of scheme 1.
async fn port_of_its_own(inherited: Inherited) -> Anyhow<()> {
    let mut channel = inherited.open()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    channel.send(listener.local_addr()?.port()).await?;
    loop {
        tokio::select! {
            accepted = listener.accept() => drop(tokio::spawn(answer(accepted?.0))),
            received = channel.recv() => if received?.is_none() { return Ok(()) },
        }
    }
}

/// A worker of scheme 2.
async fn shared_port() -> io::Result<()> {
    let mut listener = listen("127.0.0.1:0").await?;
    while let Some(connection) = listener.accept().await? {
        tokio::spawn(answer(connection));
    }
    Ok(())
}

/// Answers each byte with one: the least of a protocol, so that what is measured is the way there.
async fn answer(mut connection: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let mut byte = [0; 1];
    while connection.read(&mut byte).await? > 0 {
        connection.write_all(b"!").await?;
    }
    Ok(())
}
