//! A program under test that says what it does, line by line.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};

use ferronode_cluster::Signal;
use ferronode_sys::PidFd;
use libtest_mimic::Failed;

/// A program whose lines are read. It is killed if the case fails before its end.
pub(crate) struct Program {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Program {
    pub(crate) fn start(command: &mut Command) -> Result<Self, Failed> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("it is piped")?).lines();
        Ok(Self { child, lines })
    }

    /// The next line that has `text` in it.
    pub(crate) fn line(&mut self, text: &str) -> Result<String, Failed> {
        for line in &mut self.lines {
            let line = line?;
            if line.contains(text) {
                return Ok(line);
            }
        }
        Err(format!("it ended before it said {text:?}").into())
    }

    /// Ends it by SIGTERM.
    pub(crate) fn end(mut self) -> Result<ExitStatus, Failed> {
        PidFd::open(self.child.id())?.send_signal(Signal::TERM)?;
        Ok(self.child.wait()?)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Nothing to do for one that has ended.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
