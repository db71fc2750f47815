//! The primary of the demonstration: it starts workers, replaces those that end, and stops them when it is told to.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ferronode_cluster::{DISCONNECT, EXIT, FORK, LISTENING, ONLINE, Primary, Signal, WorkerId};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::arguments::Demo;
use crate::report::{Report, complain};

/// How long workers may take to finish their connections. Node's documents give them 5 s too.
const GRACE: Duration = Duration::from_secs(5);

/// How many workers in a row may end before they ever listened. A program that cannot work is not started for ever.
const STILLBIRTHS: u32 = 5;

/// Bad input: the exit code of a command line that cannot be carried out.
const BAD_INPUT: u8 = 2;

/// Runs until a signal comes, or workers cannot be kept alive.
pub(crate) async fn run(options: &Demo) -> ExitCode {
    let primary = Primary::new();
    let address = match primary.bind(options.address()) {
        Ok(address) => address,
        Err(error) => {
            complain(&format!("{}{error}", code(error.kind())));
            return ExitCode::from(BAD_INPUT);
        }
    };
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
        complain("cannot listen for signals");
        return ExitCode::FAILURE;
    };
    let report = Report { json: options.json };
    report.primary(address);
    announce(&primary, report);
    let (failed, mut failures) = mpsc::unbounded_channel();
    let keeper = Arc::new(Keeper {
        primary: primary.clone(),
        failed,
        young: Mutex::default(),
    });
    keeper.keep();
    for _ in 0..options.workers() {
        keeper.start();
    }
    let code = tokio::select! {
        _ = terminate.recv() => ExitCode::SUCCESS,
        _ = interrupt.recv() => ExitCode::SUCCESS,
        Some(failure) = failures.recv() => {
            complain(&failure);
            ExitCode::FAILURE
        }
    };
    keeper.stop();
    tokio::select! {
        // Told once more: now.
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = timeout(GRACE, primary.disconnect()) => {}
    }
    for worker in primary.workers() {
        // It may have ended just now.
        let _ = worker.kill(Signal::KILL);
    }
    primary.disconnect().await;
    code
}

/// The name by which Node's users know an error of `listen`.
fn code(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::AddrInUse => "EADDRINUSE: ",
        ErrorKind::AddrNotAvailable => "EADDRNOTAVAIL: ",
        ErrorKind::PermissionDenied => "EACCES: ",
        _ => "",
    }
}

fn announce(primary: &Primary, report: Report) {
    primary.on(FORK, move |worker| report.fork(worker));
    primary.on(ONLINE, move |worker| report.online(worker));
    primary.on(LISTENING, move |told| report.listening(told));
    primary.on(DISCONNECT, move |worker| report.disconnect(worker));
    primary.on(EXIT, move |told| report.exit(told));
}

/// Keeps as many workers alive as were started.
struct Keeper {
    primary: Primary,
    failed: mpsc::UnboundedSender<String>,
    young: Mutex<Young>,
}

impl Keeper {
    fn keep(self: &Arc<Self>) {
        let this = Arc::clone(self);
        self.primary.on(LISTENING, move |told| {
            this.young(|young| young.listens(told.worker.id()));
        });
        let this = Arc::clone(self);
        self.primary.on(EXIT, move |told| {
            match this.young(|young| young.ended(told.worker.id())) {
                Verdict::Replace => this.start(),
                Verdict::GiveUp => {
                    this.fail(format!(
                        "{STILLBIRTHS} workers in a row ended before they listened: giving up"
                    ));
                }
                Verdict::LetGo => {}
            }
        });
    }

    fn start(&self) {
        match self.primary.fork() {
            Ok(worker) => self.young(|young| young.started(worker.id())),
            Err(error) => self.fail(error.to_string()),
        }
    }

    fn stop(&self) {
        self.young(|young| young.stopping = true);
    }

    fn fail(&self, reason: String) {
        self.stop();
        // The receiver lives as long as the program runs.
        let _ = self.failed.send(reason);
    }

    fn young<T>(&self, change: impl FnOnce(&mut Young) -> T) -> T {
        change(&mut self.young.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Workers that have been started and do not listen yet, and what is to be done when one ends.
#[derive(Default)]
struct Young {
    workers: BTreeSet<WorkerId>,
    /// How many in a row ended like that.
    stillborn: u32,
    stopping: bool,
}

/// What is to be done about a worker that has ended.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Replace,
    GiveUp,
    LetGo,
}

impl Young {
    fn started(&mut self, worker: WorkerId) {
        self.workers.insert(worker);
    }

    fn listens(&mut self, worker: WorkerId) {
        self.workers.remove(&worker);
        self.stillborn = 0;
    }

    fn ended(&mut self, worker: WorkerId) -> Verdict {
        if self.workers.remove(&worker) {
            self.stillborn += 1;
        }
        match (self.stopping, self.stillborn) {
            (true, _) => Verdict::LetGo,
            (false, STILLBIRTHS..) => Verdict::GiveUp,
            (false, _) => Verdict::Replace,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_replaced_until_too_many_in_a_row_never_listened() {
        let mut young = Young::default();
        let mut id = 0;
        let mut born = |young: &mut Young, listens: bool| {
            id += 1;
            young.started(WorkerId(id));
            if listens {
                young.listens(WorkerId(id));
            }
            young.ended(WorkerId(id))
        };
        for _ in 0..100 {
            assert_eq!(born(&mut young, true), Verdict::Replace);
        }
        for _ in 1..STILLBIRTHS {
            assert_eq!(born(&mut young, false), Verdict::Replace);
        }
        assert_eq!(
            born(&mut young, true),
            Verdict::Replace,
            "one that listens ends the row"
        );
        for _ in 1..STILLBIRTHS {
            assert_eq!(born(&mut young, false), Verdict::Replace);
        }
        assert_eq!(born(&mut young, false), Verdict::GiveUp);
        young.stopping = true;
        assert_eq!(born(&mut young, false), Verdict::LetGo);
    }
}
