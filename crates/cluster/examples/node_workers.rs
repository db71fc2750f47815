//! An unmodified Node script as the workers of a Rust primary; a worker that dies is replaced.
//!
//! `cargo run --release -p ferronode-cluster --example node_workers -- [--workers N] [--policy rr|shared]
//! [--mode json|advanced] SCRIPT [ARGS]`
//!
//! SIGTERM or SIGINT: every worker finishes what it has, and all end; the exit code is 0.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Duration;

use ferronode_cluster::{EXIT, LISTENING, Policy, Primary, Settings, Signal, WorkerId, give_way};
use ferronode_ipc::Mode;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

const USAGE: &str = "node_workers [--workers N] [--policy rr|shared] [--mode json|advanced] SCRIPT [ARGS]";
/// How long workers may take to finish when all is to end.
const GRACE: Duration = Duration::from_secs(5);
/// How many workers in a row may die before one listens.
const STILLBORN: u32 = 5;

struct Options {
    workers: usize,
    settings: Settings,
}

fn main() -> ExitCode {
    match options(env::args_os().skip(1)) {
        Ok(options) => run(&options),
        Err(problem) => {
            eprintln!("node_workers: {problem}\nusage: {USAGE}");
            ExitCode::from(2)
        }
    }
}

fn options(mut arguments: impl Iterator<Item = OsString>) -> Result<Options, String> {
    let mut workers = available_parallelism().map_or(1, usize::from);
    let (mut policy, mut serialization) = (Policy::RoundRobin, Mode::Json);
    let script = loop {
        let argument = arguments.next().ok_or("expected a script")?;
        let text = argument.to_string_lossy();
        if !text.starts_with("--") {
            break argument;
        }
        let value = arguments.next().ok_or(format!("expected a value behind {text}"))?;
        match (&*text, &*value.to_string_lossy()) {
            ("--workers", number) => {
                let number = number.parse().ok().filter(|number| (1..=1024).contains(number));
                workers = number.ok_or(format!("--workers: expected 1 to 1024, found {}", value.display()))?;
            }
            ("--policy", "rr") => policy = Policy::RoundRobin,
            ("--policy", "shared") => policy = Policy::Shared,
            ("--policy", other) => return Err(format!("--policy: expected rr or shared, found {other}")),
            ("--mode", "json") => serialization = Mode::Json,
            ("--mode", "advanced") => serialization = Mode::Advanced,
            ("--mode", other) => return Err(format!("--mode: expected json or advanced, found {other}")),
            (flag, _) => return Err(format!("unknown flag {flag}")),
        }
    };
    let settings = Settings {
        args: std::iter::once(script).chain(arguments).collect(),
        serialization,
        policy,
        ..Settings::new(node()?)
    };
    Ok(Options { workers, settings })
}

fn node() -> Result<PathBuf, String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut found = env::split_paths(&path).map(|folder| folder.join("node"));
    found
        .find(|file| file.is_file())
        .ok_or_else(|| "node is in no folder of PATH".to_owned())
}

/// What the primary has to do something about.
enum News {
    Listens(WorkerId),
    Ended(WorkerId),
    /// One could not be started a moment ago.
    Missing,
}

#[tokio::main(flavor = "current_thread")]
async fn run(options: &Options) -> ExitCode {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        eprintln!("node_workers: cannot listen for signals");
        return ExitCode::FAILURE;
    };
    if let Err(error) = give_way() {
        eprintln!("node_workers: this costs more than it must: {error}");
    }
    let primary = Primary::with_settings(options.settings.clone());
    let (tell, mut news) = mpsc::unbounded_channel();
    let (tell_of_end, again) = (tell.clone(), tell.clone());
    primary.on(LISTENING, move |told| {
        println!("worker {} listens on {}", told.worker.pid(), told.address);
        // Nobody hears it when all is over.
        _ = tell.send(News::Listens(told.worker.id()));
    });
    primary.on(EXIT, move |told| {
        println!("worker {} ended: {}", told.worker.pid(), told.exit);
        _ = tell_of_end.send(News::Ended(told.worker.id()));
    });
    for _ in 0..options.workers {
        if let Err(error) = primary.fork() {
            eprintln!("node_workers: {error}");
            return ExitCode::FAILURE;
        }
    }
    let (mut stillborn, mut have_listened) = (0, BTreeSet::new());
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            told = news.recv() => match told {
                Some(News::Listens(worker)) => {
                    stillborn = 0;
                    have_listened.insert(worker);
                }
                Some(News::Ended(worker)) if have_listened.remove(&worker) => replace(&primary, &again),
                Some(News::Missing) => replace(&primary, &again),
                Some(News::Ended(_)) if stillborn < STILLBORN => {
                    stillborn += 1;
                    replace(&primary, &again);
                }
                Some(News::Ended(_)) | None => {
                    eprintln!("node_workers: workers end before they listen: giving up");
                    end(&primary).await;
                    return ExitCode::FAILURE;
                }
            },
        }
    }
    end(&primary).await;
    ExitCode::SUCCESS
}

/// Starts a worker; where that fails (descriptors or processes have run out) it is news again after a moment.
fn replace(primary: &Primary, again: &mpsc::UnboundedSender<News>) {
    if let Err(error) = primary.fork() {
        eprintln!("node_workers: {error}");
        let again = again.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            // Nobody hears it when all is over.
            _ = again.send(News::Missing);
        });
    }
}

/// Lets the workers finish, and kills who does not.
async fn end(primary: &Primary) {
    if tokio::time::timeout(GRACE, primary.disconnect()).await.is_err() {
        for worker in primary.workers() {
            // It may have ended in this moment.
            _ = worker.kill(Signal::KILL);
        }
        primary.disconnect().await;
    }
}
