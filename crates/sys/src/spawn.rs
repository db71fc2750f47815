//! A program started in a new process, with exactly the descriptors that it is to have: `posix_spawn`.
//!
//! Never `fork`: its cost grows with the parent (76 ms at 2 GiB), where `posix_spawn` shares the parent's memory until
//! the `exec` and costs the same for all.
//!
//! The descriptor map is carried out as if all its moves happened at once, so that it may swap:
//!
//! ```text
//! wanted    7 -> 0   0 -> 7            (source -> target)
//! parked    7 => 8   0 => 9            dup above the highest target, close-on-exec, in the parent
//! actions   dup2(8, 0)   dup2(9, 7)    in the child; dup2 clears close-on-exec on the target and only there
//! exec      8 and 9 vanish, and so does everything else that is close-on-exec
//! ```

use std::ffi::{CStr, CString, OsStr};
use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use nix::fcntl::{FcntlArg, fcntl};

use crate::pidfd::PidFd;

/// What to start, and with what: filled in by the caller, carried out by [`Spawn::start`].
#[derive(Debug)]
pub struct Spawn<'a> {
    program: CString,
    arguments: Vec<CString>,
    environment: Vec<CString>,
    directory: Option<CString>,
    descriptors: Vec<(BorrowedFd<'a>, RawFd)>,
    new_session: bool,
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
            new_session: false,
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
        let mut entry = name.to_owned();
        entry.push("=");
        entry.push(value);
        self.environment
            .push(c_string("a variable of the environment", &entry)?);
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

    /// Makes the program the leader of a new session, away from the parent's terminal.
    pub fn new_session(&mut self) -> &mut Self {
        self.new_session = true;
        self
    }

    /// Starts the program.
    ///
    /// It begins with no signal blocked, and with SIGPIPE at its default (Rust programs ignore it, their children need
    /// not know). The call returns when the program has been loaded, or could not be.
    ///
    /// # Errors
    ///
    /// [`SpawnError::Io`] with what the kernel says: `NotFound` and `PermissionDenied` for the program or directory,
    /// `EMFILE`, `EAGAIN`, `ENOMEM`. Nothing was started then.
    ///
    /// # References
    ///
    /// [`posix_spawn(3)`](https://man7.org/linux/man-pages/man3/posix_spawn.3.html)
    pub fn start(&self) -> Result<Spawned, SpawnError> {
        let parked = self.park()?;
        let mut actions = FileActions::new()?;
        for (fd, target) in &parked {
            actions.dup2(fd.as_raw_fd(), *target)?;
        }
        if let Some(directory) = &self.directory {
            actions.change_directory(directory)?;
        }
        let attributes = Attributes::new(self.new_session)?;
        let pid = posix_spawn(&self.program, &actions, &attributes, &self.arguments, &self.environment)?;
        drop(parked); // makes room in the table of descriptors for the one to come
        match PidFd::open(pid) {
            Ok(pidfd) => Ok(Spawned { pid, pidfd }),
            Err(error) => {
                abandon(pid);
                Err(error.into())
            }
        }
    }

    /// Duplicates every source above the highest target, so that no dup2 overwrites a source still needed.
    fn park(&self) -> Result<Vec<(OwnedFd, RawFd)>, SpawnError> {
        let above = 1 + self.descriptors.iter().map(|(_, target)| *target).max().unwrap_or(0);
        let mut parked = Vec::with_capacity(self.descriptors.len());
        for (source, target) in &self.descriptors {
            parked.push((duplicate_above(*source, above)?, *target));
        }
        Ok(parked)
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

fn c_string(what: &'static str, text: &OsStr) -> Result<CString, SpawnError> {
    CString::new(text.as_bytes()).map_err(|_| SpawnError::Nul {
        what,
        found: format!("{text:?}"),
    })
}

fn duplicate_above(source: BorrowedFd<'_>, above: RawFd) -> io::Result<OwnedFd> {
    use std::os::fd::FromRawFd;
    let fd = fcntl(source, FcntlArg::F_DUPFD_CLOEXEC(above))?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn posix_spawn(
    program: &CStr,
    actions: &FileActions,
    attributes: &Attributes,
    arguments: &[CString],
    environment: &[CString],
) -> io::Result<u32> {
    let arguments = null_terminated(arguments);
    let environment = null_terminated(environment);
    let mut pid: libc::pid_t = 0;
    // SAFETY: actions and attributes are initialised; program, arguments and environment are C strings that outlive
    // the call, and the two lists end with a null pointer. posix_spawn writes to none of them.
    check(unsafe {
        libc::posix_spawn(
            &raw mut pid,
            program.as_ptr(),
            &raw const actions.0,
            &raw const attributes.0,
            arguments.as_ptr(),
            environment.as_ptr(),
        )
    })?;
    Ok(pid.cast_unsigned())
}

/// Ends and reaps a child that cannot be held by a pidfd, so that a failed start leaves no process behind.
fn abandon(pid: u32) {
    let pid = pid.cast_signed();
    // SAFETY: takes integers; the child has not been reaped, so its number is still its own.
    unsafe { libc::kill(pid, libc::SIGKILL) };
    // SAFETY: a null status is allowed. The wait is short: the child is dying.
    unsafe { libc::waitpid(pid, ptr::null_mut(), 0) };
}

fn null_terminated(strings: &[CString]) -> Vec<*mut libc::c_char> {
    strings
        .iter()
        .map(|string| string.as_ptr().cast_mut())
        .chain([ptr::null_mut()])
        .collect()
}

/// The posix_spawn family returns the error instead of setting errno.
fn check(error: i32) -> io::Result<()> {
    if error == 0 {
        Ok(())
    } else {
        Err(io::Error::from_raw_os_error(error))
    }
}

/// What the child does between its birth and the exec, in order.
struct FileActions(libc::posix_spawn_file_actions_t);

impl FileActions {
    fn new() -> io::Result<Self> {
        let mut actions = MaybeUninit::uninit();
        // SAFETY: init fills the memory that it is given.
        check(unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) })?;
        // SAFETY: init has succeeded.
        Ok(Self(unsafe { actions.assume_init() }))
    }

    fn dup2(&mut self, from: RawFd, to: RawFd) -> io::Result<()> {
        // SAFETY: the actions are initialised; the numbers are only looked at in the child.
        check(unsafe { libc::posix_spawn_file_actions_adddup2(&raw mut self.0, from, to) })
    }

    fn change_directory(&mut self, directory: &CStr) -> io::Result<()> {
        // SAFETY: the actions are initialised, and the path is copied.
        check(unsafe { libc::posix_spawn_file_actions_addchdir_np(&raw mut self.0, directory.as_ptr()) })
    }
}

impl Drop for FileActions {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`, destroyed here alone.
        unsafe { libc::posix_spawn_file_actions_destroy(&raw mut self.0) };
    }
}

/// What the child is, besides its descriptors: signals and session.
struct Attributes(libc::posix_spawnattr_t);

impl Attributes {
    fn new(new_session: bool) -> io::Result<Self> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: init fills the memory that it is given.
        check(unsafe { libc::posix_spawnattr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: init has succeeded.
        let mut attributes = Self(unsafe { attributes.assume_init() });
        let mut flags = libc::POSIX_SPAWN_SETSIGMASK | libc::POSIX_SPAWN_SETSIGDEF;
        if new_session {
            flags |= i32::from(libc::POSIX_SPAWN_SETSID);
        }
        let flags = libc::c_short::try_from(flags).expect("the flags of posix_spawn fit a short");
        let none = signal_set(&[]);
        let defaults = signal_set(&[libc::SIGPIPE]);
        // SAFETY: the attributes are initialised.
        check(unsafe { libc::posix_spawnattr_setflags(&raw mut attributes.0, flags) })?;
        // SAFETY: as above; the set is copied.
        check(unsafe { libc::posix_spawnattr_setsigmask(&raw mut attributes.0, &raw const none) })?;
        // SAFETY: as above; the set is copied.
        check(unsafe { libc::posix_spawnattr_setsigdefault(&raw mut attributes.0, &raw const defaults) })?;
        Ok(attributes)
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`, destroyed here alone.
        unsafe { libc::posix_spawnattr_destroy(&raw mut self.0) };
    }
}

fn signal_set(signals: &[i32]) -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset fills the memory that it is given.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    for signal in signals {
        // SAFETY: the set is initialised.
        unsafe { libc::sigaddset(set.as_mut_ptr(), *signal) };
    }
    // SAFETY: initialised by sigemptyset.
    unsafe { set.assume_init() }
}
