//! Errors that have nobody to go to: a background task emits one, nobody listens, and there is no caller to return it to.
//!
//! They go to the program's one hook. Node's rule (print the error and end with code 1) is a hook that a program installs;
//! a library never decides that. Without a hook the error is logged and stays with whoever reported it.

use std::error::Error;
use std::sync::Arc;

use crate::Unhandled;
use crate::hook::Hook;

/// Any error, on its way to the hook.
type AnyError = dyn Error + Send + Sync;

static HOOK: Hook<AnyError> = Hook::unset();

/// Sets who gets unhandled errors in this program, in the place of whoever got them before.
///
/// The hook runs on the thread that reports the error. It may end the program.
///
/// In Node: [`'uncaughtException'`](https://nodejs.org/docs/latest-v20.x/api/process.html#event-uncaughtexception).
#[doc(alias = "uncaughtException")]
pub fn set_hook(hook: impl Fn(&(dyn Error + Send + Sync + 'static)) + Send + Sync + 'static) {
    HOOK.set(Some(Arc::new(hook)));
}

/// Removes the hook: unhandled errors are logged again.
pub fn unset_hook() {
    HOOK.set(None);
}

/// Gives an unhandled error to the program's hook.
///
/// # Errors
///
/// The error itself, logged as a `tracing` event of level ERROR, if there is no hook.
/// Keep it and return it from the next call on the thing that broke, so that it is not lost.
pub fn report<E: Error + Send + Sync + 'static>(unhandled: Unhandled<E>) -> Result<(), E> {
    let error = unhandled.into_inner();
    if HOOK.call(&error) {
        return Ok(());
    }
    tracing::error!(
        error = &error as &(dyn Error + 'static),
        "an error event had no listener"
    );
    Err(error)
}
