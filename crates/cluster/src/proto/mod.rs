//! The cluster's protocol, pure: no socket, no process, no clock.
//!
//! A connection is a value of some type `C` that is passed along and never looked at. Time comes in as the [`Duration`]
//! since whatever moment the caller likes.
//!
//! ```text
//!   frames, accepted connections, ends of workers ──> Primary ──> Action: send, give, bind, accept, tell
//!   frames, calls of the program ─────────────────> Worker  ──> Action: send, wake, leave
//! ```
//!
//! In Node: `lib/internal/cluster/`.
//!
//! [`Duration`]: std::time::Duration

mod action;
mod balance;
mod brisk;
mod counting;
mod handle;
mod lane;
mod leaving;
mod ledger;
mod listener;
mod message;
mod node;
mod opening;
mod patience;
mod policy;
mod primary;
mod query;
mod riding;
mod round_robin_handle;
mod standing;
mod worker;
mod worker_lane;

pub use action::{Action, Told};
pub use balance::{Balance, Candidate, LeastConnections, Sticky};
pub use listener::{ListenerId, Opened};
pub use message::{Frame, Key, Message, Record, Reply, SocketName, WorkerId};
pub use node::{AnyFrame, accepted_in_json, from_node, to_node};
pub use policy::Policy;
pub use primary::Primary;
pub use query::{AddressType, Query};
pub use worker::{Action as WorkerAction, Worker};
