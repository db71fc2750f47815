//! How a child ends, and in which order that is told. Pure.
//!
//! Rule 1: `disconnect` comes when the channel has ended, after the last message.
//! Rule 2: `exit` comes when the process has ended, after everything that it had sent. It waits for nothing else:
//! a grandchild that holds a copy of the channel delays `disconnect` and `close`, never `exit`.
//! Rule 3: `close` comes when both have come, and is the last of all.
//! Rule 4: each comes once.
//!
//! ```text
//!                       process ended: exit
//!   ┌─────────────────┐ ───────────────────> ┌─────────────────┐
//!   │ runs, connected │                      │ dead, connected │
//!   └─────────────────┘                      └─────────────────┘
//!     │ channel ended:                         │ channel ended:
//!     v disconnect                             v disconnect, close
//!   ┌─────────────────┐ process ended:       ┌─────────────────┐
//!   │ runs, no channel│ ───────────────────> │     closed      │
//!   └─────────────────┘ exit, close          └─────────────────┘
//! ```
//!
//! In Node a parent that has itself called `disconnect()` never sees `close`. Here it does.
//!
//! In Node: `lib/internal/child_process.js`, `maybeClose`.

use std::fmt;
use std::os::unix::process::ExitStatusExt;

use ferronode_sys::{Signal, Wait};

/// How a process has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Exit {
    /// It exited by itself, with this code.
    Code(i32),
    /// A signal ended it.
    Signal(Signal),
    /// It has ended, but somebody else in this process has taken its status.
    Unknown,
}

impl Exit {
    /// The exit code, if it exited by itself.
    #[must_use]
    pub fn code(self) -> Option<i32> {
        match self {
            Self::Code(code) => Some(code),
            Self::Signal(_) | Self::Unknown => None,
        }
    }

    /// The signal that ended it, if one did.
    #[must_use]
    pub fn signal(self) -> Option<Signal> {
        match self {
            Self::Signal(signal) => Some(signal),
            Self::Code(_) | Self::Unknown => None,
        }
    }

    /// Whether it exited with code 0.
    #[must_use]
    pub fn success(self) -> bool {
        self == Self::Code(0)
    }

    /// How it ended, or `None` while it runs.
    pub(crate) fn of(wait: Wait) -> Option<Self> {
        match wait {
            Wait::Running => None,
            Wait::ReapedElsewhere => Some(Self::Unknown),
            Wait::Ended(status) => Some(match (status.code(), status.signal().and_then(Signal::from_number)) {
                (Some(code), _) => Self::Code(code),
                (None, Some(signal)) => Self::Signal(signal),
                (None, None) => Self::Unknown,
            }),
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "{signal}"),
            Self::Unknown => f.write_str("unknown status: somebody else has reaped it"),
        }
    }
}

/// What has ended so far.
#[derive(Debug, Default)]
pub(crate) struct Endings {
    disconnected: bool,
    exit: Option<Exit>,
}

/// What is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    Disconnect,
    Exit(Exit),
    Close(Exit),
}

impl Endings {
    pub(crate) fn channel_ended(&mut self) -> Vec<Told> {
        if std::mem::replace(&mut self.disconnected, true) {
            return Vec::new();
        }
        [Told::Disconnect]
            .into_iter()
            .chain(self.exit.map(Told::Close))
            .collect()
    }

    pub(crate) fn process_ended(&mut self, exit: Exit) -> Vec<Told> {
        if self.exit.is_some() {
            return Vec::new();
        }
        self.exit = Some(exit);
        [Told::Exit(exit)]
            .into_iter()
            .chain(self.disconnected.then_some(Told::Close(exit)))
            .collect()
    }

    pub(crate) fn is_connected(&self) -> bool {
        !self.disconnected
    }

    pub(crate) fn is_running(&self) -> bool {
        self.exit.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXIT: Exit = Exit::Code(3);

    #[test]
    fn close_comes_last_whichever_ends_first() {
        let mut endings = Endings::default();
        assert_eq!(endings.channel_ended(), [Told::Disconnect]);
        assert_eq!(endings.process_ended(EXIT), [Told::Exit(EXIT), Told::Close(EXIT)]);

        let mut endings = Endings::default();
        assert_eq!(endings.process_ended(EXIT), [Told::Exit(EXIT)]);
        assert!(endings.is_connected() && !endings.is_running());
        assert_eq!(endings.channel_ended(), [Told::Disconnect, Told::Close(EXIT)]);
    }

    #[test]
    fn each_comes_once() {
        let mut endings = Endings::default();
        endings.channel_ended();
        endings.process_ended(EXIT);
        assert_eq!(
            (endings.channel_ended(), endings.process_ended(Exit::Unknown)),
            (vec![], vec![])
        );
    }
}
