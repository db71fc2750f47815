//! Standard input, output and error as streams.
//!
//! Rule: an inherited descriptor is never made non-blocking. The flag is the open file's, not the descriptor's: the shell
//! that started us has the same one, and would find its terminal broken. So tokio's threads read and write here, and wait.
//!
//! Rule: what was written is written, whole, before the process ends: [`run`](crate::run) waits for it, after
//! [`exit`](crate::exit) too. Node loses what a pipe had no room for.
//!
//! Surprise: standard input is read only while somebody wants it, and only then keeps the loop alive.

use std::io::{self, IsTerminal};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ferronode_stream::{Readable, Writable};

static STDIN: Mutex<Option<Readable>> = Mutex::new(None);
static STDOUT: Mutex<Option<Writable>> = Mutex::new(None);
static STDERR: Mutex<Option<Writable>> = Mutex::new(None);

/// Standard input. Each call gives the same stream.
///
/// # Panics
///
/// The first call, outside of a tokio runtime. Outside of [`run`](crate::run) the stream belongs to that runtime.
///
/// In Node: [`process.stdin`](https://nodejs.org/docs/latest-v20.x/api/process.html#processstdin).
#[must_use]
pub fn stdin() -> Readable {
    lock(&STDIN)
        .get_or_insert_with(|| Readable::new(tokio::io::stdin()))
        .clone()
}

/// Standard output. Each call gives the same stream.
///
/// Outside of [`run`](crate::run) nobody waits for it at the end: `flush` does.
///
/// # Panics
///
/// As [`stdin`].
///
/// In Node: [`process.stdout`](https://nodejs.org/docs/latest-v20.x/api/process.html#processstdout).
#[must_use]
pub fn stdout() -> Writable {
    lock(&STDOUT)
        .get_or_insert_with(|| Writable::new(tokio::io::stdout()))
        .clone()
}

/// Standard error, as [`stdout`].
///
/// # Panics
///
/// As [`stdin`].
///
/// In Node: [`process.stderr`](https://nodejs.org/docs/latest-v20.x/api/process.html#processstderr).
#[must_use]
pub fn stderr() -> Writable {
    lock(&STDERR)
        .get_or_insert_with(|| Writable::new(tokio::io::stderr()))
        .clone()
}

/// Which of standard input, output and error are terminals: Node's `isTTY`.
#[doc(alias = "isTTY")]
#[must_use]
pub fn are_terminals() -> [bool; 3] {
    [
        io::stdin().is_terminal(),
        io::stdout().is_terminal(),
        io::stderr().is_terminal(),
    ]
}

/// Waits until everything is written, or cannot be.
pub(crate) async fn flush() {
    for stream in [&STDOUT, &STDERR] {
        let stream = lock(stream).clone();
        if let Some(stream) = stream {
            // Who reads it has gone: an error that nobody can be told any more.
            _ = stream.flush().await;
        }
    }
}

/// The streams end with their runtime.
pub(crate) fn forget() {
    lock(&STDIN).take();
    lock(&STDOUT).take();
    lock(&STDERR).take();
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
