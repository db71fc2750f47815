//! What can go wrong with a child: in starting it, and on its channel.

use std::fmt;
use std::io;
use std::path::PathBuf;

use ferronode_ipc::RecvError;
use ferronode_sys::SpawnError;

/// A program could not be started. Node reports it by an `'error'` event.
#[derive(Debug)]
pub struct ForkError {
    /// The program.
    pub program: PathBuf,
    /// Why.
    pub reason: ForkErrorReason,
}

/// Why a program could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum ForkErrorReason {
    /// The system refused: no such program, no right to run it, no more processes or descriptors.
    Spawn(SpawnError),
    /// The channel could not be made.
    Channel(io::Error),
}

impl fmt::Display for ForkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = self.program.display();
        match &self.reason {
            ForkErrorReason::Spawn(error) => write!(f, "cannot start {program}: {error}"),
            ForkErrorReason::Channel(error) => write!(f, "cannot make a channel for {program}: {error}"),
        }
    }
}

impl std::error::Error for ForkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.reason {
            ForkErrorReason::Spawn(error) => Some(error),
            ForkErrorReason::Channel(error) => Some(error),
        }
    }
}

/// Something went wrong on the channel to a child, after it was started: the payload of its error event.
#[derive(Debug)]
pub struct ChannelError {
    /// The child's pid.
    pub pid: u32,
    /// What went wrong.
    pub error: RecvError,
}

impl fmt::Display for ChannelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "child {}: {}", self.pid, self.error)
    }
}

impl std::error::Error for ChannelError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
