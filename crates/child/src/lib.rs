//! Child processes with a channel to them, as Node's `child_process.fork` makes them.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use ferronode_child::{Fork, MESSAGE};
//!
//! let child = Fork::this_program()?.arg("child").spawn()?;
//! child.on(MESSAGE, |message| println!("{:?}", message.to::<String>()));
//! child.send("good morning").await?;
//! println!("{}", child.exited().await);
//! # Ok(()) }
//! ```
//!
//! # How it works
//!
//! ```text
//!   parent                                           child
//!   Fork ── a new process, descriptor 3 ────────────> main
//!   ChildProcess: send ─── channel ────────────────> Inherited::take, Channel::recv
//!   MESSAGE <───────────── channel ───────────────── Channel::send
//!   driver: channel and pidfd, until both have ended
//!   DISCONNECT, EXIT, CLOSE
//! ```
//!
//! What happens once is kept: a listener for [`EXIT`] that comes after the exit is called all the same, and
//! [`ChildProcess::exited`] reads the same state. Messages wait, bounded, for their first listener.
//!
//! # Reading order
//!
//! 1. [`Fork`]: what to start, and how.
//! 2. [`Exit`], and the order in which a child's end is told.
//! 3. [`ChildProcess`]: what can be asked of a child, told to it, and heard of it.
//!
//! # Node and Rust
//!
//! | Node | here |
//! | --- | --- |
//! | `fork(module, args, options)` | [`Fork`], then [`Fork::spawn`] |
//! | `child.on('message', f)` | `child.on(MESSAGE, f)` |
//! | `child.send(value, handle)` | [`ChildProcess::send`] |
//! | `child.kill(signal)` | [`ChildProcess::kill`] |
//! | `child.exitCode`, `child.signalCode` | [`ChildProcess::exit`] |
//! | `'error'` for a failed start | the `Err` of [`Fork::spawn`] |
//!
//! # Why not …
//!
//! **… a SIGCHLD handler?** It belongs to the whole process, and other libraries have theirs. A pidfd is readable when
//! its process ends, and means that process alone.
//!
//! **… kill on drop?** A handle that goes out of scope is no decision to end a service.
#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod child_process;
mod driver;
mod error;
mod exit;
mod fork;

pub use child_process::{CLOSE, ChildProcess, DISCONNECT, ERROR, EXIT, MESSAGE};
pub use error::{ChannelError, ForkError, ForkErrorReason};
pub use exit::Exit;
pub use ferronode_sys::Signal;
pub use fork::Fork;
