//! Signals by name and number: a listener takes the place of what the signal does by default.
//!
//! Rule: a signal is caught while somebody listens for it, and not a moment longer. When the last listener goes, by
//! whatever way, the kernel does with it what it did before the first one came.
//!
//! ```text
//!   kernel ──> handler: a bit ──> pipe ──> thread "signals" ── wakes ──> the loop: takes the bits, calls the listeners
//!                                             └── where no loop runs it calls them itself
//! ```
//!
//! Surprise: listeners for signals do not keep the loop alive. It is so in Node.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread;

use ferronode_events::{ListenerId, Named};
use ferronode_sys::{Trap, TrapError};

pub use ferronode_sys::Signal;

use crate::events::emitter;
use crate::{event_loop, wake};

/// The signals that are caught now.
static TRAPS: Mutex<Option<HashMap<Signal, Trap>>> = Mutex::new(None);

/// Listens for a signal, in the place of what it does by default.
///
/// ```
/// use ferronode_process::{Signal, on_signal, remove};
///
/// let id = on_signal(Signal::HUP, |signal| println!("{signal}: reading the settings again"))?;
/// // From here on SIGHUP ends the program again.
/// remove(id);
/// # Ok::<(), ferronode_process::SignalError>(())
/// ```
///
/// # Errors
///
/// [`SignalError`]: SIGKILL and SIGSTOP go to no program, and of SIGSEGV and its like none should live on.
///
/// In Node: [signal events](https://nodejs.org/docs/latest-v20.x/api/process.html#signal-events).
#[track_caller]
pub fn on_signal(
    signal: Signal,
    listener: impl Fn(&Signal) + Send + Sync + 'static,
) -> Result<ListenerId, SignalError> {
    listen(signal, |name| emitter().on(name, listener))
}

/// As [`on_signal`], for the next time only: already while the listener runs, the signal does what it did before.
///
/// # Errors
///
/// As [`on_signal`].
#[track_caller]
pub fn once_signal(
    signal: Signal,
    listener: impl Fn(&Signal) + Send + Sync + 'static,
) -> Result<ListenerId, SignalError> {
    listen(signal, |name| emitter().once(name, listener))
}

/// Counts the listeners of one signal.
#[must_use]
pub fn signal_listener_count(signal: Signal) -> usize {
    emitter().listener_count(Named::<Signal>::new(&signal.to_string()))
}

fn listen(signal: Signal, add: impl FnOnce(Named<'_, Signal>) -> ListenerId) -> Result<ListenerId, SignalError> {
    start_thread()?;
    catch(signal)?;
    let id = add(Named::new(&signal.to_string()));
    // Somebody may have removed another listener, the last one then, between the two.
    if let Err(error) = catch(signal) {
        emitter().remove(id);
        return Err(error);
    }
    Ok(id)
}

fn catch(signal: Signal) -> Result<(), SignalError> {
    if let Entry::Vacant(vacant) = traps().get_or_insert_default().entry(signal) {
        vacant.insert(Trap::set(signal).map_err(SignalError::Trap)?);
    }
    Ok(())
}

/// Gives back the signals that nobody listens for any more.
pub(crate) fn release_unheard() {
    if let Some(traps) = traps().as_mut() {
        traps.retain(|signal, _| signal_listener_count(*signal) > 0);
    }
}

fn traps() -> MutexGuard<'static, Option<HashMap<Signal, Trap>>> {
    TRAPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls the listeners of the signals that have come; on the loop's thread, or where there is no loop.
pub(crate) fn deliver(mut call: impl FnMut(&dyn Fn())) -> bool {
    let mut any = false;
    for signal in ferronode_sys::arrived() {
        any = true;
        call(&|| {
            emitter().emit(Named::new(&signal.to_string()), &signal);
        });
    }
    any
}

/// Starts the thread that waits for signals, once.
fn start_thread() -> Result<(), SignalError> {
    static STARTED: Once = Once::new();
    let mut outcome = Ok(());
    STARTED.call_once(|| {
        let thread = thread::Builder::new().name("signals".to_owned()).stack_size(256 << 10);
        outcome = thread.spawn(attend).map(drop).map_err(SignalError::Thread);
    });
    outcome
}

fn attend() {
    while ferronode_sys::wait_for_signals().is_ok() {
        if event_loop::is_running() {
            wake::wake();
        } else {
            // A panic has been printed; it ends its listener's call.
            deliver(|emit| drop(std::panic::catch_unwind(std::panic::AssertUnwindSafe(emit))));
        }
    }
}

/// A signal cannot be listened for.
#[derive(Debug)]
#[non_exhaustive]
pub enum SignalError {
    /// It cannot be caught: by nobody, or not here.
    Trap(TrapError),
    /// The thread that waits for signals could not be started.
    Thread(io::Error),
}

impl SignalError {
    /// Node's code: `"EINVAL"` for a signal that cannot be caught.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Trap(error) => error.code(),
            Self::Thread(error) => ferronode_sys::error_name(error),
        }
    }
}

impl std::fmt::Display for SignalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Trap(error) => write!(f, "{error}"),
            Self::Thread(error) => write!(f, "the thread that waits for signals was not started: {error}"),
        }
    }
}

impl std::error::Error for SignalError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Trap(error) => Some(error),
            Self::Thread(error) => Some(error),
        }
    }
}
