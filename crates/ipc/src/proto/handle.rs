//! How a handle travels in Node's modes: each is answered, and what is sent behind it waits for that.
//!
//! Rule 1: at most one handle is under way in a direction. What is sent behind it waits, with or without a handle. But for
//! rule 5.
//! Rule 2: whoever receives a NODE_HANDLE answers at once: ACK if a descriptor came with it, NACK if none did.
//! Rule 3: answers overtake everything that waits.
//! Rule 4: an ACK ends the wait. A NACK means that the descriptor was lost on the way: the handle is sent again, three
//! times at most; then it is given up, its message with it, and the sender is told.
//! Rule 5: frames that may arrive in any order, as the connections of a cluster do, may be under way together, eight at
//! most, where each descriptor is certain to be read with its own frame. The kernel ends a read behind the bytes with which
//! descriptors came (unix(7)), so that is where no frame is cut: each was written at once, and all that may be unread is no
//! more than the smallest reader takes. A Node worker is so woken once for several, and so is who reads its answers; where
//! a frame is cut, Node gives the descriptor of one to the other.
//!
//! ```text
//!                    written, has a handle
//!          ┌──────┐ ─────────────────────> ┌───────────┐ ──┐ NACK, tries < 3:
//!          │ free │                        │ in flight │   │ it is written again
//!          └──────┘ <───────────────────── └───────────┘ <─┘
//!                    ACK, or the last NACK
//! ```
//!
//! Answers come in the order in which the frames were written: each is for the oldest.
//! An answer that nobody waits for is ignored, one to a frame that has not been written whole included; a Node process
//! would end at it.
//! Between our own processes none of this is needed: descriptors cannot get lost without the receiver knowing for which
//! message, and it says so to whoever sent it in that protocol's own words.
//!
//! In Node: `lib/internal/child_process.js`, `handleConversion` and `target._send`.

use std::collections::VecDeque;

use serde::ser::{Serialize, Serializer};

/// How often a handle is sent again after a NACK: `MAX_HANDLE_RETRANSMISSIONS` of Node 20.
const RETRANSMISSIONS: u32 = 3;

/// How many handles may be under way together, so that who receives them and who reads the answers need not wake each other
/// for each one.
const MOST: usize = 8;
/// As many bytes a reader takes at once: a page. Node's takes 64 KiB.
const SURELY_UNCUT: u64 = 4_096;

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

/// The frames with handles that are under way, the oldest first.
#[derive(Debug)]
pub(crate) struct Flight<F> {
    legs: VecDeque<Leg<F>>,
    /// One has begun to be written and is not yet whole.
    departing: bool,
    /// How many bytes have been written, and how many of them the peer has read for certain.
    written: u64,
    read: u64,
}

#[derive(Debug)]
struct Leg<F> {
    frame: F,
    tries: u32,
    /// How many bytes had been written with it.
    end: u64,
    /// Whether others may be under way beside it.
    shares: bool,
}

/// What an answer leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Landing<F> {
    /// Nobody waited for it.
    Ignored,
    /// The handle has arrived: forget it, go on with what waited.
    Arrived(F),
    /// Send it again, for the time that is said.
    Again(F, u32),
    /// Give it up, and say so.
    GivenUp(F),
}

impl<F> Default for Flight<F> {
    fn default() -> Self {
        Self {
            legs: VecDeque::new(),
            departing: false,
            written: 0,
            read: 0,
        }
    }
}

impl<F> Flight<F> {
    pub(crate) fn is_free(&self) -> bool {
        self.legs.is_empty() && !self.departing
    }

    /// Whether a frame of this length may leave beside those that are under way.
    pub(crate) fn has_room(&self, length: usize) -> bool {
        let unread = (self.written - self.read).saturating_add(length as u64);
        let share = !self.departing && self.legs.iter().all(|leg| leg.shares);
        share && self.legs.len() < MOST && unread <= SURELY_UNCUT
    }

    /// Bytes have been handed to the kernel, those of frames without handles too.
    pub(crate) fn wrote(&mut self, bytes: usize) {
        self.written += bytes as u64;
    }

    /// A frame with a handle has begun to be written.
    pub(crate) fn depart(&mut self) {
        self.departing = true;
    }

    /// It has been written whole, `at_once` in one piece or not; `unordered` frames may have others beside them.
    pub(crate) fn departed(&mut self, frame: F, tries: u32, unordered: bool, at_once: bool) {
        self.departing = false;
        self.legs.push_back(Leg {
            frame,
            tries,
            end: self.written,
            shares: unordered && at_once,
        });
    }

    pub(crate) fn answered(&mut self, answer: Answer) -> Landing<F> {
        let Some(Leg { frame, tries, end, .. }) = self.legs.pop_front() else {
            return Landing::Ignored;
        };
        self.read = end;
        match answer {
            Answer::Ack => Landing::Arrived(frame),
            Answer::Nack if tries < RETRANSMISSIONS => Landing::Again(frame, tries + 1),
            Answer::Nack => Landing::GivenUp(frame),
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
        assert_eq!(
            (flight.is_free(), flight.answered(Answer::Ack)),
            (false, Landing::Ignored)
        );
        flight.departed('a', 0, false, true);
        assert!(!flight.is_free() && !flight.has_room(1));
        assert_eq!(flight.answered(Answer::Ack), Landing::Arrived('a'));
        assert!(flight.is_free());
    }

    #[test]
    fn the_fourth_nack_gives_up() {
        let mut flight = Flight::default();
        for tries in 0..RETRANSMISSIONS {
            flight.departed('a', tries, false, true);
            assert_eq!(flight.answered(Answer::Nack), Landing::Again('a', tries + 1));
        }
        flight.departed('a', RETRANSMISSIONS, false, true);
        assert_eq!(flight.answered(Answer::Nack), Landing::GivenUp('a'));
        assert!(flight.is_free());
    }

    #[test]
    fn others_leave_beside_it_only_where_no_frame_can_be_cut() {
        let mut flight = Flight::default();
        let depart = |flight: &mut Flight<u32>, length: usize, at_once| {
            flight.wrote(length);
            flight.departed(0, 0, true, at_once);
        };
        for _ in 0..MOST {
            assert!(flight.has_room(100));
            depart(&mut flight, 100, true);
        }
        assert!(!flight.has_room(100), "so many are enough");
        flight.answered(Answer::Ack);
        assert!(flight.has_room(100));

        depart(&mut flight, 4_000, true);
        assert!(
            !flight.has_room(100),
            "more may be unread than the smallest reader takes"
        );
        (0..MOST).for_each(|_| _ = flight.answered(Answer::Ack));
        assert!(flight.is_free() && flight.has_room(4_096) && !flight.has_room(4_097));
        flight.wrote(4_000);
        assert!(!flight.has_room(100), "what has no handle counts too");

        depart(&mut flight, 100, false);
        flight.answered(Answer::Ack);
        depart(&mut flight, 100, false);
        assert!(!flight.has_room(1), "what was written in two pieces can be read in two");
    }
}
