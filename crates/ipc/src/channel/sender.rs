//! The half that sends, and asks.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ferronode_v8_serialize::Graph;
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::asking::Answered;
use super::shared::{NotPushed, Push, Shared};
use crate::error::{RequestError, SendError, SendErrorKind};
use crate::handle::Handle;
use crate::message::Message;
use crate::outgoing::{Company, Outgoing};
use crate::proto::{self, About, Frame, HandleKind, Mode, Part};

/// How many bytes of messages make a batch.
const BATCH: usize = 32 << 10;

/// How much room a message is given to begin with, in bytes. JSON is written where six times as much fits as a text has.
const SHORT: usize = 512;

/// What waits longer than an [`Instant`] can say waits this long: thirty years.
const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

thread_local! {
    /// What the next message of this thread is written in: the outbox gives back what the last one was.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Sends messages. Clones send on the same channel.
///
/// In Node's modes a handle must be acknowledged before anything behind it can leave, and the acknowledgement is read by
/// the [`Receiver`](crate::Receiver): somebody must be receiving.
#[derive(Debug, Clone)]
pub struct Sender {
    shared: Arc<Shared>,
}

impl Sender {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Sends a message, after those sent before it. Waits while the channel is full.
    ///
    /// `Ok` means that it will be written, unless the channel is dropped or the peer goes away before.
    ///
    /// # Errors
    ///
    /// [`SendError`], with the message in it: the channel is closed, or the message cannot be written.
    ///
    /// # Cancel safety
    ///
    /// Either the message is sent whole, or nothing of it is.
    #[doc(alias = "subprocess.send")]
    pub async fn send<T: Serialize>(&self, message: impl Into<Outgoing<T>>) -> Result<(), SendError<T>> {
        self.send_part(message.into(), Part::Message).await
    }

    pub(crate) async fn send_part<T: Serialize>(&self, message: Outgoing<T>, part: Part) -> Result<(), SendError<T>> {
        self.when_there_is_room(message, part, Push::Send, None).await
    }

    /// As [`send`](Self::send), but the message may wait for company: many small ones leave in one system call.
    ///
    /// They leave when 64 KiB of them wait, with the next message that is sent, by [`flush`](Self::flush), or when the
    /// [`Receiver`](crate::Receiver) of this channel has nothing to read; at the latest then.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn feed<T: Serialize>(&self, message: impl Into<Outgoing<T>>) -> Result<(), SendError<T>> {
        self.when_there_is_room(message.into(), Part::Message, Push::Feed, None)
            .await
    }

    /// Sends messages one after the other, many in one system call: the fastest way for small ones that are all there.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), with the message that could not be written, or the last that was taken before the channel
    /// closed. The iterator is dropped.
    ///
    /// # Cancel safety
    ///
    /// What has been taken from the iterator is sent.
    pub async fn send_all<T: Serialize>(&self, messages: impl IntoIterator<Item = T>) -> Result<(), SendError<T>> {
        let mut messages = messages.into_iter().peekable();
        while messages.peek().is_some() {
            self.shared.until(Shared::has_room).await;
            self.send_batch(&mut messages)?;
        }
        Ok(())
    }

    /// Sends some of the messages, as a run of bytes.
    fn send_batch<T: Serialize>(&self, messages: &mut impl Iterator<Item = T>) -> Result<(), SendError<T>> {
        let Shared { mode, limits, .. } = &*self.shared;
        let (mut frames, mut last) = (SCRATCH.take(), None);
        // So that a batch does not grow it step by step.
        frames.reserve(2 * BATCH);
        let failed = |message, kind| {
            let message = Outgoing::new(message);
            Err(SendError { message, kind })
        };
        let mut outcome = Ok(());
        for message in messages {
            if let Err(error) = proto::encode(*mode, &message, &About::default(), limits, &mut frames) {
                outcome = failed(message, SendErrorKind::Encode(error));
                break;
            }
            last = Some(message);
            if frames.len() >= BATCH {
                break;
            }
        }
        if let Some(last) = last {
            match self.shared.push(Frame::new(frames), Push::Regardless) {
                Ok(spare) => SCRATCH.set(spare),
                Err(_) => return failed(last, SendErrorKind::Closed),
            }
        }
        outcome
    }

    /// Sends a value as JavaScript has it, identity, cycles and types included. Waits while the channel is full.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); in other modes than `advanced` it cannot be written. The graph is the caller's still.
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn send_graph(&self, graph: &Graph) -> Result<(), SendError<()>> {
        let Shared { mode, limits, .. } = &*self.shared;
        let failed = |kind| SendError {
            message: Outgoing::new(()),
            kind,
        };
        let mut bytes = Vec::new();
        proto::encode_graph(*mode, graph, limits, &mut bytes).map_err(|error| failed(SendErrorKind::Encode(error)))?;
        let mut frame = Frame::new(bytes);
        loop {
            frame = match self.shared.push(frame, Push::Send) {
                Ok(_) => return Ok(()),
                Err(NotPushed::Closed(_)) => return Err(failed(SendErrorKind::Closed)),
                Err(NotPushed::Full(frame)) => frame,
            };
            self.shared.until(Shared::has_room).await;
        }
    }

    /// Asks, and waits for the answer until `deadline` has passed.
    ///
    /// The answer comes through the [`Receiver`](crate::Receiver), so somebody must be receiving.
    /// To a Node peer the question is a plain object: see [`Part`].
    ///
    /// # Errors
    ///
    /// [`RequestError`]: it was not sent, was refused, had no answer in time, or the channel has ended.
    ///
    /// # Cancel safety
    ///
    /// When cancelled, the peer is told that nobody waits any more; an answer that still comes is dropped.
    pub async fn request<T: Serialize>(
        &self,
        message: impl Into<Outgoing<T>>,
        deadline: Duration,
    ) -> Result<Message, RequestError<T>> {
        let message = message.into();
        let now = Instant::now();
        let until = now.checked_add(deadline).unwrap_or(now + NEVER);
        let Some((id, answer)) = self.shared.asking.ask() else {
            let limit = self.shared.limits.requests;
            let kind = SendErrorKind::TooManyRequests { limit };
            return Err(RequestError::NotSent(SendError { message, kind }));
        };
        let mut question = Question {
            sender: self,
            id,
            sent: false,
        };
        self.when_there_is_room(message, Part::Request(id), Push::Send, Some(until))
            .await
            .map_err(RequestError::NotSent)?;
        question.sent = true;
        match timeout_at(until, answer).await {
            Ok(Ok(Answered::Reply(message))) => Ok(message),
            Ok(Ok(Answered::Refusal(why))) => Err(RequestError::Refused { why }),
            Ok(Err(_)) => Err(RequestError::Closed),
            Err(_) => Err(RequestError::TimedOut { after: deadline }),
        }
    }

    /// Waits for room, until then if there is a then: what has no room by that time comes back as `Full`.
    async fn when_there_is_room<T: Serialize>(
        &self,
        mut message: Outgoing<T>,
        part: Part,
        how: Push,
        until: Option<Instant>,
    ) -> Result<(), SendError<T>> {
        loop {
            match self.push_if_room(message, part, how) {
                Err(SendError {
                    message: back,
                    kind: SendErrorKind::Full,
                }) => message = back,
                done => return done,
            }
            let room = self.shared.until(Shared::has_room);
            match until {
                None => room.await,
                Some(until) => {
                    if timeout_at(until, room).await.is_err() {
                        let kind = SendErrorKind::Full;
                        return Err(SendError { message, kind });
                    }
                }
            }
        }
    }

    /// Sends a message if the channel has room for it now.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendErrorKind::Full`].
    pub fn try_send<T: Serialize>(&self, message: impl Into<Outgoing<T>>) -> Result<(), SendError<T>> {
        self.push_if_room(message.into(), Part::Message, Push::Send)
    }

    fn push_if_room<T: Serialize>(&self, message: Outgoing<T>, part: Part, how: Push) -> Result<(), SendError<T>> {
        if !self.shared.roomy.load(Ordering::Relaxed) && !self.shared.has_room() {
            let kind = SendErrorKind::Full;
            return Err(SendError { message, kind });
        }
        self.push(message, part, how)
    }

    /// Sends a message though the channel is full: for a protocol above it, which must not wait for the program's messages.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendErrorKind::Full`] when 1 MiB of such messages waits: the peer does not read.
    pub fn send_now<T: Serialize>(&self, message: impl Into<Outgoing<T>>) -> Result<(), SendError<T>> {
        self.push(message.into(), Part::Message, Push::Pressed)
    }

    fn push_part<T: Serialize>(&self, message: Outgoing<T>, part: Part) -> Result<(), SendError<T>> {
        self.push(message, part, Push::Regardless)
    }

    /// Sends what the peer is owed for something that it has said, before everything that waits. If it does not read
    /// that, it is not read either.
    pub(crate) fn owe<T: Serialize>(&self, message: Outgoing<T>, part: Part) -> Result<(), SendError<T>> {
        self.push(message, part, Push::Owed)
    }

    /// A question of the peer's is answered.
    pub(crate) fn is_over(&self, id: u32) {
        self.shared.asking.over(id);
    }

    /// Waits until everything sent has been written to the socket, and handles are acknowledged; or until the channel is
    /// closed.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn flush(&self) {
        self.shared.write_waiting();
        self.shared.until(Shared::is_drained).await;
    }

    /// Accepts no more messages; the channel is closed, in both directions, when all that waits has been written.
    #[doc(alias = "subprocess.disconnect")]
    pub fn disconnect(&self) {
        self.shared.disconnect();
    }

    /// Whether messages are still accepted: false after [`disconnect`](Self::disconnect) and when the peer is gone.
    #[must_use]
    #[doc(alias = "subprocess.connected")]
    pub fn is_connected(&self) -> bool {
        self.shared.is_open()
    }

    /// How messages are written here.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.shared.mode
    }

    fn push<T: Serialize>(&self, message: Outgoing<T>, part: Part, how: Push) -> Result<(), SendError<T>> {
        let mut bytes = match self.encode(&message, part) {
            Ok(bytes) => bytes,
            Err(kind) => return Err(SendError { message, kind }),
        };
        if how == Push::Send && message.company.is_none() {
            bytes = match self.shared.write_past(bytes) {
                Ok(spare) => {
                    SCRATCH.set(spare);
                    return Ok(());
                }
                Err(bytes) => bytes,
            };
        }
        let Outgoing {
            value,
            internal,
            company,
        } = message;
        let (mut frame, mut key) = (Frame::new(bytes), None);
        frame.internal = internal;
        if let Some(company) = company {
            frame.unordered = matches!(company.handles[..], [Handle::Connection(_)]);
            (frame.bodies, frame.handles, key) = (company.bodies, company.handles, company.key);
        }
        let (frame, kind) = match self.shared.push(frame, how) {
            Ok(spare) => {
                SCRATCH.set(spare);
                return Ok(());
            }
            Err(NotPushed::Closed(frame)) => (frame, SendErrorKind::Closed),
            Err(NotPushed::Full(frame)) => (frame, SendErrorKind::Full),
        };
        let company = Company {
            bodies: frame.bodies,
            handles: frame.handles,
            key,
        };
        let message = Outgoing {
            value,
            internal,
            company: Some(Box::new(company)),
        };
        Err(SendError { message, kind })
    }

    fn encode<T: Serialize>(&self, message: &Outgoing<T>, part: Part) -> Result<Vec<u8>, SendErrorKind> {
        let Shared { mode, limits, .. } = &*self.shared;
        let mut about = About {
            // A question or an answer is one whatever its value is: without its number nobody would be answered.
            part: if message.internal && part == Part::Message {
                Part::Internal
            } else {
                part
            },
            ..About::default()
        };
        let kinds: Vec<HandleKind>;
        if let Some(company) = &message.company {
            let prepared = company.handles.iter().map(|handle| handle.prepare(mode.is_nodes()));
            kinds = prepared.collect::<Result<_, _>>().map_err(SendErrorKind::Handle)?;
            about = About {
                handles: &kinds,
                key: company.key.as_deref(),
                bodies: &company.bodies,
                ..about
            };
        }
        let mut bytes = SCRATCH.take();
        // So that a short message does not grow it step by step.
        bytes.reserve(SHORT);
        proto::encode(*mode, &message.value, &about, limits, &mut bytes).map_err(SendErrorKind::Encode)?;
        Ok(bytes)
    }
}

/// A question of ours that is open. When it is dropped unanswered, the peer is told.
struct Question<'a> {
    sender: &'a Sender,
    id: u32,
    sent: bool,
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        if self.sender.shared.asking.give_up(self.id) && self.sent {
            // A closed channel has told the peer already.
            _ = self.sender.push_part(Outgoing::new(()), Part::Cancel(self.id));
        }
    }
}
