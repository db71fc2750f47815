//! Connections accepted in one process and closed in others, in one table: `cargo bench -p benches --bench cluster_handoff`.
//!
//! Nothing is read or written, so what is measured is the hand-over alone. The limit is a loop of `accept` and `sendmsg`
//! with a descriptor, in turn to two processes that receive and close: no answer, no ledger, no reactor.
//! 64 clients connect, wait for the end, and connect again. Servers take turns, round for round, each started anew.
//!
//! `-- --rounds N --seconds N --only TEXT` narrows it down. Without Node its row is left out, and that is said.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a table for people")]

use std::error::Error;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use benches::cluster_processes::{Server, hand_over, is_wanted, median, role, rounds_and_load};
use ferronode_cluster::{LISTENING, Primary, give_way, is_worker};
use ferronode_sys::receive;
use tokio::io::AsyncReadExt;

type Anyhow<T> = Result<T, Box<dyn Error>>;

const NODE_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cluster_node.mjs");
/// How many clients there are.
const CLIENTS: usize = 64;

/// A server: what it is called, and how it is started.
type Row = (&'static str, fn() -> Command);

const ROWS: &[Row] = &[
    ("raw SCM_RIGHTS loop", || role("raw")),
    ("the same again", || role("raw")),
    ("ferronode, round robin, with the ledger", || role("ours")),
    ("the same, giving way", || role("ours, giving way")),
    ("Node, round robin", node),
    ("raw accept and close, one process", || role("close")),
];

fn main() -> Anyhow<()> {
    if is_worker() {
        return worker();
    }
    match std::env::var("BENCH_ROLE").as_deref() {
        Ok("ours") => primary(),
        Ok("ours, giving way") => {
            give_way()?;
            primary()
        }
        Ok("raw") => Ok(hand_over()?),
        Ok("receives") => receives(),
        Ok(_) => close(),
        Err(_) => table(),
    }
}

fn table() -> Anyhow<()> {
    let (rounds, load) = rounds_and_load();
    let has_node = Command::new("node")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok();
    if !has_node {
        eprintln!("cluster_handoff: node is not installed: its row is left out");
    }
    let rows: Vec<&Row> = ROWS
        .iter()
        .filter(|(name, _)| (has_node || !name.starts_with("Node")) && (*name == ROWS[0].0 || is_wanted(name)))
        .collect();
    let mut runs: Vec<Vec<[f64; 3]>> = rows.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for ((_, start), runs) in rows.iter().zip(&mut runs) {
            runs.push(run(&mut start(), load)?);
        }
    }
    println!(
        "| server | connections/s | CPU µs per connection, all | to the first | first process alone |\n|---|---|---|---|---|"
    );
    for ((name, _), mine) in rows.iter().zip(&runs) {
        let of = |figure: usize| median(mine.iter().map(|run| run[figure]).collect());
        let ratio = median(
            mine.iter()
                .zip(&runs[0])
                .map(|(run, limit)| run[1] / limit[1])
                .collect(),
        );
        println!("| {name} | {:.0} | {:.1} | {ratio:.2} | {:.1} |", of(0), of(1), of(2));
    }
    Ok(())
}

/// Connections a second, and the CPU time of each: of all processes, and of the first.
fn run(command: &mut Command, load: Duration) -> Anyhow<[f64; 3]> {
    let server = Server::start(command)?;
    clients(server.port, Duration::from_millis(500))?;
    let before = server.cpu()?;
    let begin = Instant::now();
    let connections = clients(server.port, load)?;
    let (after, elapsed) = (server.cpu()?, begin.elapsed());
    Ok([
        connections / elapsed.as_secs_f64(),
        (after.all - before.all) / connections,
        (after.first - before.first) / connections,
    ])
}

/// Connects, waits for the end, and again: how many times in all.
#[tokio::main(flavor = "current_thread")]
async fn clients(port: u16, load: Duration) -> Anyhow<f64> {
    let served = Arc::new(AtomicU64::new(0));
    let end = Instant::now() + load;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let served = Arc::clone(&served);
            tokio::spawn(async move {
                while Instant::now() < end {
                    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
                    // How it ends is all the same.
                    _ = stream.read(&mut [0]).await;
                    served.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<_, std::io::Error>(())
            })
        })
        .collect();
    for client in clients {
        client.await??;
    }
    #[allow(clippy::cast_precision_loss, reason = "far below what a double counts")]
    Ok(served.load(Ordering::Relaxed) as f64)
}

fn node() -> Command {
    let mut command = Command::new("node");
    command
        .args([NODE_SCRIPT, "net"])
        .env("NODE_CLUSTER_SCHED_POLICY", "rr");
    command
}

#[tokio::main(flavor = "current_thread")]
async fn primary() -> Anyhow<()> {
    let primary = Primary::new();
    let (sender, mut listening) = tokio::sync::mpsc::unbounded_channel();
    primary.on(LISTENING, move |told| _ = sender.send(told.address.socket()));
    let workers = [primary.fork()?, primary.fork()?];
    let address = listening.recv().await.flatten().ok_or("it listens on TCP")?;
    listening.recv().await;
    println!("{}", address.port());
    for worker in workers {
        worker.exited().await;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn worker() -> Anyhow<()> {
    let mut listener = ferronode_cluster::listen("127.0.0.1:0").await?;
    while let Some(connection) = listener.accept().await? {
        drop(connection);
    }
    Ok(())
}

fn receives() -> Anyhow<()> {
    let from = std::io::stdin().as_fd().try_clone_to_owned()?;
    let (mut record, mut connections): (_, Vec<OwnedFd>) = ([0; 4], Vec::new());
    while receive(from.as_fd(), &mut record, &mut connections)? > 0 {
        connections.clear();
    }
    Ok(())
}

fn close() -> Anyhow<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    loop {
        drop(listener.accept()?);
    }
}
