//! A policy of one's own: the oldest worker gets two connections for each one of the others.
//!
//! `cargo run -p ferronode-cluster --example own_policy` starts three workers, asks forty times, and says who answered.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::error::Error;
use std::net::IpAddr;

use ferronode_cluster::{Balance, Candidate, LISTENING, Policy, Primary, Settings, WorkerId, is_primary, listen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// Counts what each has got, the oldest worker's at half.
#[derive(Debug, Default)]
struct OldestTwice {
    given: BTreeMap<WorkerId, u32>,
}

impl Balance for OldestTwice {
    fn choose(&mut self, _: Option<IpAddr>, workers: &[Candidate]) -> Option<WorkerId> {
        let oldest = workers.iter().map(|candidate| candidate.worker).min()?;
        let weight = |worker: WorkerId| if worker == oldest { 1 } else { 2 };
        let load = |candidate: &&Candidate| self.given.get(&candidate.worker).copied().unwrap_or(0);
        let chosen = workers.iter().min_by_key(load)?;
        // One that is busy for a moment is waited for.
        if chosen.is_free {
            *self.given.entry(chosen.worker).or_default() += weight(chosen.worker);
        }
        Some(chosen.worker)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    if !is_primary() {
        return serve().await;
    }
    let settings = Settings {
        policy: Policy::Own(|| Box::new(OldestTwice::default())),
        ..Settings::this_program()?
    };
    let primary = Primary::with_settings(settings);
    let address = primary.bind("127.0.0.1:0")?;
    let (sender, mut listening) = mpsc::unbounded_channel();
    primary.on(LISTENING, move |_| _ = sender.send(()));
    for _ in 0..3 {
        primary.fork()?;
        listening.recv().await;
    }
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..40 {
        let mut text = String::new();
        TcpStream::connect(address).await?.read_to_string(&mut text).await?;
        *counts.entry(text).or_default() += 1;
    }
    for (worker, count) in counts {
        println!("{worker}: {count}");
    }
    primary.disconnect().await;
    Ok(())
}

/// A worker: says who it is, and ends the connection.
async fn serve() -> Result<(), Box<dyn Error>> {
    let id = ferronode_cluster::worker().ok_or("this is a worker")?.id();
    let mut listener = listen("127.0.0.1:0").await?;
    while let Some(mut connection) = listener.accept().await? {
        connection.write_all(format!("worker {id}").as_bytes()).await?;
    }
    Ok(())
}
