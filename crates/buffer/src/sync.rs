//! Where the atomics of `slots.rs` come from: the standard library here, loom's in `tests/model`.

pub(crate) use std::sync::atomic::{AtomicU64, Ordering};
