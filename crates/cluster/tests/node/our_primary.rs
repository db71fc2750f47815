//! Node workers under our primary, alone and beside workers of ours.

use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use ferronode_cluster::{MESSAGE, Policy, Primary, Settings, Signal, Worker};
use ferronode_ipc::Mode;
use ferronode_sys::PidFd;
use fixtures::{example, which};
use libtest_mimic::Failed;
use tokio::runtime::Runtime;

use crate::client::{Client, who_answers};
use crate::program::Program;

/// Our primary, on threads of its own.
struct Cluster {
    runtime: Runtime,
    primary: Primary,
    mode: Mode,
    /// Where the workers are told to listen.
    place: String,
}

impl Cluster {
    fn new(mode: Mode, policy: Policy, place: &str) -> Result<Self, Failed> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let settings = Settings {
            policy,
            ..Settings::this_program()?
        };
        Ok(Self {
            primary: runtime.block_on(async { Primary::with_settings(settings) }),
            runtime,
            mode,
            place: place.to_owned(),
        })
    }

    /// Starts a worker, and says where it listens.
    fn start(&self, kind: &str) -> Result<(Worker, String), Failed> {
        self.primary.setup_primary(match kind {
            "node" => Settings {
                args: vec![script().into()],
                serialization: self.mode,
                ..Settings::new(which("node"))
            },
            _ => Settings {
                args: Vec::new(),
                serialization: self.mode,
                ..Settings::this_program()?
            },
        });
        let _guard = self.runtime.enter();
        let worker = self.primary.fork_with_env([("ADDRESS", &self.place)])?;
        let address = self.runtime.block_on(worker.listening()).ok_or("it does not listen")?;
        Ok((worker, address.to_string()))
    }

    /// How a worker has ended, and whether of its own will.
    fn end_of(&self, worker: &Worker) -> (Option<i32>, Option<Signal>, Option<bool>) {
        let exit = self.runtime.block_on(worker.exited());
        (exit.code(), exit.signal(), worker.exited_after_disconnect())
    }

    fn stop(self) {
        self.runtime.block_on(self.primary.disconnect());
    }
}

fn script() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/node/ends.js"].iter().collect()
}

/// A worker that is told to go serves what it has to the end; others get what is new.
pub(crate) fn finishes_its_connections(mode: Mode, policy: Policy) -> Result<(), Failed> {
    let cluster = Cluster::new(mode, policy, "127.0.0.1:0")?;
    let (leaver, address) = cluster.start("node")?;
    let mut client = Client::connect(&address)?;
    let (stayer, _) = cluster.start("node")?;
    leaver.disconnect();
    if !matches!(policy, Policy::Shared) {
        for _ in 0..4 {
            assert_eq!(Client::connect(&address)?.pid, stayer.pid());
        }
    }
    client.echo()?;
    assert!(!leaver.is_dead());
    drop(client);
    assert_eq!(cluster.end_of(&leaver), (Some(0), None, Some(true)));
    cluster.stop();
    Ok(())
}

/// Every way in which a worker may end: the primary is told as Node's is. Who connects meanwhile is served, unless that
/// worker had taken the connection and cut it.
pub(crate) fn ends_as_it_says(mode: Mode) -> Result<(), Failed> {
    let cluster = Cluster::new(mode, Policy::RoundRobin, "127.0.0.1:0")?;
    let (stayer, address) = cluster.start("node")?;
    for (way, cuts, end) in [
        ("disconnect", false, (Some(0), None, Some(true))),
        ("kill", true, (Some(0), None, Some(true))),
        ("destroy", true, (Some(0), None, Some(true))),
        ("exit", true, (Some(7), None, Some(false))),
        ("leave", true, (Some(0), None, Some(false))),
    ] {
        let (worker, _) = cluster.start("node")?;
        cluster.runtime.block_on(worker.send(way))?;
        while !worker.is_dead() {
            match Client::connect(&address).and_then(|mut client| client.echo()) {
                Err(error) if cuts && error.kind() != io::ErrorKind::ConnectionRefused => {}
                outcome => outcome?,
            }
        }
        let found = cluster.end_of(&worker);
        // Who closes the channel unasked may be given a connection in that moment: Node's own code fails then, with 1.
        let failed = way == "leave" && found == (Some(1), None, Some(false));
        assert!(found == end || failed, "{way}: {found:?}");
    }
    let (worker, _) = cluster.start("node")?;
    worker.kill(Signal::TERM)?;
    assert_eq!(cluster.end_of(&worker), (None, Some(Signal::TERM), Some(false)));
    for _ in 0..4 {
        assert_eq!(Client::connect(&address)?.pid, stayer.pid());
    }
    cluster.stop();
    Ok(())
}

/// A worker that dies with a connection that it had not taken: in Node its client hangs for ever.
pub(crate) fn loses_nothing_with_a_worker_that_hangs(mode: Mode) -> Result<(), Failed> {
    let cluster = Cluster::new(mode, Policy::RoundRobin, "127.0.0.1:0")?;
    let (stuck, address) = cluster.start("node")?;
    let (told, heard) = std::sync::mpsc::channel();
    stuck.process().on(MESSAGE, move |_| _ = told.send(()));
    cluster.runtime.block_on(stuck.send("spin"))?;
    heard.recv()?;
    let unlucky = address.clone();
    let unlucky = thread::spawn(move || Client::connect(&unlucky).map(|client| client.pid));
    while cluster.primary.under_way() == 0 {
        thread::yield_now();
    }
    let (other, _) = cluster.start("node")?;
    stuck.kill(Signal::KILL)?;
    let served_by = unlucky.join().map_err(|_| "the client panicked")??;
    assert_eq!(served_by, other.pid());
    cluster.stop();
    Ok(())
}

/// Node workers and ours behind one address.
pub(crate) fn mixes(mode: Mode, policy: Policy, place: &str) -> Result<(), Failed> {
    let cluster = Cluster::new(mode, policy, place)?;
    let mut addresses = Vec::new();
    for kind in ["node", "rust", "node", "rust"] {
        addresses.push(cluster.start(kind)?.1);
    }
    assert!(
        addresses.iter().all(|address| *address == addresses[0]),
        "{addresses:?}"
    );
    let counts = who_answers(&addresses[0], 12)?;
    // Who gets a datagram is the kernel's business.
    if matches!(policy, Policy::RoundRobin) && !place.starts_with("udp ") {
        assert_eq!(counts.values().collect::<Vec<_>>(), [&3, &3, &3, &3], "{counts:?}");
    }
    let workers = cluster.primary.workers();
    cluster.runtime.block_on(cluster.primary.disconnect());
    for worker in &workers {
        assert_eq!(cluster.end_of(worker), (Some(0), None, Some(true)));
    }
    Ok(())
}

/// Nothing is left of a cluster whose primary is killed.
pub(crate) fn dies_with_its_workers(mode: &str) -> Result<(), Failed> {
    let mut command = Command::new(example("node_workers"));
    command
        .args(["--workers", "2", "--mode", mode])
        .arg(script())
        .env("ADDRESS", "127.0.0.1:0");
    let mut program = Program::start(&mut command)?;
    for _ in 0..2 {
        program.line("listens on")?;
    }
    PidFd::open(program.pid())?.send_signal(Signal::KILL)?;
    // Its output is its workers' too: it ends when the last of them has.
    program.rest()?;
    Ok(())
}
