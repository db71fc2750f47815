//! How a worker leaves: told to, of its own will, or because its primary is gone.
//!
//! ```text
//!   running ── told to disconnect ──> leaving ── last connection ended ──────────────────────> left
//!      └────── of its own will ────> leaving ── last connection ended ──> asking ── heard ──> left
//!   any but left ── channel ended ──> orphaned
//! ```

use super::listener::{Listener, Opened};
use super::message::{Key, Message};
use super::worker::{Action, State, Worker};
use super::worker_lane::Lane;

impl<C> Worker<C> {
    /// The program wants to leave the cluster.
    pub fn disconnect(&mut self) {
        self.leave(State::Leaving { asks: true });
    }

    /// The program is about to end, whatever it has: the primary is told that it goes of its own will. What waits goes to
    /// others.
    pub fn quit(&mut self) {
        self.close_all();
        self.give_back();
        if matches!(self.state, State::Running | State::Leaving { .. }) {
            self.state = State::Asking { seq: self.seq };
            self.send(None, Message::ExitedAfterDisconnect);
        }
    }

    /// The program takes nothing more: what waits goes back to the primary, and to others.
    pub fn give_back(&mut self) {
        self.gives_back = true;
        self.actions.push_back(Action::Wake);
        let mut waiting = Vec::new();
        for listener in self.listeners.values_mut() {
            waiting.extend(listener.waiting.drain(..).map(|(seq, _)| seq));
            // One that the driver has, it ends.
            self.actions.extend(listener.lane.give_back().map(Action::EndLane));
        }
        for seq in waiting {
            self.send(Some(seq), Message::Accepted { accepted: false });
        }
        self.leave_if_done();
    }

    /// Whether this worker is on its way out, or out.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        self.state != State::Running
    }

    /// Whether this worker has left.
    #[must_use]
    pub fn has_left(&self) -> bool {
        self.state == State::Left
    }

    /// The channel has ended.
    pub fn ended(&mut self) {
        if self.state != State::Left {
            self.state = State::Left;
            self.close_all();
            self.actions.push_back(Action::Orphaned);
        }
    }

    pub(super) fn leave(&mut self, leaving: State) {
        if self.state != State::Running {
            return;
        }
        self.state = leaving;
        for key in self.close_all() {
            self.send(None, Message::Close { key });
        }
        self.leave_if_done();
    }

    /// Closes every listener, and gives the keys of those that were open. What waits in them stays.
    fn close_all(&mut self) -> Vec<Key> {
        let mut keys = Vec::new();
        for listener in self.listeners.values_mut() {
            listener.shared = None;
            self.actions.extend(listener.lane.leave().map(Action::EndLane));
            if let Opened::Open(_) | Opened::Shared = std::mem::replace(&mut listener.opened, Opened::Closed) {
                keys.extend(listener.key.clone());
            }
        }
        self.actions.push_back(Action::Wake);
        keys
    }

    pub(super) fn leave_if_done(&mut self) {
        let State::Leaving { asks } = self.state else { return };
        let waits = |listener: &Listener<C>| !listener.waiting.is_empty() || matches!(listener.lane, Lane::Finishing);
        if self.connections > 0 || self.listeners.values().any(waits) {
            return;
        }
        if asks {
            self.state = State::Asking { seq: self.seq };
            self.send(None, Message::ExitedAfterDisconnect);
        } else {
            self.left();
        }
    }

    pub(super) fn left(&mut self) {
        self.state = State::Left;
        self.actions.push_back(Action::Leave);
        self.actions.push_back(Action::Wake);
    }
}
