//! A message that has come: its bytes, not yet decoded, and what came with it.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use ferronode_v8_serialize::Graph;
use serde::de::DeserializeOwned;

use crate::handle::Handle;
use crate::proto::{self, Company, DecodeError, Mode, Nesting, Part, Received};
use crate::request::Request;

/// A message from the peer.
///
/// What is in it can be taken from a shared reference, since listeners of an event get no other.
#[derive(Debug)]
pub struct Message {
    payload: Bytes,
    /// A word, not two bytes: a message is moved a few times, and moves around odd bytes stall.
    manner: &'static Manner,
    /// What few messages have.
    more: Option<Box<More>>,
}

/// How a message is written, and for whom.
#[derive(Debug, PartialEq)]
struct Manner {
    mode: Mode,
    internal: bool,
}

impl Manner {
    fn of(mode: Mode, internal: bool) -> &'static Self {
        match (mode, internal) {
            (Mode::Json, false) => &Self {
                mode: Mode::Json,
                internal: false,
            },
            (Mode::Advanced, false) => &Self {
                mode: Mode::Advanced,
                internal: false,
            },
            (Mode::Advanced, true) => &Self {
                mode: Mode::Advanced,
                internal: true,
            },
            (Mode::Json, true) => &Self {
                mode: Mode::Json,
                internal: true,
            },
            #[cfg(feature = "bincode")]
            (Mode::Bincode, false) => &Self {
                mode: Mode::Bincode,
                internal: false,
            },
            #[cfg(feature = "bincode")]
            (Mode::Bincode, true) => &Self {
                mode: Mode::Bincode,
                internal: true,
            },
        }
    }
}

#[derive(Debug)]
struct More {
    bodies: Vec<Bytes>,
    key: Option<String>,
    handles_lost: bool,
    nesting: Nesting,
    taken: Mutex<Taken>,
}

/// What only one can have.
#[derive(Debug)]
struct Taken {
    handles: VecDeque<Handle>,
    request: Option<Request>,
}

impl Message {
    /// A message of the user's with nothing around it or beside it.
    #[inline(always)]
    pub(crate) fn plain(mode: Mode, payload: Bytes) -> Self {
        Self {
            payload,
            manner: Manner::of(mode, false),
            more: None,
        }
    }

    pub(crate) fn new(mode: Mode, received: Received<OwnedFd>, request: Option<Request>) -> Self {
        let Received { payload, part, company } = received;
        let more = (company.is_some() || request.is_some()).then(|| Box::new(More::new(company, request)));
        Self {
            payload,
            manner: Manner::of(mode, part == Part::Internal),
            more,
        }
    }

    /// Decodes the message.
    ///
    /// # Errors
    ///
    /// It is no such value. The message is still there, and the channel goes on.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        proto::decode(self.manner.mode, &self.payload, self.nesting())
    }

    /// Decodes the message as JavaScript has it: in mode `advanced` with identity, cycles and types.
    ///
    /// # Errors
    ///
    /// It is no value, or it was written in `bincode`, which does not say what it is.
    pub fn value(&self) -> Result<Graph, DecodeError> {
        proto::decode_graph(self.manner.mode, &self.payload, self.nesting())
    }

    fn nesting(&self) -> Nesting {
        self.more.as_ref().map_or_else(Nesting::default, |more| more.nesting)
    }

    /// What stood on the wire: in mode `json` the JSON text. Around a message with a handle, and around a question or an
    /// answer, is the object that says so.
    #[must_use]
    pub fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// How the payload is written.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.manner.mode
    }

    /// Whether it belongs to a protocol above the channel rather than to the user: Node's `'internalMessage'`.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.manner.internal
    }

    /// The bodies that came beside it, in the order in which they were added. Cloning one copies no byte.
    #[must_use]
    pub fn bodies(&self) -> &[Bytes] {
        self.more.as_ref().map_or(&[], |more| &more.bodies)
    }

    /// The server that accepted the connection which came with it, as its Node process names it.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.more.as_ref()?.key.as_deref()
    }

    /// Takes the question that this message is, if it is one and nobody has taken it.
    ///
    /// A question that nobody takes is refused when the message is dropped.
    pub fn request(&self) -> Option<Request> {
        self.more.as_ref()?.lock().request.take()
    }

    /// Takes the first handle that is left. Handles that nobody takes are closed with the message.
    pub fn take_handle(&self) -> Option<Handle> {
        self.more.as_ref()?.lock().handles.pop_front()
    }

    /// Takes all handles that are left, in the order in which they were sent.
    pub fn take_handles(&self) -> Vec<Handle> {
        let Some(more) = &self.more else { return Vec::new() };
        more.lock().handles.drain(..).collect()
    }

    /// How many bytes it holds, its bodies included.
    #[must_use]
    pub fn weight(&self) -> usize {
        let bodies = self.bodies().iter().map(Bytes::len);
        self.payload.len() + bodies.sum::<usize>()
    }

    /// How many handles are left in it.
    pub(crate) fn handle_count(&self) -> usize {
        self.more.as_ref().map_or(0, |more| more.lock().handles.len())
    }

    /// Whether it was sent with handles that this process could not receive: its limit of open files is reached.
    ///
    /// Only in mode `bincode`. In Node's modes the sender is told, and sends it again.
    #[must_use]
    pub fn handles_lost(&self) -> bool {
        self.more.as_ref().is_some_and(|more| more.handles_lost)
    }
}

impl More {
    fn new(company: Option<Box<Company<OwnedFd>>>, request: Option<Request>) -> Self {
        let mut more = Self {
            bodies: Vec::new(),
            key: None,
            handles_lost: false,
            nesting: Nesting::default(),
            taken: Mutex::new(Taken {
                handles: VecDeque::new(),
                request,
            }),
        };
        if let Some(company) = company {
            more.bodies = company.bodies;
            more.key = company.key;
            more.handles_lost = company.handles_lost;
            more.nesting = company.nesting;
            more.lock().handles = company.handles.into_iter().map(Handle::received).collect();
        }
        more
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
