//! Who gets the next connection: whoever takes it first, or whoever's turn it is?
//!
//! The document: by default the system's pre-emptive strategy, where idle processes scramble for what comes. What counts
//! there is who is busy with the CPU; so the load may be uneven. Round robin, since Node 0.11, is even: the primary
//! accepts, and gives each connection to worker i = (i + 1) mod n. (Round robin is the default since then.)
//!
//! `cargo run --release -p ferronode-cluster --example balance [-- REQUESTS]`
//!
//! To be seen: two workers, of which the first keeps its CPU busy. Shared, the second gets nearly all; in turn, both get
//! the same, one after the other.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use ferronode_cluster::{Connection, LISTENING, Policy, Primary, Settings, is_primary, listen, worker};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

type Anyhow<T> = Result<T, Box<dyn Error + Send + Sync>>;

const WORKERS: usize = 2;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Anyhow<()> {
    if !is_primary() {
        return Ok(server().await?);
    }
    let requests = std::env::args().nth(1).map_or(Ok(100), |text| text.parse())?;
    for policy in [Policy::Shared, Policy::RoundRobin] {
        let order = answered_by(policy, requests).await?;
        let mut counts = BTreeMap::from([(1, 0), (2, 0)]);
        for worker in &order {
            *counts.entry(*worker).or_default() += 1;
        }
        let first: String = order.iter().take(12).map(ToString::to_string).collect();
        let (busy, idle) = (counts[&1], counts[&2]);
        println!("{policy:?}: the busy worker has answered {busy}, the idle one {idle}; first {first} …");
    }
    Ok(())
}

/// Asks one request after another: the numbers of the workers that have answered.
async fn answered_by(policy: Policy, requests: usize) -> Anyhow<Vec<u32>> {
    let settings = Settings {
        policy,
        ..Settings::this_program()?
    };
    let primary = Primary::with_settings(settings);
    let (sender, mut addresses) = mpsc::unbounded_channel();
    // Whoever asks has gone with all addresses that it wanted.
    primary.on(LISTENING, move |told| _ = sender.send(told.address.socket()));
    for _ in 0..WORKERS {
        primary.fork()?;
    }
    let mut address = None;
    for _ in 0..WORKERS {
        address = addresses.recv().await.flatten();
    }
    let address = address.ok_or("no worker listens")?;
    let asked = tokio::task::spawn_blocking(move || -> Anyhow<_> { (0..requests).map(|_| ask(address)).collect() });
    let order = asked.await?;
    primary.disconnect().await;
    order
}

fn ask(address: SocketAddr) -> Anyhow<u32> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.lines().last().unwrap_or_default().parse()?)
}

/// A worker. The first one has something to compute all the time, and looks at its connections only now and then.
async fn server() -> io::Result<()> {
    let number = worker().map_or(0, |worker| worker.id().0);
    let mut listener = listen("127.0.0.1:0").await?;
    if number == 1 {
        tokio::spawn(keep_busy());
    }
    while let Some(connection) = listener.accept().await? {
        tokio::spawn(answer(connection, number));
    }
    Ok(())
}

async fn keep_busy() {
    loop {
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(5) {
            std::hint::spin_loop();
        }
        tokio::task::yield_now().await;
    }
}

async fn answer(mut connection: Connection, number: u32) -> io::Result<()> {
    let mut request = [0; 1024];
    if connection.read(&mut request).await? > 0 {
        let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\n";
        connection.write_all(format!("{head}{number}").as_bytes()).await?;
    }
    Ok(())
}
