//! How a handle travels in Node's modes: one at a time, each answered.
//!
//! Rule 1: at most one handle is under way in a direction. What is sent behind it waits, with or without a handle.
//! Rule 2: whoever receives a NODE_HANDLE answers at once: ACK if a descriptor came with it, NACK if none did.
//! Rule 3: answers overtake everything that waits.
//! Rule 4: an ACK ends the wait. A NACK means that the descriptor was lost on the way: the handle is sent again, three
//! times at most; then it is given up, its message with it, and the sender is told.
//!
//! ```text
//!                    transmit, has handle
//!          ┌──────┐ ─────────────────────> ┌───────────┐ ──┐ NACK, tries < 3:
//!          │ free │                        │ in flight │   │ transmit again
//!          └──────┘ <───────────────────── └───────────┘ <─┘
//!                    ACK, or the last NACK
//! ```
//!
//! An answer that nobody waits for is ignored, one to a frame that has not been written whole included; a Node process
//! would end at it.
//! Between our own processes none of this is needed: descriptors cannot get lost without the receiver knowing for which
//! message, and it says so to whoever sent it in that protocol's own words.
//!
//! In Node: `lib/internal/child_process.js`, `handleConversion` and `target._send`.

use serde::ser::{Serialize, Serializer};

/// How often a handle is sent again after a NACK: `MAX_HANDLE_RETRANSMISSIONS` of Node 20.
const RETRANSMISSIONS: u32 = 3;

/// The answer to a NODE_HANDLE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The handle has arrived.
    Ack,
    /// The message has arrived without its handle.
    Nack,
}

impl Answer {
    /// The `cmd` that says it.
    pub(crate) fn cmd(self) -> &'static str {
        match self {
            Self::Ack => "NODE_HANDLE_ACK",
            Self::Nack => "NODE_HANDLE_NACK",
        }
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("cmd", self.cmd())])
    }
}

/// What a handle is in JavaScript: which class Node makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HandleKind {
    /// `net.Server`: a listening socket, TCP or Unix.
    Server,
    /// `net.Socket`: a connection, TCP or Unix.
    Socket,
    /// `net.Native`: a bare stream socket, as cluster passes them.
    Native,
    /// `dgram.Socket`: a UDP socket.
    Datagram {
        /// Whether it is one of IPv6.
        v6: bool,
    },
    /// `dgram.Native`: a bare UDP socket, as cluster passes them.
    NativeDatagram,
}

impl HandleKind {
    /// The `type` of the NODE_HANDLE.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Server => "net.Server",
            Self::Socket => "net.Socket",
            Self::Native => "net.Native",
            Self::Datagram { .. } => "dgram.Socket",
            Self::NativeDatagram => "dgram.Native",
        }
    }

    /// The `dgramType` of the NODE_HANDLE, without which Node cannot make a socket of it.
    pub(crate) fn datagram_type(self) -> Option<&'static str> {
        match self {
            Self::Datagram { v6: false } => Some("udp4"),
            Self::Datagram { v6: true } => Some("udp6"),
            _ => None,
        }
    }
}

/// Whether a handle is under way.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Flight {
    #[default]
    Free,
    InFlight {
        tries: u32,
    },
}

/// What an answer leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Landing {
    /// Nobody waited for it.
    Ignored,
    /// The handle has arrived: forget it, go on with what waited.
    Arrived,
    /// Send it again.
    Again,
    /// Give it up, and say so.
    GivenUp,
}

impl Flight {
    pub(crate) fn is_free(&self) -> bool {
        *self == Self::Free
    }

    /// A frame with a handle has been handed to the kernel.
    pub(crate) fn depart(&mut self) {
        *self = match self {
            Self::Free => Self::InFlight { tries: 0 },
            Self::InFlight { tries } => Self::InFlight { tries: *tries },
        };
    }

    pub(crate) fn answered(&mut self, answer: Answer) -> Landing {
        match (&mut *self, answer) {
            (Self::Free, _) => Landing::Ignored,
            (Self::InFlight { tries }, Answer::Nack) if *tries < RETRANSMISSIONS => {
                *tries += 1;
                Landing::Again
            }
            (Self::InFlight { .. }, answer) => {
                *self = Self::Free;
                if answer == Answer::Ack {
                    Landing::Arrived
                } else {
                    Landing::GivenUp
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ack_ends_the_wait() {
        let mut flight = Flight::default();
        assert_eq!(flight.answered(Answer::Ack), Landing::Ignored);
        flight.depart();
        assert!(!flight.is_free());
        assert_eq!(flight.answered(Answer::Ack), Landing::Arrived);
        assert!(flight.is_free());
    }

    #[test]
    fn the_fourth_nack_gives_up() {
        let mut flight = Flight::default();
        flight.depart();
        for _ in 0..RETRANSMISSIONS {
            assert_eq!(flight.answered(Answer::Nack), Landing::Again);
            flight.depart();
        }
        assert_eq!(flight.answered(Answer::Nack), Landing::GivenUp);
        assert!(flight.is_free());
    }
}
