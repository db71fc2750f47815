//! Our workers under Node's primary, alone and beside Node's workers.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;

use ferronode_cluster::Signal;
use ferronode_sys::PidFd;
use fixtures::node;
use libtest_mimic::Failed;

use crate::client::{Client, who_answers};
use crate::program::Program;

/// Node's primary, and what it is told.
struct Cluster {
    program: Program,
    pid: u32,
    workers: u32,
}

/// A worker by the number that the primary has given it.
struct Worker {
    id: u32,
    pid: u32,
    address: String,
}

impl Cluster {
    fn new(mode: &str, policy: &str, place: &str) -> Result<Self, Failed> {
        Self::with_env(mode, policy, place, &[])
    }

    fn with_env(mode: &str, policy: &str, place: &str, env: &[(&str, &str)]) -> Result<Self, Failed> {
        let file = |name| {
            [env!("CARGO_MANIFEST_DIR"), "tests/node", name]
                .iter()
                .collect::<PathBuf>()
        };
        let mut command = node();
        command
            .arg(file("primary.js"))
            .arg(mode)
            .arg(std::env::current_exe()?)
            .arg(file("ends.js"))
            .env("NODE_CLUSTER_SCHED_POLICY", policy)
            .env("ADDRESS", place)
            .envs(env.iter().copied())
            .stdin(Stdio::piped());
        let mut program = Program::start(&mut command)?;
        let pid = program.line("primary ")?.trim_start_matches("primary ").parse()?;
        Ok(Self {
            program,
            pid,
            workers: 0,
        })
    }

    fn start(&mut self, kind: &str) -> Result<Worker, Failed> {
        self.workers += 1;
        let id = self.workers;
        self.program.tell(kind)?;
        let line = self.program.line(&format!("listening {id} "))?;
        let mut words = line.splitn(4, ' ').skip(2);
        Ok(Worker {
            id,
            pid: words.next().ok_or("no pid")?.parse()?,
            address: words.next().ok_or("no address")?.to_owned(),
        })
    }

    /// Waits for the end of a worker, and reads what its primary has made of it.
    fn end_of(&mut self, worker: &Worker) -> Result<String, Failed> {
        self.program.line(&format!("disconnect {}", worker.id))?;
        let start = format!("exit {} ", worker.id);
        let line = self.program.line(&start)?;
        Ok(line.trim_start_matches(&start).to_owned())
    }

    fn stop(mut self) -> Result<(), Failed> {
        self.program.tell("all")?;
        self.program.rest()?;
        Ok(())
    }
}

/// Both sides may say that a worker is to go: it finishes what it has, and Node's primary knows why it ended.
pub(crate) fn ends_as_either_side_says(mode: &str, policy: &str) -> Result<(), Failed> {
    let mut cluster = Cluster::new(mode, policy, "127.0.0.1:0")?;
    for way in ["disconnect ID", "tell ID disconnect"] {
        let leaver = cluster.start("rust")?;
        let mut client = Client::connect(&leaver.address)?;
        assert_eq!((client.kind.as_str(), client.pid), ("rust", leaver.pid));
        cluster.program.tell(&way.replace("ID", &leaver.id.to_string()))?;
        for _ in 0..3 {
            client.echo()?;
        }
        drop(client);
        assert_eq!(cluster.end_of(&leaver)?, "0 true", "{way}");
    }
    for (way, end) in [("tell ID kill", "0 true"), ("kill ID", "SIGTERM false")] {
        let worker = cluster.start("rust")?;
        cluster.program.tell(&way.replace("ID", &worker.id.to_string()))?;
        assert_eq!(cluster.end_of(&worker)?, end, "{way}");
    }
    cluster.stop()
}

/// A port that somebody else has is an error of the worker that wants it, however Node says so.
pub(crate) fn reports_a_port_in_use(mode: &str, policy: &str) -> Result<(), Failed> {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let mut cluster = Cluster::new(mode, policy, &taken.local_addr()?.to_string())?;
    for id in 1..=2 {
        cluster.program.tell("rust")?;
        cluster.program.line(&format!("message {id} AddrInUse"))?;
        cluster.program.line(&format!("exit {id} 0 true"))?;
    }
    cluster.stop()
}

/// A worker that wants one connection at a time has one at a time, and the next is served when that has ended.
pub(crate) fn serves_one_at_a_time(mode: &str, policy: &str) -> Result<(), Failed> {
    let mut cluster = Cluster::with_env(mode, policy, "127.0.0.1:0", &[("ONE_AT_A_TIME", "1")])?;
    let worker = cluster.start("rust")?;
    let mut first = Client::connect(&worker.address)?;
    let address = worker.address.clone();
    let second = thread::spawn(move || Client::connect(&address).map(|client| client.pid));
    for _ in 0..20 {
        first.echo()?;
        assert!(!second.is_finished());
    }
    drop(first);
    assert_eq!(second.join().map_err(|_| "the client panicked")??, worker.pid);
    cluster.stop()
}

/// Nothing is left of a cluster whose primary is killed.
pub(crate) fn dies_with_its_workers(mode: &str, policy: &str) -> Result<(), Failed> {
    let mut cluster = Cluster::new(mode, policy, "127.0.0.1:0")?;
    let workers = [cluster.start("rust")?, cluster.start("rust")?];
    // One has a connection, which does not hold it.
    let _client = Client::connect(&workers[0].address)?;
    PidFd::open(cluster.pid)?.send_signal(Signal::KILL)?;
    // Its output is its workers' too: it ends when the last of them has.
    cluster.program.rest()?;
    Ok(())
}

/// Node workers and ours behind one address.
pub(crate) fn mixes(mode: &str, policy: &str, place: &str) -> Result<(), Failed> {
    let mut cluster = Cluster::new(mode, policy, place)?;
    let mut addresses = Vec::new();
    for kind in ["node", "rust", "node", "rust"] {
        addresses.push(cluster.start(kind)?.address);
    }
    assert!(
        addresses.iter().all(|address| *address == addresses[0]),
        "{addresses:?}"
    );
    let counts = who_answers(&addresses[0], 12)?;
    // Who gets a datagram is the kernel's business.
    if policy == "rr" && !place.starts_with("udp ") {
        assert_eq!(counts.values().collect::<Vec<_>>(), [&3, &3, &3, &3], "{counts:?}");
    }
    cluster.program.tell("all")?;
    let rest = cluster.program.rest()?;
    let ended = rest
        .iter()
        .filter(|line| line.starts_with("exit") && line.ends_with("0 true"));
    assert_eq!(ended.count(), 4, "{rest:?}");
    Ok(())
}
