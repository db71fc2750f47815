//! How a child ends, and in which order that is told. Pure.
//!
//! Rule 1: `disconnect` comes when the channel has ended, after the last message.
//! Rule 2: `exit` comes when the process has ended, after everything that it had sent on the channel, unless that is more
//! than may be held until somebody listens. It waits for nothing else: a grandchild that holds a copy of a pipe or of the
//! channel delays `close`, never `exit`.
//! Rule 3: `close` comes when the process, its channel and every stream from it have ended, and is the last of all.
//! Rule 4: each comes once.
//!
//! ```text
//!                       process ended: exit
//!   ┌─────────────────┐ ───────────────────> ┌─────────────────┐
//!   │ runs            │                      │ dead            │
//!   │ channel, n pipes│                      │ channel, n pipes│
//!   └─────────────────┘                      └─────────────────┘
//!     │ channel ended: disconnect              │ channel ended: disconnect
//!     │ a pipe ended: n - 1                    │ a pipe ended: n - 1
//!     v                                        v at the last of them: close
//!   ┌─────────────────┐ process ended:       ┌─────────────────┐
//!   │ runs, nothing   │ ───────────────────> │     closed      │
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
#[derive(Debug)]
pub(crate) struct Endings {
    is_connected: bool,
    open_streams: usize,
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
    pub(crate) fn new(has_channel: bool, streams: usize) -> Self {
        Self {
            is_connected: has_channel,
            open_streams: streams,
            exit: None,
        }
    }

    pub(crate) fn channel_ended(&mut self) -> Vec<Told> {
        if !std::mem::replace(&mut self.is_connected, false) {
            return Vec::new();
        }
        [Told::Disconnect].into_iter().chain(self.close()).collect()
    }

    pub(crate) fn stream_ended(&mut self) -> Vec<Told> {
        if self.open_streams == 0 {
            return Vec::new();
        }
        self.open_streams -= 1;
        self.close().into_iter().collect()
    }

    pub(crate) fn process_ended(&mut self, exit: Exit) -> Vec<Told> {
        if self.exit.is_some() {
            return Vec::new();
        }
        self.exit = Some(exit);
        [Told::Exit(exit)].into_iter().chain(self.close()).collect()
    }

    /// What is told when this was the last thing to end.
    fn close(&self) -> Option<Told> {
        let is_last = !self.is_connected && self.open_streams == 0;
        self.exit.filter(|_| is_last).map(Told::Close)
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.is_connected
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
        let mut endings = Endings::new(true, 0);
        assert_eq!(endings.channel_ended(), [Told::Disconnect]);
        assert_eq!(endings.process_ended(EXIT), [Told::Exit(EXIT), Told::Close(EXIT)]);

        let mut endings = Endings::new(true, 0);
        assert_eq!(endings.process_ended(EXIT), [Told::Exit(EXIT)]);
        assert!(endings.is_connected() && !endings.is_running());
        assert_eq!(endings.channel_ended(), [Told::Disconnect, Told::Close(EXIT)]);
    }

    #[test]
    fn close_waits_for_every_stream_and_for_nothing_where_there_is_none() {
        let mut endings = Endings::new(false, 2);
        assert_eq!(endings.stream_ended(), []);
        assert_eq!(endings.process_ended(EXIT), [Told::Exit(EXIT)]);
        assert_eq!(endings.stream_ended(), [Told::Close(EXIT)]);
        assert_eq!(
            Endings::new(false, 0).process_ended(EXIT),
            [Told::Exit(EXIT), Told::Close(EXIT)]
        );
    }

    #[test]
    fn each_comes_once() {
        let mut endings = Endings::new(true, 0);
        endings.channel_ended();
        endings.process_ended(EXIT);
        assert_eq!(
            (endings.channel_ended(), endings.process_ended(Exit::Unknown)),
            (vec![], vec![])
        );
    }
}
