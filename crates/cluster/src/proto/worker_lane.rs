//! A lane, on the worker's side.
//!
//! Connections wait in the lane itself, and the worker's driver asks what becomes of each that it takes out. When the worker
//! leaves, the driver drains the lane, so that it is known what is still to be taken. A lane that the primary has ended
//! before that was one of a worker that took nothing: when the program wants a connection again, another is asked for.
//!
//! ```text
//!     ┌───── the primary sends another ────── asked again
//!     v                                          ^
//!   here ── the driver has it ──> open ── lost ──┘
//!     │                             └── leaving ──> draining ── the primary has finished it ──> ended
//!     └────────────── leaving ────────────────────────────────────────────────────────────────>
//! ```

use super::listener::{Listener, ListenerId, Opened};
use super::message::{Message, Reply};
use super::worker::{Action, EMFILE, State, Worker};

/// What becomes of a connection that has come over a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// It counts from now on, and is the program's when that has been said on the lane. If it cannot be said, it has
    /// [not been taken](Worker::not_taken).
    Take,
    /// There are as many as are wanted: say on the lane that it is refused.
    Refuse,
    /// Nothing: it goes back to the primary when the lane ends.
    Drop,
}

/// What is known of a listener's lane.
#[derive(Debug)]
pub(crate) enum Lane<C> {
    /// Connections come by the channel.
    None,
    /// Our end has come.
    Here(C),
    /// The driver has it.
    Open,
    /// It was lost, and the primary has been asked for another.
    AskedAgain,
    /// The primary has none now: a positive errno.
    Refused(i32),
    /// The driver takes out of it what is left.
    Draining,
    /// Nothing comes over it any more.
    Ended,
}

impl<C> Lane<C> {
    /// The worker is to leave.
    pub(super) fn leave(&mut self) {
        *self = match std::mem::replace(self, Self::None) {
            Self::None => Self::None,
            Self::Open | Self::Draining => Self::Draining,
            // Nobody has it yet, nobody will.
            Self::Here(_) | Self::AskedAgain | Self::Refused(_) | Self::Ended => Self::Ended,
        };
    }
}

impl<C> Worker<C> {
    /// The lane of a listener, for the driver to take connections from. Without one they are [taken](Self::take) here.
    pub fn lane(&mut self, id: ListenerId) -> Option<C> {
        let lane = &mut self.listeners.get_mut(&id)?.lane;
        match std::mem::replace(lane, Lane::Open) {
            Lane::Here(end) => Some(end),
            other => {
                *lane = other;
                None
            }
        }
    }

    /// The lane of a listener has ended, or nothing can be said on it: the driver has dropped it. Another is asked for, unless
    /// this worker is to leave. To be called again when [that was refused](Self::asked_again).
    pub fn lane_lost(&mut self, id: ListenerId) {
        let Some(listener) = self.listeners.get_mut(&id) else {
            return;
        };
        match (&listener.lane, &listener.opened) {
            (Lane::Open | Lane::Refused(_), Opened::Open(_)) => {
                listener.lane = Lane::AskedAgain;
                listener.asked = Some(self.seq);
                let query = listener.query.clone();
                self.send(None, Message::Query(query));
            }
            (Lane::Draining, _) => {
                // It is the primary's again.
                listener.waiting.clear();
                self.lane_ended(id);
            }
            _ => {}
        }
    }

    /// What has come of that: `None` until the primary has answered, then an errno if it has none. Else there is a
    /// [lane](Self::lane), or connections come by the channel, or nothing will any more.
    #[must_use]
    pub fn asked_again(&self, id: ListenerId) -> Option<Result<(), i32>> {
        match self.listeners.get(&id).map(|listener| &listener.lane) {
            Some(Lane::AskedAgain) => None,
            Some(Lane::Refused(errno)) => Some(Err(*errno)),
            _ => Some(Ok(())),
        }
    }

    /// The primary has answered who has asked again.
    pub(super) fn another_lane(&mut self, id: ListenerId, reply: &Reply, rides: Option<C>) {
        if let Some(listener) = self.listeners.get_mut(&id) {
            listener.lane = match (reply.errno, rides) {
                (0, Some(end)) => Lane::Here(end),
                // Its descriptor was lost on the way: the primary will see the end of that lane.
                (0, None) if reply.lane => Lane::Refused(EMFILE),
                (0, None) => Lane::None,
                (errno, _) => Lane::Refused(errno.saturating_neg()),
            };
            self.actions.push_back(Action::Wake);
        }
    }

    /// The program takes what was drained from a lane, if something waits: it counts from now on, and is the program's when
    /// its number has been said on the lane.
    pub fn take_drained(&mut self, id: ListenerId) -> Option<(u32, C)> {
        let drained = self.listeners.get_mut(&id)?.waiting.pop_front()?;
        self.took(id);
        Some(drained)
    }

    /// What becomes of a connection that has come over a lane.
    pub fn offered(&mut self, id: ListenerId) -> Offer {
        if self.gives_back || self.state == State::Left {
            return Offer::Drop;
        }
        if self.is_full(id) {
            return Offer::Refuse;
        }
        self.took(id);
        Offer::Take
    }

    /// What was taken from a lane could not be said to be: it is the primary's again.
    pub fn not_taken(&mut self, id: ListenerId) {
        self.connections = self.connections.saturating_sub(1);
        if let Some(listener) = self.listeners.get_mut(&id) {
            listener.connections = listener.connections.saturating_sub(1);
        }
        self.leave_if_done();
    }

    /// Whether the driver is to drain the lane of a listener: give everything that comes over it to [`came`](Self::came),
    /// until [it ends](Self::lane_ended).
    #[must_use]
    pub fn drains(&self, id: ListenerId) -> bool {
        let listener = self.listeners.get(&id);
        listener.is_none_or(|listener| matches!(listener.lane, Lane::Draining))
    }

    /// Whether what has come and was not taken goes back to the primary: the driver is to end the lanes.
    #[must_use]
    pub fn gives_back(&self) -> bool {
        self.gives_back
    }

    /// A connection has been drained from a lane.
    pub fn came(&mut self, id: ListenerId, number: u32, connection: C) {
        let drains = |listener: &&mut Listener<C>| matches!(listener.lane, Lane::Draining);
        if let Some(listener) = self.listeners.get_mut(&id).filter(drains).filter(|_| !self.gives_back) {
            listener.waiting.push_back((number, connection));
            self.actions.push_back(Action::Wake);
        }
    }

    /// Nothing more comes over a lane.
    pub fn lane_ended(&mut self, id: ListenerId) {
        if let Some(listener) = self.listeners.get_mut(&id) {
            listener.lane = Lane::Ended;
            self.actions.push_back(Action::Wake);
            self.leave_if_done();
        }
    }

    /// Whether something waits that was drained from the lane of a listener, or nothing will any more; `None` while
    /// connections are to be taken from the lane itself.
    #[must_use]
    pub fn drained(&self, id: ListenerId) -> Option<bool> {
        let Some(listener) = self.listeners.get(&id) else {
            return Some(false);
        };
        let is_over = listener.opened == Opened::Closed && !matches!(listener.lane, Lane::Draining);
        match listener.waiting.is_empty() {
            false => Some(true),
            true => is_over.then_some(false),
        }
    }
}
