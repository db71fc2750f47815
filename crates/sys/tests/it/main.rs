//! The public face of `ferronode-sys`, a module per behaviour.
#![allow(clippy::unwrap_used)]

mod inheriting;
mod listening;
mod oneself;
mod passing;
mod processes;
mod signals;

use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many descriptors this process has open. Callers hold [`alone`], or other tests would be counted too.
fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("/proc is mounted").count()
}

/// Tests that count descriptors, or run out of them, take turns with all others.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}
