//! The channel between a parent and a child process: framed messages that carry sockets, as Node has it.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use ferronode_ipc::{Channel, Mode};
//!
//! let (parent, mut child) = Channel::pair(Mode::Json)?;
//! parent.send("good morning").await?;
//! let message = child.recv().await?.expect("the parent is there");
//! assert_eq!(message.to::<String>()?, "good morning");
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How it works
//!
//! Two storeys. The upper one decides nothing; the lower one does nothing.
//!
//! ```text
//!   Channel ── Sender, Receiver         tokio: waits for the socket, reads, writes
//!   ───────────────────────────────────────────────────────────────────────────────
//!   proto ──── Incoming, Outbox         pure: frames, handles and their answers, bounds
//! ```
//!
//! A message is a value of yours, written as the channel's [`Mode`] has it, and [`Handle`]s that ride on it:
//! listeners, connections, UDP sockets, any descriptor.
//! `json` and `advanced` are Node's own, byte for byte: the peer may be a Node script that knows nothing of Rust.
//! `bincode` is for Rust on both ends.
//!
//! # Reading order
//!
//! 1. [`proto`]: the protocol, and the whole of a driver in nine lines.
//! 2. [`Channel`]: the two halves together; [`Sender`] and [`Receiver`] on their own.
//! 3. [`Outgoing`] and [`Message`]: what goes in, and what comes out; [`Waiting`]: what nobody listens for yet.
//! 4. [`Sender::request`] and [`Request`]: questions, and their answers.
//! 5. [`Handle`]: sockets as values.
//! 6. [`HandOff`] and [`HandOffQueue`]: connections past the messages, between our own processes.
//! 7. [`Inherited`]: the child's end, found in the environment.
//!
//! # Node and Rust
//!
//! | Node | here |
//! | --- | --- |
//! | `child.send(value)`, `process.send(value)` | [`Sender::send`] |
//! | `child.send(value, server)` | `send(Outgoing::new(value).with_handle(listener))` |
//! | `'message'` | [`Receiver::recv`] |
//! | `send` returns false | [`Sender::send`] waits, [`Sender::try_send`] says [`SendErrorKind::Full`] |
//! | `serialization: 'advanced'` | [`Mode::Advanced`]; [`Sender::send_graph`] and [`Message::value`] keep `Map`, cycles and all |
//! | `disconnect()` | [`Sender::disconnect`] |
//! | `'disconnect'` | `recv` gives `None` |
//! | `NODE_CHANNEL_FD` | [`Inherited::take`] |
//!
//! # Why not …
//!
//! **… `tokio::net::UnixStream`?** It wakes for "writable" at every read of the peer. Here the socket is registered for
//! reading alone, and for writing only while it is full.
//!
//! **… a task that owns the socket?** Then every message would cross it twice. `send` writes and `recv` reads, where
//! they are called; a task exists only while a full socket is waited for.
//!
//! **… a decoder for strings cut in two, as Node has there?** A line feed never occurs inside a UTF-8 sequence, so
//! splitting bytes is enough.
#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

pub mod proto;

#[cfg(feature = "tokio")]
mod channel;
#[cfg(feature = "tokio")]
mod error;
#[cfg(feature = "tokio")]
mod hand_off;
#[cfg(feature = "tokio")]
mod handle;
#[cfg(feature = "tokio")]
mod inherited;
#[cfg(feature = "tokio")]
mod message;
#[cfg(feature = "tokio")]
mod outgoing;
#[cfg(feature = "tokio")]
mod request;
#[cfg(feature = "tokio")]
mod waiting;

#[cfg(feature = "tokio")]
pub use channel::{Channel, Receiver, Sender};
#[cfg(feature = "tokio")]
pub use error::{RecvError, RequestError, SendError, SendErrorKind};
pub use ferronode_v8_serialize::Graph;
#[cfg(feature = "tokio")]
pub use hand_off::{HandOff, HandOffQueue, HandedOver};
#[cfg(feature = "tokio")]
pub use handle::Handle;
#[cfg(feature = "tokio")]
pub use inherited::{CHANNEL_FD, CHANNEL_MODE, Inherited, InheritedError, UNIQUE_ID, worker_id};
#[cfg(feature = "tokio")]
pub use message::Message;
#[cfg(feature = "tokio")]
pub use outgoing::Outgoing;
pub use proto::{DecodeError, EncodeError, Limits, Mode, ProtocolError, UnknownMode};
#[cfg(feature = "tokio")]
pub use request::Request;
#[cfg(feature = "tokio")]
pub use waiting::Waiting;
