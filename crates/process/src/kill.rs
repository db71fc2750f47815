//! Signals to other processes, by their numbers.

use std::fmt;
use std::io;

use ferronode_sys::Signal;

/// Sends a signal to a process; to a group where the number is negative, to one's own where it is 0.
///
/// A number may have passed to another process: `ChildProcess::kill` of ferronode-child cannot meet the wrong one.
///
/// # Errors
///
/// [`KillError`]: there is no such process, or it is somebody else's.
///
/// In Node: [`process.kill`](https://nodejs.org/docs/latest-v20.x/api/process.html#processkillpid-signal).
pub fn kill(pid: impl Into<i64>, signal: Signal) -> Result<(), KillError> {
    send(pid.into(), Some(signal))
}

/// Looks whether a signal could be sent to a process: Node's `process.kill(pid, 0)`.
///
/// # Errors
///
/// As [`kill`].
#[doc(alias = "kill")]
pub fn can_kill(pid: impl Into<i64>) -> Result<(), KillError> {
    send(pid.into(), None)
}

fn send(pid: i64, signal: Option<Signal>) -> Result<(), KillError> {
    // No process has a number that the kernel has no room for.
    let outcome = match i32::try_from(pid) {
        Ok(pid) => ferronode_sys::kill(pid, signal),
        Err(_) => Err(io::Error::from_raw_os_error(NO_SUCH_PROCESS)),
    };
    outcome.map_err(|error| KillError { pid, signal, error })
}

/// `ESRCH`.
const NO_SUCH_PROCESS: i32 = 3;

/// The signal was not sent.
#[derive(Debug)]
#[non_exhaustive]
pub struct KillError {
    /// Whom it was meant for.
    pub pid: i64,
    /// The signal; `None` where it was only asked whether one could be sent.
    pub signal: Option<Signal>,
    /// Why not.
    pub error: io::Error,
}

impl KillError {
    /// Node's code: the system's, `"ESRCH"`, `"EPERM"`.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        ferronode_sys::error_name(&self.error)
    }
}

impl fmt::Display for KillError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.signal {
            Some(signal) => write!(f, "kill {} with {signal}: {}", self.pid, self.error),
            None => write!(f, "process {}: {}", self.pid, self.error),
        }
    }
}

impl std::error::Error for KillError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
