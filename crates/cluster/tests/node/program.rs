//! A program under test that says what it does, line by line.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use ferronode_cluster::Signal;
use ferronode_sys::PidFd;
use libtest_mimic::Failed;

/// No program is silent for longer: one that is has failed.
const LIMIT: Duration = Duration::from_secs(30);

/// A program whose lines are read. It is killed if the case fails before its end.
pub(crate) struct Program {
    child: Child,
    lines: Receiver<String>,
}

impl Program {
    pub(crate) fn start(command: &mut Command) -> Result<Self, Failed> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let output = BufReader::new(child.stdout.take().ok_or("it is piped")?);
        Ok(Self {
            child,
            lines: read(output.lines()),
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Says a line to it.
    pub(crate) fn tell(&mut self, line: &str) -> Result<(), Failed> {
        let input = self.child.stdin.as_mut().ok_or("its input is not ours")?;
        Ok(writeln!(input, "{line}")?)
    }

    /// The next line that has `text` in it.
    pub(crate) fn line(&mut self, text: &str) -> Result<String, Failed> {
        let until = Instant::now() + LIMIT;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.map_err(|error| format!("it has not said {text:?}: {error}"))?;
            if line.contains(text) {
                return Ok(line);
            }
        }
    }

    /// What it still says, until its end.
    pub(crate) fn rest(&mut self) -> Result<Vec<String>, Failed> {
        let mut rest = Vec::new();
        loop {
            match self.lines.recv_timeout(LIMIT) {
                Ok(line) => rest.push(line),
                Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(rest),
                Err(error) => return Err(format!("it does not end: {error}, after {rest:?}").into()),
            }
        }
    }

    /// Ends it by SIGTERM.
    pub(crate) fn end(mut self) -> Result<ExitStatus, Failed> {
        PidFd::open(self.pid())?.send_signal(Signal::TERM)?;
        // Its output ends with it, and that wait has a limit.
        self.rest()?;
        Ok(self.child.wait()?)
    }
}

/// Reads lines on a thread of their own, so that who waits for one need not wait for ever.
fn read(lines: Lines<BufReader<ChildStdout>>) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

impl Drop for Program {
    fn drop(&mut self) {
        // Nothing to do for one that has ended.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
