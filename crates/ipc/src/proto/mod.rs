//! The channel's protocol, pure: no socket, no runtime, no clock.
//!
//! What is absent here is the point: nothing in this folder reads or writes anything.
//! Bytes and descriptors go in, messages come out; messages go in, bytes and descriptors come out.
//! A descriptor is a value of some type `D` that is passed along and never looked at.
//!
//! ```text
//!   bytes, D ──> Incoming ──> Event::Message          Outbox <── push(frame, D)
//!                   │   └───> Event::Answer(ack) ───────> │
//!                   └───────> Event::Acknowledged ──────> │ ──> Transmit: bytes, D
//! ```
//!
//! The whole of a driver, with `read` and `write` standing for the system calls:
//!
//! ```text
//! loop {
//!     match incoming.next_event()? {
//!         Some(Event::Message(message)) => return Ok(message),
//!         Some(Event::Answer(answer)) => outbox.answer(answer),
//!         Some(Event::Acknowledged(answer)) => outbox.acknowledged(answer),
//!         Some(Event::Sockets(query)) => outbox.push(sockets.answer(query)),
//!         None => incoming.received(read()),
//!     }
//!     while let Some(transmit) = outbox.transmit() { write(transmit) }
//! }
//! ```

mod advanced;
#[cfg(feature = "bincode")]
mod bincode;
mod conversation;
mod encode;
mod envelope;
mod error;
mod handle;
mod incoming;
mod json;
mod limits;
mod members;
mod mode;
mod outbox;
mod receive_buffer;
mod socket_list;

pub use conversation::{Conversation, Part};
pub use encode::{About, decode, decode_graph, encode, encode_graph};
pub use envelope::Nesting;
pub use error::{DecodeError, EncodeError, ProtocolError};
pub use handle::{Answer, HandleKind};
pub use incoming::{Bundle, Company, Event, Incoming, Received};
pub use limits::Limits;
pub use mode::{Mode, UnknownMode};
pub use outbox::{Frame, Outbox, Transmit};
pub use socket_list::{SocketList, SocketQuery};
