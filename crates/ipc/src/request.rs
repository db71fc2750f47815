//! A question of the peer's that waits for an answer.
//!
//! Rule: every question is answered. One that is dropped is refused, so its asker does not wait for its deadline.
//! In Node's modes the question and its answer are plain objects: `if (m.ferronode === 'request')
//! process.send({ ferronode: 'reply', id: m.id, body: 42 })` is a peer.

use serde::Serialize;
use tokio::sync::oneshot;

use crate::channel::Sender;
use crate::error::SendError;
use crate::outgoing::Outgoing;
use crate::proto::Part;

/// A question of the peer's: [`Message::request`](crate::Message::request) gives it, once.
#[derive(Debug)]
pub struct Request {
    id: u32,
    sender: Sender,
    given_up: oneshot::Receiver<()>,
    answered: bool,
}

impl Request {
    pub(crate) fn new(id: u32, sender: Sender, given_up: oneshot::Receiver<()>) -> Self {
        Self {
            id,
            sender,
            given_up,
            answered: false,
        }
    }

    /// Answers. Waits while the channel is full.
    ///
    /// # Errors
    ///
    /// As [`Sender::send`]; the peer is then told that there is no answer, if it can be told anything.
    ///
    /// # Cancel safety
    ///
    /// When cancelled, the peer is told that there is no answer.
    pub async fn reply<T: Serialize>(mut self, answer: impl Into<Outgoing<T>>) -> Result<(), SendError<T>> {
        let reply = Part::Reply(self.id);
        self.sender.send_part(answer.into(), reply).await?;
        self.answered = true;
        Ok(())
    }

    /// Says that there is no answer, and why.
    pub fn refuse(mut self, why: &str) {
        self.refuse_now(why);
    }

    /// Waits until nobody waits for the answer any more: the asker has given up, or the channel has ended.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn cancelled(&mut self) {
        if !self.given_up.is_terminated() {
            // Either way it is over: told so, or the channel has ended.
            _ = (&mut self.given_up).await;
        }
    }

    fn refuse_now(&mut self, why: &str) {
        self.answered = true;
        // A closed channel has told the asker already.
        _ = self.sender.owe(Outgoing::new(why), Part::Refusal(self.id));
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if !self.answered {
            self.refuse_now("the question was dropped without an answer");
        }
        self.sender.is_over(self.id);
    }
}
