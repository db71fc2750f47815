//! Questions and answers over the channel: what marks a message as one of them.
//!
//! Rule 1: who asks chooses a number that no other open question of its own has. The answer carries it.
//! Rule 2: a question is answered once: by a reply, or by a refusal that says why. An answer that nobody waits for is dropped.
//! Rule 3: who asked may give up, and says so. The other side may stop working on it; its answer would be dropped.
//!
//! | part | in `json` and `advanced`, for a Node peer to read | in `bincode`: kind of frame |
//! | --- | --- | --- |
//! | a plain message | the value | 1, or 2 when internal |
//! | question | `{"ferronode":"request","id":7,"body":value}` | 3, number, value |
//! | reply | `{"ferronode":"reply","id":7,"body":value}` | 4, number, value |
//! | refusal | `{"ferronode":"refusal","id":7,"body":"why"}` | 5, number, text |
//! | gives up | `{"ferronode":"cancel","id":7}` | 6, number |
//!
//! Node's own channel has none of this. There they are plain objects, `ferronode` their first member, so a script takes
//! part with two lines; a message that merely resembles them stays a message of the user's.

use std::collections::HashMap;

/// What part a message plays in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Part {
    /// None: it is a message of its own.
    #[default]
    Message,
    /// None, and it belongs to a protocol above the channel (cluster's, say) rather than to the user.
    Internal,
    /// It asks for an answer with this number.
    Request(u32),
    /// It answers the question of this number.
    Reply(u32),
    /// It refuses to answer the question of this number; the value is a text that says why.
    Refusal(u32),
    /// Who asked the question of this number does not wait any more. There is no value.
    Cancel(u32),
}

impl Part {
    /// The word for it, and its number.
    pub(crate) fn word(self) -> Option<(&'static str, u32)> {
        match self {
            Self::Message | Self::Internal => None,
            Self::Request(id) => Some(("request", id)),
            Self::Reply(id) => Some(("reply", id)),
            Self::Refusal(id) => Some(("refusal", id)),
            Self::Cancel(id) => Some(("cancel", id)),
        }
    }

    pub(crate) fn of_word(word: &str, id: u32) -> Option<Self> {
        Some(match word {
            "request" => Self::Request(id),
            "reply" => Self::Reply(id),
            "refusal" => Self::Refusal(id),
            "cancel" => Self::Cancel(id),
            _ => return None,
        })
    }
}

/// The open questions of one end, its own and its peer's. `W` waits for an answer, `G` hears that an asker has given up.
#[derive(Debug)]
pub struct Conversation<W, G> {
    limit: usize,
    next: u32,
    ours: HashMap<u32, W>,
    theirs: HashMap<u32, G>,
}

impl<W, G> Conversation<W, G> {
    /// Begins with no question, and lets `limit` be open in each direction.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            next: 0,
            ours: HashMap::new(),
            theirs: HashMap::new(),
        }
    }

    /// Opens a question of our own and gives its number, unless as many are open as may be.
    pub fn ask(&mut self, waiter: W) -> Option<u32> {
        if self.ours.len() >= self.limit {
            return None;
        }
        while self.ours.contains_key(&self.next) {
            self.next = self.next.wrapping_add(1);
        }
        let id = self.next;
        self.next = id.wrapping_add(1);
        self.ours.insert(id, waiter);
        Some(id)
    }

    /// Closes a question of our own, because it was answered or given up: who waited, if anybody still did.
    pub fn close(&mut self, id: u32) -> Option<W> {
        self.ours.remove(&id)
    }

    /// The peer asks. False when it has asked as much as it may, or this very question: it is to be refused then.
    #[must_use]
    pub fn asked(&mut self, id: u32, gives_up: G) -> bool {
        let may = self.theirs.len() < self.limit && !self.theirs.contains_key(&id);
        if may {
            self.theirs.insert(id, gives_up);
        }
        may
    }

    /// A question of the peer's is over, because it was answered or given up: who is to hear of the latter.
    pub fn over(&mut self, id: u32) -> Option<G> {
        self.theirs.remove(&id)
    }

    /// The channel has ended, and with it every question.
    pub fn end(&mut self) {
        self.ours.clear();
        self.theirs.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_not_used_again_while_its_question_is_open() {
        let mut open = Conversation::<&str, ()>::new(3);
        assert_eq!(open.ask("a"), Some(0));
        open.next = u32::MAX;
        assert_eq!(open.ask("b"), Some(u32::MAX));
        assert_eq!(open.ask("c"), Some(1), "0 is open");
        assert_eq!(open.ask("d"), None, "three are");
        assert_eq!(open.close(0), Some("a"));
        assert_eq!(open.close(0), None, "once");
        assert_eq!(open.ask("d"), Some(2));
    }

    #[test]
    fn a_peer_asks_no_more_than_it_may_and_nothing_twice() {
        let mut open = Conversation::<(), u8>::new(2);
        assert!(open.asked(7, 1));
        assert!(!open.asked(7, 2));
        assert!(open.asked(8, 3));
        assert!(!open.asked(9, 4));
        assert_eq!(open.over(7), Some(1));
        assert!(open.asked(9, 5));
    }
}
