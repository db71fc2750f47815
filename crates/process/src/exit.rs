//! The end of the process: its code, the last callbacks, and what has to be written before.
//!
//! ```text
//!   running ── natural end, code or 0 ──────┐
//!           ── exit(code) ──────────────────┼──> ending: EXIT, once ──> output written ──> over
//!           ── uncaught error, 1 or 7 ──────┘     └─ exit(n) in a listener: n, the other listeners are skipped
//! ```
//!
//! Surprise: `exit` unwinds. What it leaves on its way up is dropped, and then the loop, which alone can wait for output,
//! writes what is queued. Node loses it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::event_loop::{self, End};
use crate::events::{EXIT, emitter};
use crate::wake;

/// How long the end waits for a parent that does not read what was sent to it.
const PATIENCE: Duration = Duration::from_secs(1);

static EXIT_CODE: Mutex<Option<i32>> = Mutex::new(None);
/// The code that another thread wants to exit with.
static ASKED: Mutex<Option<Option<i32>>> = Mutex::new(None);
static ENDING: AtomicBool = AtomicBool::new(false);
/// The process ends since somebody called [`exit`].
static EXITS: AtomicBool = AtomicBool::new(false);

/// What `exit` unwinds with: no panic, and printed by nobody.
struct ExitRequest;

/// The code that the process will end with, if it was set.
///
/// In Node: [`process.exitCode`](https://nodejs.org/docs/latest-v20.x/api/process.html#processexitcode_1).
#[doc(alias = "exitCode")]
#[must_use]
pub fn exit_code() -> Option<i32> {
    *lock(&EXIT_CODE)
}

/// Sets the code that the process will end with when it does; `None`: 0. The kernel keeps the lowest eight bits.
#[doc(alias = "exitCode")]
pub fn set_exit_code(code: impl Into<Option<i32>>) {
    *lock(&EXIT_CODE) = code.into();
}

/// Ends the process, with `code` or the one that was set: the listeners of [`EXIT`] run, nothing else does any more.
///
/// On the loop it unwinds up to the loop, which writes out what [`stdout`](crate::stdout) and [`stderr`](crate::stderr) hold
/// and ends the process. From another thread it asks the loop to, and waits for the end. Without a loop it ends the
/// process at once. Where panics abort, output that is still queued is lost.
///
/// In Node: [`process.exit`](https://nodejs.org/docs/latest-v20.x/api/process.html#processexitcode).
pub fn exit(code: impl Into<Option<i32>>) -> ! {
    let code = code.into();
    if event_loop::current().is_none() && event_loop::is_running() {
        *lock(&ASKED) = Some(code);
        wake::wake();
        loop {
            thread::park();
        }
    }
    EXITS.store(true, Ordering::Release);
    if is_ending() {
        if code.is_some() {
            set_exit_code(code);
        }
    } else {
        begin(code.or(exit_code()).unwrap_or(0));
    }
    wake::wake();
    if event_loop::current().is_none() || cfg!(panic = "abort") {
        std::process::exit(exit_code().unwrap_or(0));
    }
    resume_unwind(Box::new(ExitRequest))
}

/// Ends the process at once by SIGABRT: no listener runs, nothing is written.
///
/// In Node: [`process.abort`](https://nodejs.org/docs/latest-v20.x/api/process.html#processabort).
pub fn abort() -> ! {
    std::process::abort()
}

/// Whether something that was caught is the unwinding of `exit`.
pub(crate) fn is_request(payload: &(dyn Any + Send)) -> bool {
    payload.is::<ExitRequest>()
}

pub(crate) fn is_ending() -> bool {
    ENDING.load(Ordering::Acquire)
}

/// Begins the end with a code: tells whoever listens.
pub(crate) fn begin(code: i32) {
    set_exit_code(code);
    begin_naturally();
}

/// Begins the end with the code that was set, or 0.
pub(crate) fn begin_naturally() {
    if ENDING.swap(true, Ordering::AcqRel) {
        return;
    }
    let code = exit_code().unwrap_or(0);
    let outcome = catch_unwind(AssertUnwindSafe(|| emitter().emit(EXIT, &code)));
    if outcome.is_err_and(|payload| !is_request(&*payload)) {
        set_exit_code(1);
    }
}

/// Begins the end if another thread has asked for it.
pub(crate) fn begin_if_asked() {
    let asked = lock(&ASKED).take();
    if let Some(code) = asked
        && !is_ending()
    {
        EXITS.store(true, Ordering::Release);
        begin(code.or(exit_code()).unwrap_or(0));
    }
}

/// Waits until what was sent to the parent is written, but not for a parent that does not read.
pub(crate) async fn flush_channel(flush: impl Future<Output = ()>) {
    if tokio::time::timeout(PATIENCE, flush).await.is_err() {
        tracing::warn!("the parent does not read: what was sent to it last is lost");
    }
}

/// The loop is over.
pub(crate) fn end() -> End {
    ENDING.store(false, Ordering::Release);
    // The kernel keeps eight bits of whatever a program ends with.
    let code = exit_code().unwrap_or(0).to_le_bytes()[0];
    if EXITS.swap(false, Ordering::AcqRel) {
        End::Asked(code)
    } else {
        End::Natural(code)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
