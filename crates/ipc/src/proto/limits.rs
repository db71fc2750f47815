//! How much a channel holds before it says stop.
//!
//! Node has none of these bounds: a peer that never reads costs it all the memory that there is.

use super::error::ProtocolError;

/// The bounds of one channel. Each is a number of things held in this process, none is a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest message that is read or written, in bytes, its bodies included. 64 MiB.
    ///
    /// A longer one from the peer ends the channel with an error as soon as its length is known.
    pub frame: usize,
    /// How many bytes may wait for a full socket before `send` waits too. 128 KiB, where Node's `send` begins to
    /// return false (and goes on queueing). A message is taken whatever its length when none waits.
    pub queue: usize,
    /// How many descriptors may wait, in either direction, before `send` waits or the channel ends, and the most that one
    /// message can have. 256.
    pub handles: usize,
    /// How many questions may be open in either direction. 1,024. Past it one's own is an error at once, and the
    /// peer's is refused.
    pub requests: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame: 64 << 20,
            queue: 128 << 10,
            handles: 256,
            requests: 1_024,
        }
    }
}

impl Limits {
    /// Whether a message of this length may come.
    pub(crate) fn check(&self, found: usize) -> Result<(), ProtocolError> {
        let limit = self.frame;
        if found > limit {
            Err(ProtocolError::FrameTooLong { limit, found })
        } else {
            Ok(())
        }
    }
}
