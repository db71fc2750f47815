//! The child's end of the channel, as its parent left it in the environment.
//!
//! Rule: it is taken once, and first of all in `main`: then this process has a single thread, and the variables can be
//! removed, so that no grandchild takes the channel for its own. Later that is unsound: they stay, and a warning says so.
//!
//! In Node: `lib/internal/process/pre_execution.js`, `setupChildProcessIpcChannel`.

use std::env;
use std::fmt;
use std::io;
use std::os::fd::{OwnedFd, RawFd};
use std::sync::OnceLock;

use ferronode_sys::InheritError;

use crate::channel::Channel;
use crate::proto::{Mode, UnknownMode};

/// The variable that holds the number of the descriptor.
pub const CHANNEL_FD: &str = "NODE_CHANNEL_FD";
/// The variable that holds the name of the [`Mode`].
pub const CHANNEL_MODE: &str = "NODE_CHANNEL_SERIALIZATION_MODE";
/// The variable that makes a child the worker of a cluster.
pub const UNIQUE_ID: &str = "NODE_UNIQUE_ID";

/// The inherited end of a channel, not yet in use.
#[derive(Debug)]
pub struct Inherited {
    socket: OwnedFd,
    mode: Mode,
    unique_id: Option<String>,
}

impl Inherited {
    /// Takes the channel that this process was started with; `None` if it was started without one, or it is taken.
    ///
    /// # Errors
    ///
    /// [`InheritedError`]: the environment names a channel that is none.
    ///
    /// # References
    ///
    /// [`child_process`](https://nodejs.org/docs/latest-v20.x/api/child_process.html#optionsstdio), `'ipc'`
    pub fn take() -> Result<Option<Self>, InheritedError> {
        let Some(number) = variable(CHANNEL_FD) else {
            return Ok(None);
        };
        let fd: RawFd = number.parse().map_err(|_| InheritedError::Number { found: number })?;
        let mode = match variable(CHANNEL_MODE) {
            Some(name) => name.parse().map_err(InheritedError::Mode)?,
            None => Mode::Json,
        };
        let socket = match ferronode_sys::take(fd) {
            Ok(socket) => socket,
            // Close-on-exec now: this process has taken it before.
            Err(InheritError::NotInherited { .. }) => return Ok(None),
            Err(error) => return Err(InheritedError::Descriptor(error)),
        };
        let unique_id = variable(UNIQUE_ID);
        if let Some(id) = &unique_id {
            // The first channel is the only one.
            _ = WORKER.set(id.clone());
        }
        if let Err(error) = ferronode_sys::remove_env(&[CHANNEL_FD, CHANNEL_MODE, UNIQUE_ID]) {
            tracing::warn!(%error, "{CHANNEL_FD} stays in the environment: take the channel first in main");
        }
        Ok(Some(Self {
            socket,
            mode,
            unique_id,
        }))
    }

    /// How messages are written on it.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What `NODE_UNIQUE_ID` said: the number of this worker in its cluster.
    #[must_use]
    pub fn unique_id(&self) -> Option<&str> {
        self.unique_id.as_deref()
    }

    /// Begins to use the channel.
    ///
    /// # Errors
    ///
    /// As [`Channel::new`].
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O enabled.
    pub fn open(self) -> io::Result<Channel> {
        Channel::new(self.socket, self.mode)
    }
}

/// What `NODE_UNIQUE_ID` says, or said before the channel was taken: this process is a worker, whoever has its channel.
#[must_use]
pub fn worker_id() -> Option<String> {
    WORKER.get().cloned().or_else(|| variable(UNIQUE_ID))
}

/// The variable is removed with the channel's, and must not be forgotten: a worker that took itself for a primary would start
/// workers of its own.
static WORKER: OnceLock<String> = OnceLock::new();

/// A variable of the environment; an empty one counts as absent, as in Node.
fn variable(name: &str) -> Option<String> {
    env::var_os(name)
        .map(|value| value.to_string_lossy().into_owned())
        .filter(|value| !value.is_empty())
}

/// The environment names a channel that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InheritedError {
    /// `NODE_CHANNEL_FD` is no number.
    Number {
        /// What it is.
        found: String,
    },
    /// `NODE_CHANNEL_SERIALIZATION_MODE` names no mode known here.
    Mode(UnknownMode),
    /// The descriptor is no channel.
    Descriptor(InheritError),
}

impl fmt::Display for InheritedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { found } => write!(f, "{CHANNEL_FD}: expected the number of a descriptor, found {found:?}"),
            Self::Mode(error) => write!(f, "{CHANNEL_MODE}: {error}"),
            Self::Descriptor(error) => write!(f, "{CHANNEL_FD}: {error}"),
        }
    }
}

impl std::error::Error for InheritedError {}
