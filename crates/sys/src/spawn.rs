//! A program started in a new process, with exactly the descriptors that it is to have.
//!
//! Never `fork`: its cost grows with the parent (76 ms at 2 GiB), where a process that shares the parent's memory until its
//! `exec` costs the same for all. What happens between birth and exec is in `birth.rs`.
//!
//! The descriptor map is carried out as if all its moves happened at once, so that it may swap:
//!
//! ```text
//! wanted    7 -> 0   0 -> 7            (source -> target)
//! parked    7 => 8   0 => 9            dup above the highest target, close-on-exec, in the parent; what is above it stays
//! moves     dup2(8, 0)   dup2(9, 7)    in the child; dup2 clears close-on-exec on the target and only there
//! exec      8 and 9 vanish, and so does everything else that is close-on-exec
//! ```

use std::ffi::{CString, OsStr, OsString};
use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use nix::fcntl::{FcntlArg, fcntl};

use crate::birth::{Birth, Identity, Move};
use crate::pidfd::PidFd;
use crate::scheduling::gives_way;

/// What to start, and with what: filled in by the caller, carried out by [`Spawn::start`].
#[derive(Debug)]
pub struct Spawn<'a> {
    program: CString,
    arguments: Vec<CString>,
    environment: Vec<CString>,
    directory: Option<CString>,
    descriptors: Vec<(BorrowedFd<'a>, RawFd)>,
    kept: Vec<RawFd>,
    new_session: bool,
    identity: Identity,
}

/// A process that has just been started.
#[derive(Debug)]
pub struct Spawned {
    /// Its number, for people and logs.
    pub pid: u32,
    /// The descriptor by which it is waited for and signalled.
    pub pidfd: PidFd,
}

impl<'a> Spawn<'a> {
    /// Begins with a program given by its path (no search), `argument_zero` as its `argv[0]`, and an empty environment.
    ///
    /// # Errors
    ///
    /// [`SpawnError::Nul`] for a path or argument with a NUL byte, here and in the methods below.
    pub fn new(program: &Path, argument_zero: &OsStr) -> Result<Self, SpawnError> {
        Ok(Self {
            program: c_string("the program", program.as_os_str())?,
            arguments: vec![c_string("an argument", argument_zero)?],
            environment: Vec::new(),
            directory: None,
            descriptors: Vec::new(),
            kept: Vec::new(),
            new_session: false,
            identity: Identity::default(),
        })
    }

    /// Adds an argument.
    ///
    /// # Errors
    ///
    /// [`SpawnError::Nul`]
    pub fn argument(&mut self, argument: &OsStr) -> Result<&mut Self, SpawnError> {
        self.arguments.push(c_string("an argument", argument)?);
        Ok(self)
    }

    /// Adds a variable to the environment.
    ///
    /// # Errors
    ///
    /// [`SpawnError::Nul`]; [`SpawnError::VariableName`] for a name that is empty or holds `=`.
    pub fn variable(&mut self, name: &OsStr, value: &OsStr) -> Result<&mut Self, SpawnError> {
        if name.is_empty() || name.as_bytes().contains(&b'=') {
            return Err(SpawnError::VariableName {
                name: name.to_string_lossy().into_owned(),
            });
        }
        let mut entry = OsString::with_capacity(name.len() + value.len() + "=\0".len());
        entry.push(name);
        entry.push("=");
        entry.push(value);
        self.environment.push(c_string("a variable of the environment", entry)?);
        Ok(self)
    }

    /// Starts the program in another working directory.
    ///
    /// # Errors
    ///
    /// [`SpawnError::Nul`]
    pub fn directory(&mut self, directory: &Path) -> Result<&mut Self, SpawnError> {
        self.directory = Some(c_string("the working directory", directory.as_os_str())?);
        Ok(self)
    }

    /// Gives `source` to the program as its descriptor `target`.
    ///
    /// Targets that nobody names keep what the parent has there if that is not close-on-exec: 0, 1 and 2 as a rule.
    /// When a target is named twice, the last wins.
    pub fn descriptor(&mut self, source: BorrowedFd<'a>, target: RawFd) -> &mut Self {
        self.descriptors.push((source, target));
        self
    }

    /// Passes on what this process has as descriptor `number`, under the same number.
    ///
    /// If there is none, [`start`](Self::start) fails with `EBADF`.
    pub fn keep(&mut self, number: RawFd) -> &mut Self {
        self.kept.push(number);
        self
    }

    /// Makes the program the leader of a new session and process group, away from the parent's terminal.
    pub fn new_session(&mut self) -> &mut Self {
        self.new_session = true;
        self
    }

