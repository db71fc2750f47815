//! Signals by Node's names and numbers.
//!
//! A name is a promise across languages: `"SIGTERM"` in a Node script and [`Signal::TERM`] here are the same.

use std::fmt;
use std::str::FromStr;

/// A signal, by its number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signal(i32);

macro_rules! signals {
    ($($name:ident = $text:literal, $number:path;)*) => {
        impl Signal {
            $(#[doc = concat!("`", $text, "`")] pub const $name: Self = Self($number);)*
        }

        /// Every signal that has a name, as `os.constants.signals` of Node lists them on Linux.
        const NAMES: &[(&str, i32)] = &[$(($text, $number)),*];
    };
}

signals! {
    HUP = "SIGHUP", libc::SIGHUP;
    INT = "SIGINT", libc::SIGINT;
    QUIT = "SIGQUIT", libc::SIGQUIT;
    ILL = "SIGILL", libc::SIGILL;
    TRAP = "SIGTRAP", libc::SIGTRAP;
    ABRT = "SIGABRT", libc::SIGABRT;
    BUS = "SIGBUS", libc::SIGBUS;
    FPE = "SIGFPE", libc::SIGFPE;
    KILL = "SIGKILL", libc::SIGKILL;
    USR1 = "SIGUSR1", libc::SIGUSR1;
    SEGV = "SIGSEGV", libc::SIGSEGV;
    USR2 = "SIGUSR2", libc::SIGUSR2;
    PIPE = "SIGPIPE", libc::SIGPIPE;
    ALRM = "SIGALRM", libc::SIGALRM;
    TERM = "SIGTERM", libc::SIGTERM;
    CHLD = "SIGCHLD", libc::SIGCHLD;
    STKFLT = "SIGSTKFLT", libc::SIGSTKFLT;
    CONT = "SIGCONT", libc::SIGCONT;
    STOP = "SIGSTOP", libc::SIGSTOP;
    TSTP = "SIGTSTP", libc::SIGTSTP;
    TTIN = "SIGTTIN", libc::SIGTTIN;
    TTOU = "SIGTTOU", libc::SIGTTOU;
    URG = "SIGURG", libc::SIGURG;
    XCPU = "SIGXCPU", libc::SIGXCPU;
    XFSZ = "SIGXFSZ", libc::SIGXFSZ;
    VTALRM = "SIGVTALRM", libc::SIGVTALRM;
    PROF = "SIGPROF", libc::SIGPROF;
    WINCH = "SIGWINCH", libc::SIGWINCH;
    IO = "SIGIO", libc::SIGIO;
    PWR = "SIGPWR", libc::SIGPWR;
    SYS = "SIGSYS", libc::SIGSYS;
}

impl Signal {
    /// The signal of this number, if Linux has one: 1 to 64, the real-time ones included.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        (1..=64).contains(&number).then_some(Self(number))
    }

    /// Reads a name in letters of any case, as Node's `subprocess.kill` and `killSignal` do (its `process.kill` does not).
    ///
    /// # Errors
    ///
    /// [`UnknownSignal`]
    pub fn from_any_case(name: &str) -> Result<Self, UnknownSignal> {
        let unknown = || UnknownSignal { name: name.to_owned() };
        name.to_ascii_uppercase().parse().map_err(|_| unknown())
    }

    /// The number that the kernel knows.
    #[must_use]
    pub fn number(self) -> i32 {
        self.0
    }

    /// Node's name of it, `"SIGTERM"`; real-time signals have none.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        NAMES
            .iter()
            .find(|(_, number)| *number == self.0)
            .map(|(name, _)| *name)
    }
}

impl FromStr for Signal {
    type Err = UnknownSignal;

    /// Reads a name as Node does: in full and in capitals, `"SIGTERM"`.
    fn from_str(name: &str) -> Result<Self, UnknownSignal> {
        match NAMES.iter().find(|(known, _)| *known == name) {
            Some((_, number)) => Ok(Self(*number)),
            None => Err(UnknownSignal { name: name.to_owned() }),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "signal {}", self.0),
        }
    }
}

/// No signal has this name: Node's `ERR_UNKNOWN_SIGNAL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownSignal {
    /// The name that was given.
    pub name: String,
}

impl fmt::Display for UnknownSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown signal: {:?} (expected a name such as \"SIGTERM\")",
            self.name
        )
    }
}

impl std::error::Error for UnknownSignal {}
