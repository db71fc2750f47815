//! Workers are killed, others take their places, and clients do not care.

use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ferronode_cluster::{EXIT, LISTENING, Policy, Primary, Settings, Signal, Worker};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::clients::{Counts, storm};
use crate::size;

const WORKERS: usize = 4;

/// An unmodified Node server.
const SCRIPT: &str = "require('node:http').createServer((_, answer) => setTimeout(() => answer.end('served'), 2))
    .listen(0, '127.0.0.1')";

pub(crate) fn ours() -> Settings {
    Settings {
        policy: Policy::RoundRobin,
        ..Settings::this_program().unwrap()
    }
}

/// Settings for a Node script, and the file that it is in.
pub(crate) fn node(name: &str, script: &str) -> (Settings, PathBuf) {
    let file = std::env::temp_dir().join(format!("ferronode-fire-{name}-{}.js", std::process::id()));
    std::fs::write(&file, script).unwrap();
    let settings = Settings {
        args: vec![file.clone().into()],
        policy: Policy::RoundRobin,
        ..Settings::new(fixtures::which("node"))
    };
    (settings, file)
}

/// A primary with workers that listen.
pub(crate) async fn start(settings: Settings, workers: usize) -> (Primary, SocketAddr) {
    start_with(settings, workers, &[]).await
}

/// As [`start`], with variables for the workers.
pub(crate) async fn start_with(settings: Settings, workers: usize, env: &[(&str, &str)]) -> (Primary, SocketAddr) {
    let primary = Primary::with_settings(settings);
    let address = primary.bind("127.0.0.1:0").unwrap();
    let (sender, mut listening) = mpsc::unbounded_channel();
    let id = primary.on(LISTENING, move |_| _ = sender.send(()));
    for _ in 0..workers {
        primary.fork_with_env(env.iter().copied()).unwrap();
    }
    for _ in 0..workers {
        listening.recv().await.unwrap();
    }
    primary.remove(id);
    (primary, address)
}

pub(crate) async fn stop(primary: &Primary) {
    for worker in primary.workers() {
        worker.kill(Signal::KILL).unwrap();
    }
    primary.disconnect().await;
}

pub(crate) async fn one_at_a_time() {
    let (primary, address) = start(ours(), WORKERS).await;
    let killing = one_each_500_ms(&primary);
    let counts = storm(address, size(20_000), 16).await;
    let kills = killing.stop().await;
    report("a random one of four killed again and again", kills, &counts, &primary).await;
    assert!(kills >= 2, "{kills} were killed");
    nobody_is_lost(&counts, &primary);
    stop(&primary).await;
}

pub(crate) async fn all_at_once() {
    let (primary, address) = start(ours(), WORKERS).await;
    let killing = every(Duration::from_millis(150), &primary, |workers, _| workers);
    let counts = storm(address, size(6_000), 8).await;
    let kills = killing.stop().await;
    report("every worker killed each 150 ms", kills, &counts, &primary).await;
    assert!(kills >= WORKERS, "{kills} were killed");
    nobody_is_lost(&counts, &primary);
    stop(&primary).await;
}

pub(crate) async fn of_pauses() {
    let (primary, address) = start_with(ours(), WORKERS, &[("PAUSES", "1")]).await;
    let counts = storm(address, size(20_000), 16).await;
    report("four workers that stop for 30 ms again and again", 0, &counts, &primary).await;
    nobody_is_lost(&counts, &primary);
    assert_eq!(counts.reset, 0, "nobody died");
    stop(&primary).await;
}

pub(crate) async fn of_node_workers() {
    let (settings, script) = node("storm", SCRIPT);
    let (primary, address) = start(settings, WORKERS).await;
    let killing = one_each_500_ms(&primary);
    let counts = storm(address, size(20_000), 16).await;
    let kills = killing.stop().await;
    report(
        "a random Node worker of four killed again and again",
        kills,
        &counts,
        &primary,
    )
    .await;
    assert!(kills >= 1, "{kills} were killed");
    assert_eq!((counts.hung, counts.refused), (0, 0), "{counts:?}");
    stop(&primary).await;
    std::fs::remove_file(script).unwrap();
}

/// Nobody hung or was refused; and whoever was reset had been taken by a worker that was killed: the ledger says how many
/// were taken, and those that were not served are just those that were reset.
fn nobody_is_lost(counts: &Counts, primary: &Primary) {
    assert_eq!((counts.hung, counts.refused), (0, 0), "{counts:?}");
    assert_eq!(primary.taken() - counts.served, counts.reset, "{counts:?}");
}

async fn report(what: &str, kills: usize, counts: &Counts, primary: &Primary) {
    // Who was reset has seen the end of its worker before the primary has read that worker's last words.
    while primary.under_way() > 0 {
        tokio::task::yield_now().await;
    }
    println!(
        "{what}: {kills} kills, {} served, {} reset ({} taken and not served), {} refused, {} hung, longest wait {:?}",
        counts.served,
        counts.reset,
        primary.taken() - counts.served,
        counts.refused,
        counts.hung,
        counts.longest
    );
}

/// Kills workers until it is stopped; each that ends is replaced.
struct Killing {
    task: JoinHandle<usize>,
    over: tokio::sync::oneshot::Sender<()>,
    primary: Primary,
    replacing: ferronode_events::ListenerId,
}

/// Kills a random one each 500 ms; in a smaller storm in as much less time.
fn one_each_500_ms(primary: &Primary) -> Killing {
    let random = RandomState::new();
    let pause = Duration::from_millis(u64::try_from(size(500)).unwrap());
    every(pause, primary, move |workers, round| {
        let victim = usize::try_from(random.hash_one(round)).unwrap() % workers.len().max(1);
        workers.get(victim).into_iter().cloned().collect()
    })
}

fn every(
    pause: Duration,
    primary: &Primary,
    choose: impl Fn(Vec<Worker>, usize) -> Vec<Worker> + Send + 'static,
) -> Killing {
    let again = primary.clone();
    let replacing = primary.on(EXIT, move |_| drop(again.fork().unwrap()));
    let (over, mut is_over) = tokio::sync::oneshot::channel();
    let victims = primary.clone();
    let task = tokio::spawn(async move {
        let mut kills = 0;
        for round in 0.. {
            tokio::select! {
                _ = &mut is_over => break,
                // not a wait: the pace of the kills
                () = tokio::time::sleep(pause) => {}
            }
            for worker in choose(victims.workers(), round) {
                // It may be dead already, and not yet replaced.
                kills += usize::from(worker.kill(Signal::KILL).unwrap());
            }
        }
        kills
    });
    Killing {
        task,
        over,
        primary: primary.clone(),
        replacing,
    }
}

impl Killing {
    /// Kills nobody more, and says how many were killed.
    async fn stop(self) -> usize {
        _ = self.over.send(());
        let kills = self.task.await.unwrap();
        self.primary.remove(self.replacing);
        kills
    }
}