    /// Runs the program as the user of this number. Supplementary groups are given up if the right to do so is there.
    pub fn user(&mut self, uid: u32) -> &mut Self {
        self.identity.user = Some(uid);
        self
    }

    /// Runs the program in the group of this number. Supplementary groups as in [`user`](Self::user).
    pub fn group(&mut self, gid: u32) -> &mut Self {
        self.identity.group = Some(gid);
        self
    }

    /// Starts the program.
    ///
    /// It begins with no signal blocked, and with every signal at its default. The call returns when the program has been
    /// loaded, or could not be. Its pidfd is made with it: nobody can reap it before we hold it.
    ///
    /// # Errors
    ///
    /// [`SpawnError::Io`] with what the kernel says: `NotFound` and `PermissionDenied` for the program or directory,
    /// `ENOEXEC`, `EMFILE`, `EAGAIN`, `ENOMEM`, `EPERM` for a user that one may not be. Nothing was started then.
    ///
    /// # References
    ///
    /// [`clone(2)`](https://man7.org/linux/man-pages/man2/clone.2.html), CLONE_VFORK and CLONE_PIDFD;
    /// [`execve(2)`](https://man7.org/linux/man-pages/man2/execve.2.html)
    pub fn start(&self) -> Result<Spawned, SpawnError> {
        let parked = self.park()?;
        let targets = self.descriptors.iter().map(|(_, target)| *target);
        let moves: Vec<Move> = parked
            .iter()
            .map(Parked::number)
            .zip(targets)
            .chain(self.kept.iter().map(|number| (*number, *number)))
            .collect();
        let (pid, pidfd) = Birth {
            program: &self.program,
            arguments: &self.arguments,
            environment: &self.environment,
            directory: self.directory.as_deref(),
            moves: &moves,
            new_session: self.new_session,
            identity: self.identity,
            competes: gives_way(),
        }
        .give()?;
        Ok(Spawned { pid, pidfd })
    }

    /// Duplicates the sources that are not above the highest target, so that no dup2 overwrites one still needed.
    fn park(&self) -> io::Result<Vec<Parked<'a>>> {
        let targets = self.descriptors.iter().map(|(_, target)| target).chain(&self.kept);
        let above = 1 + targets.max().copied().unwrap_or(0);
        let sources = self.descriptors.iter().map(|(source, _)| *source);
        sources
            .map(|source| match source.as_raw_fd() >= above {
                true => Ok(Parked::There(source)),
                false => duplicate_above(source, above).map(Parked::Copied),
            })
            .collect()
    }
}

/// A source where no move of another overwrites it.
enum Parked<'a> {
    /// It was there already.
    There(BorrowedFd<'a>),
    Copied(OwnedFd),
}

impl Parked<'_> {
    fn number(&self) -> RawFd {
        match self {
            Self::There(fd) => fd.as_raw_fd(),
            Self::Copied(fd) => fd.as_raw_fd(),
        }
    }
}

/// Why a program could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum SpawnError {
    /// A string for the kernel holds a NUL byte, where C strings end.
    Nul {
        /// Which string it was.
        what: &'static str,
        /// The string, shown with its NUL escaped.
        found: String,
    },
    /// A variable of the environment has a name that cannot be one.
    VariableName {
        /// The name that was given.
        name: String,
    },
    /// The kernel refused.
    Io(io::Error),
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nul { what, found } => write!(f, "{what} must not contain a NUL byte: {found}"),
            Self::VariableName { name } => {
                write!(f, "a variable needs a name without '=', found {name:?}")
            }
            Self::Io(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for SpawnError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Nul { .. } | Self::VariableName { .. } => None,
        }
    }
}

impl From<io::Error> for SpawnError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<SpawnError> for io::Error {
    fn from(error: SpawnError) -> Self {
        match error {
            SpawnError::Io(error) => error,
            error => Self::new(io::ErrorKind::InvalidInput, error),
        }
    }
}

fn c_string(what: &'static str, text: impl Into<OsString>) -> Result<CString, SpawnError> {
    CString::new(text.into().into_vec()).map_err(|error| SpawnError::Nul {
        what,
        found: format!("{:?}", OsString::from_vec(error.into_vec())),
    })
}

fn duplicate_above(source: BorrowedFd<'_>, above: RawFd) -> io::Result<OwnedFd> {
    use std::os::fd::FromRawFd;
    let fd = fcntl(source, FcntlArg::F_DUPFD_CLOEXEC(above))?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
