//! From bytes and descriptors to messages.
//!
//! Rule: descriptors wait in a queue, in the order in which they came; a message that was sent with some takes them from
//! its front. A descriptor may come before the last byte of its message does, never after.
//!
//! | mode | a message takes | if they are not there |
//! | --- | --- | --- |
//! | `json`, `advanced` | one descriptor, whichever read brought it | it is answered with NACK and not delivered |
//! | `bincode` | all that came with its first byte | it is delivered, and says so: [`Received::handles_lost`] |

use std::collections::VecDeque;

use bytes::Bytes;

use super::advanced;
use super::conversation::Part;
use super::envelope::{Envelope, Nesting};
use super::error::ProtocolError;
use super::handle::Answer;
use super::json;
use super::limits::Limits;
use super::mode::Mode;
use super::receive_buffer::ReceiveBuffer;
use super::socket_list::SocketQuery;

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
    /// The peer has answered the oldest handle that is in flight.
    Acknowledged(Answer),
    /// The peer asks, or says, who holds the connections of a server.
    Sockets(SocketQuery),
}

/// A message, not yet decoded. Small, since every message is moved a few times; what few have is in a box.
#[derive(Debug)]
pub struct Received<D> {
    /// The message, as its mode writes it.
    pub payload: Bytes,
    /// Whether it is the user's, or asks, or answers.
    pub part: Part,
    /// What came with it, if anything did.
    pub company: Option<Box<Company<D>>>,
}

/// What came with a message.
#[derive(Debug)]
pub struct Company<D> {
    /// The bodies beside it.
    pub bodies: Vec<Bytes>,
    /// The descriptors that came with it.
    pub handles: VecDeque<D>,
    /// Whether it was sent with descriptors that were lost on the way.
    pub handles_lost: bool,
    /// The server that accepted the connection which came with it, as Node names it.
    pub key: Option<String>,
    /// Where in the payload it lies.
    pub nesting: Nesting,
}

/// A message, before it gets its descriptors.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) payload: Bytes,
    pub(crate) part: Part,
    pub(crate) beside: Option<Box<Beside>>,
}

/// What is said to come with a message.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    pub(crate) bodies: Vec<Bytes>,
    pub(crate) handles: usize,
    pub(crate) key: Option<String>,
    pub(crate) nesting: Nesting,
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
    bincode: super::bincode::Parser,
}

impl<D> Received<D> {
    /// Where in the payload the message lies.
    #[must_use]
    pub fn nesting(&self) -> Nesting {
        self.company
            .as_ref()
            .map_or_else(Nesting::default, |company| company.nesting)
    }
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
            bincode: super::bincode::Parser::default(),
        }
    }

    /// Where the next bytes belong, if that is known already: they may be read straight to the end of this vector, up to
    /// its capacity, and only what is behind them goes to [`received`](Self::received).
    pub fn space(&mut self) -> Option<&mut Vec<u8>> {
        self.buffer.space()
    }

    /// Lends a place to read to, while there is none: [`space`](Self::space) then says where in it.
    pub fn lend(&mut self, place: Vec<u8>) {
        self.buffer.lend(place);
    }

    /// Gives the place back that was [lent](Self::lend): nothing will be read for a while. What is not yet understood is
    /// kept in no more memory than it needs.
    pub fn settle(&mut self) -> Vec<u8> {
        self.buffer.settle()
    }

    /// Adds what one read brought.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::TooManyHandles`]: the channel is over.
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

    /// The next message, if it is the user's and nothing is around it or beside it. Most are so, and this is the short way to
    /// them; `None` says nothing, and [`next_event`](Self::next_event) all.
    #[inline(always)]
    pub fn next_plain(&mut self) -> Option<Bytes> {
        if self.ready.is_some() {
            return None;
        }
        match self.mode {
            Mode::Json => json::parse_plain(&mut self.buffer, &self.limits),
            Mode::Advanced => advanced::parse_plain(&mut self.buffer, &self.limits),
            #[cfg(feature = "bincode")]
            Mode::Bincode => self.bincode.parse_plain(&mut self.buffer, &self.limits),
        }
    }

    /// Whether everything that was received has been said.
    #[inline(always)]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ready.is_none() && self.buffer.is_empty()
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
        if let Some(payload) = self.next_plain() {
            let part = Part::Message;
            let company = None;
            return Ok(Some(Event::Message(Received { payload, part, company })));
        }
        let event = match self.mode {
            Mode::Json => json::parse(&mut self.buffer, &self.limits)?.map(|said| self.node_event(said)),
            Mode::Advanced => advanced::parse(&mut self.buffer, &self.limits)?.map(|said| self.node_event(said)),
            #[cfg(feature = "bincode")]
            Mode::Bincode => {
                let parsed = self.bincode.parse(&mut self.buffer, &self.limits)?;
                parsed.map(|parsed| self.complete(parsed))
            }
        };
        Ok(event)
    }

    fn node_event(&mut self, (payload, envelope): (Bytes, Envelope)) -> Event<D> {
        let (part, nesting, handle) = match envelope {
            Envelope::Message { part, nesting, handle } => (part, nesting, handle),
            Envelope::Answer(answer) => return Event::Acknowledged(answer),
            Envelope::Sockets(query) => return Event::Sockets(query),
        };
        let beside = (nesting != Nesting::default()).then(|| {
            Box::new(Beside {
                bodies: Vec::new(),
                handles: usize::from(handle.is_some()),
                key: handle.flatten(),
                nesting,
            })
        });
        self.complete(Parsed { payload, part, beside })
    }

    /// The channel has ended. Is that all right?
    ///
    /// # Errors
    ///
    /// [`ProtocolError::UnfinishedFrame`] when it ended within a frame.
    pub fn ended(&self) -> Result<(), ProtocolError> {
        let found = self.buffer.len();
        if found == 0 && !self.is_within() {
            return Ok(());
        }
        Err(ProtocolError::UnfinishedFrame { found })
    }

    /// Whether a part of the next message has been taken from the buffer.
    fn is_within(&self) -> bool {
        match self.mode {
            Mode::Json | Mode::Advanced => false,
            #[cfg(feature = "bincode")]
            Mode::Bincode => self.bincode.is_within(),
        }
    }

    /// Gives a message the descriptors that it was sent with, and finds out which answer it owes.
    fn complete(&mut self, parsed: Parsed) -> Event<D> {
        let Parsed { payload, part, beside } = parsed;
        let mut message = Received {
            payload,
            part,
            company: None,
        };
        let Some(beside) = beside else {
            return Event::Message(message);
        };
        let Beside {
            bodies,
            handles,
            key,
            nesting,
        } = *beside;
        let wanted = handles;
        let handles = if wanted == 0 {
            Some(Vec::new())
        } else {
            self.take_bundle(wanted)
        };
        let handles_lost = handles.is_none();
        message.company = Some(Box::new(Company {
            bodies,
            handles: handles.unwrap_or_default().into(),
            handles_lost,
            key,
            nesting,
        }));
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
