//! Many processes behind one port, as Node's cluster has it, and no connection lost.
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! if ferronode_cluster::is_primary() {
//!     ferronode_cluster::give_way()?; // it does nothing else: let it interrupt no worker
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
//!   ┌──────────────── primary ────────────────┐     knows which connections
//!   │  ledger: given, and not yet taken       │     a worker has not taken
//!   └───┬─────────────────┬────────────────┬──┘
//!       │ new connection  │                │ a worker dies: what it had not taken
//!       v                 v                v        goes to the others
//!   ┌────────┐        ┌────────┐       ┌────────┐
//!   │ worker │        │ worker │       │ worker │     listen, accept: taken, before a byte is read
//!   └────────┘        └────────┘       └────────┘
//! ```
//!
//! Between processes of ours connections travel over a lane, past all messages, and the kernel's queue is the ledger: what is in
//! it nobody has taken, and the primary can take it back. To Node's workers, and from a Node primary, they travel on the
//! channel, as Node has it: each is answered, and until then the primary keeps a copy.
//!
//! The code of a worker needs no word about clusters but [`listen`]; outside a cluster that just binds.
//! Connections go to the workers in turn ([`proto`] has the rules); when none is free they wait in the kernel.
//! When a worker is to leave, its listener takes nothing new ([`Listener::closed`]), and ends when its connections have.
//!
//! # Reading order
//!
//! 1. [`proto`]: the protocol and its two machines, without a socket.
//! 2. [`Primary`]: starts workers, opens listeners, hands connections over.
//! 3. [`Worker`]: a worker as its primary sees it.
//! 4. [`listen`] and [`bind_udp`]: sockets that look ordinary and are not.
//! 5. [`CurrentWorker`]: this process, when it is a worker.
//!
//! # Node and Rust
//!
//! | Node | here |
//! | --- | --- |
//! | `cluster.isPrimary`, `cluster.isWorker` | [`is_primary`], [`is_worker`] |
//! | `cluster.setupPrimary(settings)`, `cluster.settings` | [`Primary::setup_primary`], [`Primary::settings`] |
//! | `cluster.schedulingPolicy`, `NODE_CLUSTER_SCHED_POLICY` | [`Settings::policy`], [`Policy::of_environment`] |
//! | `cluster.fork(env)` | [`Primary::fork`], [`Primary::fork_with_env`] |
//! | `cluster.workers` | [`Primary::workers`], [`Primary::worker`] |
//! | `cluster.on('exit', f)` | `primary.on(EXIT, f)`, and [`SETUP`], [`FORK`], [`ONLINE`], [`LISTENING`], [`DISCONNECT`] |
//! | `cluster.on('message', f)` | [`Primary::on_message`] |
//! | `cluster.disconnect(f)` | [`Primary::disconnect`], which ends when all have gone |
//! | `worker.id`, `worker.process` | [`Worker::id`], [`Worker::process`] |
//! | `worker.send`, `worker.kill`, `worker.disconnect` | [`Worker::send`], [`Worker::kill`], [`Worker::disconnect`] |
//! | `worker.isConnected()`, `worker.isDead()` | [`Worker::is_connected`], [`Worker::is_dead`] |
//! | `worker.exitedAfterDisconnect` | [`Worker::exited_after_disconnect`] |
//! | `worker.on('online' \| 'listening' \| 'exit')` | [`Worker::online`], [`Worker::listening`], [`Worker::exited`]: asked late, too |
//! | `worker.on('message' \| 'error')` | `worker.process().on(MESSAGE, f)` |
//! | `cluster.worker`, `cluster.worker.kill()` in a worker | [`worker`], [`CurrentWorker::kill`] |
//! | `server.listen(…)`, `socket.bind(…)` in a worker | [`listen`], [`bind_udp`] |
//! | `server.maxConnections` | [`Listener::set_max_connections`] |
//! | (none) | [`give_way`]: a primary that interrupts no worker, for half to three quarters of its CPU time |
//!
//! Left out: `isMaster` and `setupMaster` (deprecated); `inspectPort` (there is no inspector), `windowsHide`; `execArgv`, which
//! are arguments here; `stdio` beyond [`Settings::silent`], since descriptors can be given away once, and settings are for
//! many workers; `listen({fd})` in a worker of ours, whose primary has [`Primary::bind`] (Node's workers may: the number is
//! that of a socket which the primary has inherited).
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
#[cfg(feature = "axum")]
mod axum;
mod carry_out;
mod connection;
mod current_worker;
mod events;
mod forking;
mod fresh;
mod gate;
mod incoming;
mod lane;
mod lanes;
mod listen;
mod listen_address;
mod open;
mod place;
mod primary;
mod role;
mod settings;
mod udp;
mod until;
mod wire;
mod worker;

pub use address::Address;
pub use connection::Connection;
pub use current_worker::CurrentWorker;
pub use events::{DISCONNECT, EXIT, Exited, FORK, LISTENING, Listening, ONLINE, SETUP};
pub use ferronode_child::{Exit, ForkError, MESSAGE, Signal};
pub use ferronode_sys::give_way;
pub use incoming::Incoming;
pub use listen::{Listener, listen};
pub use listen_address::ListenAddress;
pub use primary::Primary;
pub use proto::{Balance, Candidate, Policy, WorkerId};
pub use role::{is_primary, is_worker, worker};
pub use settings::Settings;
pub use udp::{UdpSocket, bind_udp};
pub use worker::Worker;
