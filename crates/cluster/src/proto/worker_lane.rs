//! A lane, on the worker's side.
//!
//! Connections wait in the lane itself: to receive one is to take it. So the driver asks first whether one
//! [may be taken](Worker::may_take), and does both in one step.
//!
//! ```text
//!   here ── the driver has it ──> open ── leaving ──> finishing ── the primary has finished it, and it is empty ──> ended
//!     └── leaving ───────────────────────────────────────────────────────────────────────────────────────────────────^
//! ```

use super::listener::{ListenerId, Opened};
use super::worker::{Action, State, Worker};

/// What is known of a listener's lane.
#[derive(Debug)]
pub(crate) enum Lane<C> {
    /// Connections come by the channel.
    None,
    /// Our end has come.
    Here(C),
    /// The driver has it.
    Open,
    /// What is in it can still be taken; nothing comes any more.
    Finishing,
    /// Nothing is in it.
    Ended,
}

impl<C> Lane<C> {
    /// The worker is to leave. If nobody has our end yet, nobody will: it is given back.
    pub(super) fn leave(&mut self) -> Option<C> {
        match self {
            Self::Open | Self::Finishing => {
                *self = Self::Finishing;
                None
            }
            Self::None | Self::Here(_) | Self::Ended => self.give_back(),
        }
    }

    /// What is in it is not to be taken. If nobody has our end yet, it is given back.
    pub(super) fn give_back(&mut self) -> Option<C> {
        if let Self::None = self {
            return None;
        }
        match std::mem::replace(self, Self::Ended) {
            Self::Here(end) => Some(end),
            _ => None,
        }
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

    /// Whether a connection may be taken from the lane of a listener. When it has been, it [counts](Self::took).
    #[must_use]
    pub fn may_take(&self, id: ListenerId) -> bool {
        // One that leaves and wants none has them all the same: they may be nobody else's.
        let is_full = self.is_full(id) && !(self.is_leaving() && self.connections == 0);
        !self.gives_back && self.state != State::Left && !is_full
    }

    /// Whether the driver is to find out when the lane of a listener is at its end, and to say so by
    /// [`lane_ended`](Self::lane_ended).
    #[must_use]
    pub fn finishes(&self, id: ListenerId) -> bool {
        let listener = self.listeners.get(&id);
        listener.is_none_or(|listener| matches!(listener.lane, Lane::Finishing))
    }

    /// Whether what has come and was not taken goes back to the primary: the driver is to end the lanes.
    #[must_use]
    pub fn gives_back(&self) -> bool {
        self.gives_back
    }

    /// Nothing is in a lane, and nothing more comes.
    pub fn lane_ended(&mut self, id: ListenerId) {
        if let Some(listener) = self.listeners.get_mut(&id) {
            listener.lane = Lane::Ended;
            self.actions.push_back(Action::Wake);
            self.leave_if_done();
        }
    }

    /// Whether no connection will come to a listener any more by its lane.
    #[must_use]
    pub fn nothing_comes(&self, id: ListenerId) -> bool {
        let listener = self.listeners.get(&id);
        listener.is_none_or(|it| it.opened == Opened::Closed && !matches!(it.lane, Lane::Finishing))
    }
}
