//! Many processes behind one port, as Node's cluster has it, and no connection lost.
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! if ferronode_cluster::is_primary() {
//!     let primary = ferronode_cluster::Primary::new();
//!     let worker = primary.fork()?;
//!     worker.exited().await;
//! } else {
//!     let mut listener = ferronode_cluster::listen("127.0.0.1:8000").await?;
//!     while let Some(connection) = listener.accept().await? { /* serve it */ drop(connection) }
//! }
//! # Ok(()) }
//! ```
//!
//! # How it works
//!
//! ```text
//!                      one port
//!                         │ accept
//!   ┌──────────────── primary ────────────────┐     keeps its copy of a connection
//!   │  ledger: given, and not yet taken       │     until a worker has taken it
//!   └───┬─────────────────┬────────────────┬──┘
//!       │ new connection  │                │ a worker dies: what it had not taken
//!       v                 v                v        goes to the others
//!   ┌────────┐        ┌────────┐       ┌────────┐
//!   │ worker │        │ worker │       │ worker │     listen, accept: taken, before a byte is read
//!   └────────┘        └────────┘       └────────┘
//! ```
//!
//! The code of a worker needs no word about clusters but [`listen`]; outside a cluster that just binds.
//! Connections go to the workers in turn ([`proto`] has the rules); when none is free they wait in the kernel.
//!
//! # Reading order
//!
//! 1. [`proto`]: the protocol and its two machines, without a socket.
//! 2. [`Primary`]: starts workers, opens listeners, hands connections over.
//! 3. [`Worker`]: a worker as its primary sees it.
//! 4. [`listen`]: a listener that looks ordinary and is not.
//! 5. [`CurrentWorker`]: this process, when it is a worker.
//!
//! # Node and Rust
//!
//! | Node | here |
//! | --- | --- |
//! | `cluster.isPrimary`, `cluster.isWorker` | [`is_primary`], [`is_worker`] |
//! | `cluster.setupPrimary(settings)` | [`Primary::with_settings`] |
//! | `cluster.fork(env)` | [`Primary::fork`], [`Primary::fork_with_env`] |
//! | `cluster.workers` | [`Primary::workers`] |
//! | `cluster.on('exit', f)` | `primary.on(EXIT, f)` |
//! | `cluster.disconnect()` | [`Primary::disconnect`] |
//! | `cluster.worker` | [`worker`] |
//! | `server.listen(port)` in a worker | [`listen`] |
//!
//! # Why not …
//!
//! **… SO_REUSEPORT?** The kernel spreads connections over the listeners by a hash, busy or not, and those that wait at
//! a worker that dies are reset.
//!
//! **… one listener shared by all workers?** It is there: [`Policy::Shared`]. It costs less, and favours whoever wakes
//! first. A connection that a worker has accepted and not read is lost with it.
#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

pub mod proto;

mod acceptor;
mod address;
mod connection;
mod current_worker;
mod events;
mod lane;
mod lanes;
mod listen;
mod open;
mod primary;
mod role;
mod settings;
mod wire;
mod worker;

pub use address::Address;
pub use connection::Connection;
pub use current_worker::CurrentWorker;
pub use events::{DISCONNECT, EXIT, Exited, FORK, LISTENING, Listening, ONLINE};
pub use ferronode_child::{Exit, ForkError, Signal};
pub use listen::{Listener, listen};
pub use primary::Primary;
pub use proto::{Balance, Candidate, Policy, WorkerId};
pub use role::{is_primary, is_worker, worker};
pub use settings::Settings;
pub use worker::Worker;
