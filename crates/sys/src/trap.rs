//! Signals caught: `sigaction`, and a pipe to oneself.
//!
//! Rule: a handler may do next to nothing (it may have interrupted `malloc`), so this one sets a bit and writes a byte to
//! a pipe. Somebody who may do more reads the pipe, and takes the bits. Signals that come faster are one, as in the kernel.
//! Surprise: what the signal did before is kept, and is done again when its [`Trap`] is dropped.
//!
//! ```text
//!   kernel ── SIGHUP ──> handler: bit 0 of PENDING, a byte ──> pipe ──> wait_for_signals(): somebody wakes
//!                                       └────────────────────────────── arrived(): SIGHUP
//! ```

use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use nix::errno::Errno;
use nix::fcntl::OFlag;

use crate::poll::wait_readable;
use crate::signal::Signal;

/// Signals that have come and were not taken: bit 0 is signal 1.
static PENDING: AtomicU64 = AtomicU64::new(0);
/// Where the handler writes; -1 before the pipe is made.
static BELL: AtomicI32 = AtomicI32::new(-1);

/// A signal that is caught, until this is dropped: then it does again what it did before.
#[must_use = "the signal is caught only while this lives"]
pub struct Trap {
    signal: Signal,
    before: libc::sigaction,
}

impl Trap {
    /// Catches a signal: from now on it is noted, and does nothing else.
    ///
    /// One trap at a time for each signal: two that end in another order than they began would restore the wrong thing.
    ///
    /// # Errors
    ///
    /// [`TrapError`]: no program can catch it, or should.
    ///
    /// # References
    ///
    /// [`sigaction(2)`](https://man7.org/linux/man-pages/man2/sigaction.2.html),
    /// [`signal-safety(7)`](https://man7.org/linux/man-pages/man7/signal-safety.7.html)
    pub fn set(signal: Signal) -> Result<Self, TrapError> {
        match signal {
            Signal::KILL | Signal::STOP => return Err(TrapError::Uncatchable { signal }),
            Signal::SEGV | Signal::BUS | Signal::FPE | Signal::ILL => return Err(TrapError::Fault { signal }),
            _ => {}
        }
        let refused = |error| TrapError::System { signal, error };
        let (_, bell) = pipe().map_err(refused)?;
        BELL.store(bell.as_raw_fd(), Ordering::Release);
        let handler: extern "C" fn(libc::c_int) = note;
        // SAFETY: sigaction is a C struct for which all zeroes is a value.
        let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
        action.sa_sigaction = handler as libc::sighandler_t;
        // What the signal interrupts goes on, as if nothing had been.
        action.sa_flags = libc::SA_RESTART;
        // SAFETY: the mask is a sigset_t of this stack frame.
        unsafe { libc::sigfillset(&raw mut action.sa_mask) };
        Ok(Self {
            signal,
            before: replace(signal, &action).map_err(refused)?,
        })
    }

    /// Which signal it catches.
    #[must_use]
    pub fn signal(&self) -> Signal {
        self.signal
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        // It was installed for this signal before, so that the kernel takes it again.
        _ = replace(self.signal, &self.before);
    }
}

/// The handler. Whatever it does has to be in the list of signal-safety(7).
extern "C" fn note(number: libc::c_int) {
    PENDING.fetch_or(1 << (number - 1), Ordering::SeqCst);
    let errno = Errno::last_raw();
    // SAFETY: write is async-signal-safe, one byte of a static is read, and the pipe is never closed.
    unsafe { libc::write(BELL.load(Ordering::Acquire), ptr::from_ref(&1_u8).cast(), 1) };
    // Whom the signal interrupted may be about to look at errno. A full pipe has a byte in it: that is enough.
    Errno::set_raw(errno);
}

fn replace(signal: Signal, action: &libc::sigaction) -> io::Result<libc::sigaction> {
    let mut before = MaybeUninit::uninit();
    // SAFETY: both structs live through the call; the handler is `note`, or what the kernel gave us for this signal.
    let outcome = unsafe { libc::sigaction(signal.number(), action, before.as_mut_ptr()) };
    Errno::result(outcome)?;
    // SAFETY: sigaction has succeeded, and fills the old action then.
    Ok(unsafe { before.assume_init() })
}

/// The pipe to oneself: its reading and its writing end. Made once and kept for good, since a handler may run at any time.
fn pipe() -> io::Result<&'static (OwnedFd, OwnedFd)> {
    static PIPE: OnceLock<(OwnedFd, OwnedFd)> = OnceLock::new();
    if let Some(pipe) = PIPE.get() {
        return Ok(pipe);
    }
    let pipe = nix::unistd::pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
    // Where two threads make one, the second is closed again.
    Ok(PIPE.get_or_init(|| pipe))
}

/// Takes the signals that have been caught since the last call, each once, the lowest number first.
pub fn arrived() -> impl Iterator<Item = Signal> {
    let pending = PENDING.swap(0, Ordering::SeqCst);
    (1..=64)
        .filter(move |number| pending >> (number - 1) & 1 == 1)
        .filter_map(Signal::from_number)
}

/// Whether [`arrived`] has something to give.
#[must_use]
pub fn has_arrived() -> bool {
    PENDING.load(Ordering::SeqCst) != 0
}

/// Waits until a signal is caught. Blocks the thread; for one thread of the process.
///
/// # Errors
///
/// What `pipe2`, `poll` or `read` say.
///
/// # References
///
/// [The self-pipe trick](https://cr.yp.to/docs/selfpipe.html)
pub fn wait_for_signals() -> io::Result<()> {
    let (ear, _) = pipe()?;
    wait_readable(&[ear.as_fd()])?;
    match nix::unistd::read(ear, &mut [0; 64]) {
        Ok(_) | Err(Errno::EAGAIN) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

impl fmt::Debug for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Trap").field(&self.signal).finish()
    }
}

/// A signal cannot be caught.
#[derive(Debug)]
#[non_exhaustive]
pub enum TrapError {
    /// The kernel lets nobody catch it: SIGKILL, SIGSTOP.
    Uncatchable {
        /// The signal asked for.
        signal: Signal,
    },
    /// It says that an instruction has failed, and the instruction would fail again when the handler returns:
    /// SIGSEGV, SIGBUS, SIGFPE, SIGILL.
    Fault {
        /// The signal asked for.
        signal: Signal,
    },
    /// What the system says.
    System {
        /// The signal asked for.
        signal: Signal,
        /// The error of `sigaction` or `pipe2`.
        error: io::Error,
    },
}

impl TrapError {
    /// Node's code: `"EINVAL"` for what cannot be caught.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Uncatchable { .. } | Self::Fault { .. } => Some("EINVAL"),
            Self::System { error, .. } => crate::error_name(error),
        }
    }
}

impl fmt::Display for TrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uncatchable { signal } => write!(f, "{signal} cannot be caught: the kernel keeps it to itself"),
            Self::Fault { signal } => write!(f, "{signal} is not to be caught: the fault would come again at once"),
            Self::System { signal, error } => write!(f, "{signal} cannot be caught: {error}"),
        }
    }
}

impl std::error::Error for TrapError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System { error, .. } => Some(error),
            Self::Uncatchable { .. } | Self::Fault { .. } => None,
        }
    }
}
