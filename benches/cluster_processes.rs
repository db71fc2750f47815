//! Servers under measurement: started, watched and ended with all of their processes.

#![allow(clippy::print_stdout, reason = "a server says its port")]

use std::io::{self, BufRead, BufReader, IoSlice};
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ferronode_sys::{PidFd, Signal, accept, packet_pair, send};

/// A server, and the processes that it has started.
pub struct Server {
    child: Child,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
}

/// What the processes of a server have used, or hold.
#[derive(Debug, Clone, Copy, Default)]
pub struct Use {
    /// Of all processes.
    pub all: f64,
    /// Of the first alone: where there is one, the primary.
    pub first: f64,
}

impl Server {
    /// Starts a server, and waits until it says its port on a line of its own.
    ///
    /// # Errors
    ///
    /// It cannot be started, or ends before that.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        BufReader::new(output).read_line(&mut line)?;
        let port = line.trim().parse().map_err(io::Error::other)?;
        Ok(Self { child, port })
    }

    /// The CPU time that has been used, in microseconds.
    ///
    /// # Errors
    ///
    /// A process is gone.
    pub fn cpu(&self) -> io::Result<Use> {
        self.sum(|pid| {
            let mut nanoseconds = 0.0;
            for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
                let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
                nanoseconds += number(&text)?;
            }
            Ok(nanoseconds / 1e3)
        })
    }

    /// The memory that is held, shared pages in parts (PSS), in MiB.
    ///
    /// # Errors
    ///
    /// A process is gone.
    pub fn memory(&self) -> io::Result<Use> {
        self.sum(|pid| {
            let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
            let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
            Ok(number(line.unwrap_or_default())? / 1024.0)
        })
    }

    fn sum(&self, of: impl Fn(u32) -> io::Result<f64>) -> io::Result<Use> {
        let pids = family(self.child.id())?;
        let each: Vec<f64> = pids.into_iter().map(of).collect::<io::Result<_>>()?;
        Ok(Use {
            all: each.iter().sum(),
            first: each[0],
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for pid in family(self.child.id()).unwrap_or_default() {
            // One that has ended by itself needs no end.
            _ = PidFd::open(pid).and_then(|pid| pid.send_signal(Signal::KILL));
        }
        _ = self.child.wait();
    }
}

/// A process and all that it has started; the process itself comes first.
fn family(pid: u32) -> io::Result<Vec<u32>> {
    let mut pids = vec![pid];
    let mut at = 0;
    while let Some(parent) = pids.get(at).copied() {
        for task in std::fs::read_dir(format!("/proc/{parent}/task"))? {
            let children = std::fs::read_to_string(task?.path().join("children"))?;
            pids.extend(
                children
                    .split_whitespace()
                    .filter_map(|child| child.parse::<u32>().ok()),
            );
        }
        at += 1;
    }
    Ok(pids)
}

fn number(text: &str) -> io::Result<f64> {
    let first = text.split_whitespace().next().unwrap_or_default();
    first.parse().map_err(io::Error::other)
}

/// The middle one.
#[must_use]
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The value of `--name VALUE` among the arguments of the program.
#[must_use]
pub fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

/// Whether a row is to be measured: `--only TEXT` wants those that have the text in their names, `--only 'TEXT;TEXT'` those that
/// have one of several.
#[must_use]
pub fn is_wanted(name: &str) -> bool {
    let names_one = |texts: String| texts.split(';').any(|text| name.contains(text));
    argument("--only").is_none_or(names_one)
}

/// How many rounds are to be run, and how long each server is under load in one.
#[must_use]
pub fn rounds_and_load() -> (usize, Duration) {
    if std::env::args().any(|argument| argument == "--test") {
        return (1, Duration::from_secs(1));
    }
    let rounds = argument("--rounds").and_then(|rounds| rounds.parse().ok()).unwrap_or(7);
    let seconds = argument("--seconds")
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(2);
    (rounds, Duration::from_secs(seconds))
}

/// This program, as one of the servers.
#[must_use]
pub fn role(role: &str) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.env("BENCH_ROLE", role);
    command
}

/// Accepts, and hands over in turn to two processes of role "receives", which have their socket as standard input. It knows
/// nothing of what becomes of a connection: what a primary costs at least.
///
/// # Errors
///
/// A receiver cannot be started, or has ended.
pub fn hand_over() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let start = || -> io::Result<OwnedFd> {
        let (ours, theirs) = packet_pair()?;
        role("receives")
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .spawn()?;
        Ok(ours)
    };
    let children = [start()?, start()?];
    println!("{}", listener.local_addr()?.port());
    for child in children.iter().cycle() {
        let connection = accept(listener.as_fd())?;
        send(child.as_fd(), &[IoSlice::new(&[0; 4])], &[connection.as_fd()])?;
    }
    Ok(())
}
