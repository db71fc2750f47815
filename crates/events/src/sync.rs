//! Where the locks and atomics of the shared emitter come from: the standard library here, loom's in `tests/model`.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
pub(crate) use std::sync::{Mutex, MutexGuard};

pub(crate) use try_lock::TryLock;
