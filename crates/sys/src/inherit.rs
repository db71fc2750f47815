//! The child's half of descriptor inheritance: take the descriptor that was passed at number n, once.
//!
//! How can a bare number from the environment become an [`OwnedFd`] in safe code?
//! By the one mark that an inherited descriptor bears: its close-on-exec flag is clear, or it would not have come through
//! `exec`. Everything that Rust opens has the flag set. So [`take`] takes a descriptor only while the flag is clear,
//! and sets it: the same number cannot be taken twice, and a descriptor of this program's own cannot be taken at all.

use std::fmt;
use std::fs;
use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Mutex;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use crate::socket_kind::{SocketKind, socket_kind};

/// Takes the Unix stream socket that this process inherited as descriptor `number`, and makes it close-on-exec.
///
/// # Errors
///
/// [`InheritError`] says what was expected and what is there. A refused descriptor is left as it was.
///
/// # References
///
/// [`fcntl(2)`](https://man7.org/linux/man-pages/man2/fcntl.2.html), FD_CLOEXEC;
/// [`execve(2)`](https://man7.org/linux/man-pages/man2/execve.2.html)
pub fn take(number: RawFd) -> Result<OwnedFd, InheritError> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if number < 0 {
        return Err(InheritError::NotOpen { number });
    }
    // SAFETY: used only for fcntl and getsockopt calls within this function, which answer EBADF when it is not open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    let flags = fcntl(borrowed, FcntlArg::F_GETFD).map_err(|_| InheritError::NotOpen { number })?;
    let flags = FdFlag::from_bits_retain(flags);
    if flags.contains(FdFlag::FD_CLOEXEC) {
        return Err(InheritError::NotInherited { number });
    }
    match socket_kind(borrowed) {
        Ok(SocketKind::UnixStream) => {}
        found => {
            return Err(InheritError::NotAChannel {
                number,
                found: found.ok(),
            });
        }
    }
    fcntl(borrowed, FcntlArg::F_SETFD(flags | FdFlag::FD_CLOEXEC)).map_err(|_| InheritError::NotOpen { number })?;
    // SAFETY: the descriptor came through exec (its close-on-exec flag was clear), so no value of this program owns it;
    // the flag is set now, so that no second call can take it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Duplicates the socket that this process inherited as descriptor `number`, of whatever kind: the copy is close-on-exec,
/// and the original stays as it was, for the next who asks.
///
/// # Errors
///
/// [`InheritError`] as `InvalidInput`: as [`take`], and [`InheritError::NotASocket`] for what is none. `EMFILE` when
/// descriptors have run out.
///
/// # References
///
/// [`sd_listen_fds(3)`](https://man7.org/linux/man-pages/man3/sd_listen_fds.3.html): one who hands such sockets down
pub fn duplicate(number: RawFd) -> io::Result<OwnedFd> {
    let refused = |error: InheritError| io::Error::new(io::ErrorKind::InvalidInput, error);
    if number < 0 {
        return Err(refused(InheritError::NotOpen { number }));
    }
    // SAFETY: used only for calls within this function that answer EBADF when it is not open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    let flags = fcntl(borrowed, FcntlArg::F_GETFD).map_err(|_| refused(InheritError::NotOpen { number }))?;
    if FdFlag::from_bits_retain(flags).contains(FdFlag::FD_CLOEXEC) {
        return Err(refused(InheritError::NotInherited { number }));
    }
    match socket_kind(borrowed) {
        Ok(SocketKind::Other) | Err(_) => Err(refused(InheritError::NotASocket { number })),
        Ok(_) => borrowed.try_clone_to_owned(),
    }
}

/// Removes `names` from the environment of this process, if it has a single task.
///
/// This is the project's one call of [`std::env::remove_var`], which is unsound as soon as another thread may read the
/// environment (as `getaddrinfo` does without telling).
/// Call it first in `main`, before any runtime has started threads.
///
/// # Errors
///
/// [`TooManyTasks`] when other threads run: nothing was removed.
///
/// # References
///
/// [`setenv(3)`](https://man7.org/linux/man-pages/man3/setenv.3.html), "MT-Unsafe const:env"
#[allow(clippy::disallowed_methods)]
pub fn remove_env(names: &[&str]) -> Result<(), TooManyTasks> {
    let tasks = fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    if tasks != 1 {
        return Err(TooManyTasks { tasks });
    }
    for name in names {
        // SAFETY: this is the only thread of the process, so nobody reads or writes the environment meanwhile.
        unsafe { std::env::remove_var(name) };
    }
    Ok(())
}

/// Why [`take`] or [`duplicate`] refused a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InheritError {
    /// No descriptor of this number is open.
    NotOpen {
        /// The number asked for.
        number: RawFd,
    },
    /// It is open but close-on-exec: it was opened by this program, or taken already.
    NotInherited {
        /// The number asked for.
        number: RawFd,
    },
    /// It was inherited, but it is no socket.
    NotASocket {
        /// The number asked for.
        number: RawFd,
    },
    /// It was inherited, but it is no connected Unix stream socket.
    NotAChannel {
        /// The number asked for.
        number: RawFd,
        /// What it is, where that could be told.
        found: Option<SocketKind>,
    },
}

impl fmt::Display for InheritError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOpen { number } => write!(f, "descriptor {number} is not open"),
            Self::NotInherited { number } => {
                write!(
                    f,
                    "descriptor {number} was not inherited, or was taken already (it is close-on-exec)"
                )
            }
            Self::NotASocket { number } => write!(f, "descriptor {number}: expected a socket"),
            Self::NotAChannel { number, found } => {
                write!(
                    f,
                    "descriptor {number}: expected a connected Unix stream socket, found {found:?}"
                )
            }
        }
    }
}

impl std::error::Error for InheritError {}

impl From<InheritError> for io::Error {
    fn from(error: InheritError) -> Self {
        Self::new(io::ErrorKind::InvalidInput, error)
    }
}

/// The environment was left alone, since other threads might be reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyTasks {
    /// How many threads the process has; zero when `/proc` could not be read.
    pub tasks: usize,
}

impl fmt::Display for TooManyTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the environment can be changed with one thread only; this process has {}",
            self.tasks
        )
    }
}

impl std::error::Error for TooManyTasks {}
