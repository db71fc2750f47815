//! What can go wrong with a child: in starting it, and on its channel.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::PathBuf;

use ferronode_ipc::RecvError;
use ferronode_sys::error_name;

/// A program could not be started, and nothing was. Node reports most of these by an `'error'` event.
#[derive(Debug)]
pub struct SpawnError {
    /// The program, as it was given; with a shell, the shell.
    pub program: OsString,
    /// Its arguments, without its name.
    pub arguments: Vec<OsString>,
    /// The working directory that was asked for.
    pub directory: Option<PathBuf>,
    /// Why.
    pub reason: SpawnErrorReason,
}

/// Why a program could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum SpawnErrorReason {
    /// The system refused: no such program, no right to run it or to be that user, too long a command, too many processes.
    Program(io::Error),
    /// The working directory is not there.
    Directory(io::Error),
    /// A string holds a NUL byte, or a variable of the environment has no name.
    Text(ferronode_sys::SpawnError),
    /// The program has no name.
    Empty,
    /// More than one descriptor is to be the channel.
    TwoChannels,
    /// A call that waits for the child's end has nobody to read a channel.
    ChannelInSync,
    /// A pipe or the channel could not be made: descriptors have run out, as a rule.
    Stdio(io::Error),
}

impl SpawnErrorReason {
    /// Node's code: `"ENOENT"`, `"ERR_INVALID_ARG_VALUE"`.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Program(error) | Self::Directory(error) | Self::Stdio(error) => error_name(error),
            Self::Text(_) | Self::Empty => Some("ERR_INVALID_ARG_VALUE"),
            Self::TwoChannels => Some("ERR_IPC_ONE_PIPE"),
            Self::ChannelInSync => Some("ERR_IPC_SYNC_FORK"),
        }
    }

    /// The system's number of the error, if it is one of the system's.
    #[must_use]
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::Program(error) | Self::Directory(error) | Self::Stdio(error) => error.raw_os_error(),
            _ => None,
        }
    }
}

impl SpawnError {
    /// Node's code: `"ENOENT"`, `"ERR_INVALID_ARG_VALUE"`.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        self.reason.code()
    }
}

impl From<ferronode_sys::SpawnError> for SpawnErrorReason {
    fn from(error: ferronode_sys::SpawnError) -> Self {
        match error {
            ferronode_sys::SpawnError::Io(error) => Self::Program(error),
            error => Self::Text(error),
        }
    }
}

impl fmt::Display for SpawnErrorReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program(error) => write!(f, "{error}"),
            Self::Directory(error) => write!(f, "the working directory: {error}"),
            Self::Text(error) => write!(f, "{error}"),
            Self::Empty => f.write_str("the program has no name"),
            Self::TwoChannels => f.write_str("a child can have one channel only"),
            Self::ChannelInSync => f.write_str("a call that waits for the child's end cannot give it a channel"),
            Self::Stdio(error) => write!(f, "its pipes: {error}"),
        }
    }
}

impl std::error::Error for SpawnErrorReason {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Program(error) | Self::Directory(error) | Self::Stdio(error) => Some(error),
            Self::Text(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = self.program.display();
        match (&self.reason, &self.directory) {
            (SpawnErrorReason::Directory(error), Some(directory)) => {
                write!(f, "cannot start {program} in {}: {error}", directory.display())
            }
            (reason, _) => write!(f, "cannot start {program}: {reason}"),
        }
    }
}

impl std::error::Error for SpawnError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.reason)
    }
}

/// A program could not be forked. Node reports it by an `'error'` event.
#[derive(Debug)]
pub struct ForkError {
    /// The program.
    pub program: PathBuf,
    /// Why.
    pub reason: ForkErrorReason,
}

/// Why a program could not be forked.
#[derive(Debug)]
#[non_exhaustive]
pub enum ForkErrorReason {
    /// It could not be started.
    Spawn(SpawnErrorReason),
    /// The channel could not be made.
    Channel(io::Error),
}

impl From<SpawnError> for ForkError {
    fn from(error: SpawnError) -> Self {
        Self {
            program: error.program.into(),
            reason: match error.reason {
                SpawnErrorReason::Stdio(error) => ForkErrorReason::Channel(error),
                reason => ForkErrorReason::Spawn(reason),
            },
        }
    }
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

/// The child was ended by its [`AbortHandle`](crate::AbortHandle): Node's `AbortError`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aborted;

impl Aborted {
    /// Node's code, `"ABORT_ERR"`.
    #[must_use]
    pub fn code(self) -> &'static str {
        "ABORT_ERR"
    }
}

impl fmt::Display for Aborted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The operation was aborted")
    }
}

impl std::error::Error for Aborted {}
