//! From bytes and descriptors to messages.
//!
//! Rule: descriptors wait in a queue, in the order in which they came; a message that was sent with some takes them from
//! its front. A descriptor may come before the last byte of its message does, never after.
//!
//! | mode | a message takes | if they are not there |
//! | --- | --- | --- |
//! | `json` | one descriptor, whichever read brought it | it is answered with NACK and not delivered |
//! | `bincode` | all that came with its first byte | it is delivered, and says so: [`Received::handles_lost`] |

use std::collections::VecDeque;

use bytes::Bytes;

use super::error::ProtocolError;
use super::handle::Answer;
use super::json;
use super::limits::Limits;
use super::mode::Mode;
use super::receive_buffer::ReceiveBuffer;

/// The descriptors that came with one read.
#[derive(Debug)]
pub enum Bundle<D> {
    /// All that were sent.
    Whole(Vec<D>),
    /// Some were lost on the way, so all of them are given up.
    Lost,
}

/// What the peer has said.
#[derive(Debug)]
pub enum Event<D> {
    /// A message, for the user or for the house.
    Message(Received<D>),
    /// A handle came, or should have: this answer is owed to the peer, before anything else.
    Answer(Answer),
    /// The peer has answered the handle that is in flight.
    Acknowledged(Answer),
}

/// A message, not yet decoded.
#[derive(Debug)]
pub struct Received<D> {
    /// The message, as its mode writes it.
    pub payload: Bytes,
    /// Whether it is one of the house (cluster's, say) rather than the user's.
    pub internal: bool,
    /// The descriptors that came with it.
    pub handles: Vec<D>,
    /// Whether it was sent with descriptors that were lost on the way.
    pub handles_lost: bool,
}

/// A frame taken apart, before it gets its descriptors.
pub(crate) enum Parsed {
    Message {
        payload: Bytes,
        internal: bool,
        handles: usize,
    },
    Answer(Answer),
}

/// The receiving side of a channel: feed it what was read, pull what was said.
#[derive(Debug)]
pub struct Incoming<D> {
    mode: Mode,
    limits: Limits,
    buffer: ReceiveBuffer,
    bundles: VecDeque<Bundle<D>>,
    waiting_handles: usize,
    /// A message whose answer has been given out just before it.
    ready: Option<Received<D>>,
    #[cfg(feature = "bincode")]
    greeted: bool,
}

impl<D> Incoming<D> {
    /// Begins with nothing received.
    #[must_use]
    pub fn new(mode: Mode, limits: Limits) -> Self {
        Self {
            mode,
            limits,
            buffer: ReceiveBuffer::default(),
            bundles: VecDeque::new(),
            waiting_handles: 0,
            ready: None,
            #[cfg(feature = "bincode")]
            greeted: false,
        }
    }

    /// Adds what one read brought.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::TooManyHandles`]: the channel is over, and the descriptors just given are dropped.
    pub fn received(&mut self, bytes: &[u8], bundle: Option<Bundle<D>>) -> Result<(), ProtocolError> {
        self.buffer.extend(bytes);
        match bundle {
            None => {}
            Some(Bundle::Lost) if self.mode.is_nodes() => {} // its message will find nothing, and be answered so
            Some(Bundle::Lost) => self.bundles.push_back(Bundle::Lost),
            Some(Bundle::Whole(handles)) => {
                self.waiting_handles += handles.len();
                if self.mode.is_nodes() {
                    self.bundles
                        .extend(handles.into_iter().map(|handle| Bundle::Whole(vec![handle])));
                } else {
                    self.bundles.push_back(Bundle::Whole(handles));
                }
            }
        }
        if self.waiting_handles.max(self.bundles.len()) > self.limits.handles {
            return Err(ProtocolError::TooManyHandles {
                limit: self.limits.handles,
            });
        }
        Ok(())
    }

    /// What was said next, or `None` until more is received.
    ///
    /// # Errors
    ///
    /// The peer broke the rules: the channel is over.
    pub fn next_event(&mut self) -> Result<Option<Event<D>>, ProtocolError> {
        if let Some(message) = self.ready.take() {
            return Ok(Some(Event::Message(message)));
        }
        let parsed = match self.mode {
            Mode::Json => json::parse(&mut self.buffer, &self.limits)?,
            #[cfg(feature = "bincode")]
            Mode::Bincode => super::bincode::parse(&mut self.buffer, &self.limits, &mut self.greeted)?,
        };
        Ok(match parsed {
            None => None,
            Some(Parsed::Answer(answer)) => Some(Event::Acknowledged(answer)),
            Some(Parsed::Message {
                payload,
                internal,
                handles,
            }) => Some(self.complete(payload, internal, handles)),
        })
    }

    /// The channel has ended. Is that all right?
    ///
    /// # Errors
    ///
    /// [`ProtocolError::UnfinishedFrame`] when it ended within a frame.
    pub fn ended(&self) -> Result<(), ProtocolError> {
        match self.buffer.len() {
            0 => Ok(()),
            found => Err(ProtocolError::UnfinishedFrame { found }),
        }
    }

    /// Gives a message the descriptors that it was sent with, and finds out which answer it owes.
    fn complete(&mut self, payload: Bytes, internal: bool, wanted: usize) -> Event<D> {
        let handles = if wanted == 0 {
            Some(Vec::new())
        } else {
            self.take_bundle(wanted)
        };
        let handles_lost = handles.is_none();
        let message = Received {
            payload,
            internal,
            handles: handles.unwrap_or_default(),
            handles_lost,
        };
        if wanted == 0 || !self.mode.is_nodes() {
            return Event::Message(message);
        }
        if handles_lost {
            return Event::Answer(Answer::Nack);
        }
        self.ready = Some(message);
        Event::Answer(Answer::Ack)
    }

    fn take_bundle(&mut self, wanted: usize) -> Option<Vec<D>> {
        match self.bundles.pop_front()? {
            Bundle::Lost => None,
            Bundle::Whole(handles) => {
                self.waiting_handles -= handles.len();
                (handles.len() == wanted).then_some(handles)
            }
        }
    }
}
