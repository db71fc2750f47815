//! What the crate promises, one module per promise.
#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod dispatch;
mod error_event;
mod kept;
mod threads;
