//! Messages that wait until somebody listens.
//!
//! Rule: what waits is bounded by number, by bytes and by handles, whichever is met first. Who is [full](Waiting::is_full)
//! reads no more: then the socket fills, and it is the peer that waits. The message that meets a bound is kept, so nothing
//! is lost.
//!
//! Node's list of pending messages has no bound.

use std::collections::VecDeque;

use crate::message::Message;

/// How many messages wait.
const MESSAGES: usize = 1024;
/// How many bytes, bodies included: 1 MiB.
const BYTES: usize = 1 << 20;
/// How many handles: a program may have 1,024 descriptors as a rule, and one peer must not take them all.
const HANDLES: usize = 64;

/// A queue of messages that knows when it is full: at 1,024 messages, 1 MiB or 64 handles.
///
/// It takes what comes all the same: whoever fills it stops reading when it is.
#[derive(Debug, Default)]
pub struct Waiting {
    messages: VecDeque<Message>,
    bytes: usize,
    handles: usize,
}

impl Waiting {
    /// Whether no more is to be read from the channel.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.messages.len() >= MESSAGES || self.bytes >= BYTES || self.is_full_of_handles()
    }

    /// Whether so many handles wait that no more are to be read, by whoever else reads on when it is full.
    #[must_use]
    pub fn is_full_of_handles(&self) -> bool {
        self.handles >= HANDLES
    }

    /// Adds a message at the end.
    pub fn push(&mut self, message: Message) {
        self.bytes += message.weight();
        self.handles += message.handle_count();
        self.messages.push_back(message);
    }

    /// Takes the message that has waited longest.
    pub fn pop(&mut self) -> Option<Message> {
        let message = self.messages.pop_front()?;
        self.bytes -= message.weight();
        self.handles -= message.handle_count();
        Some(message)
    }

    /// Drops all that wait; their handles are closed.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
