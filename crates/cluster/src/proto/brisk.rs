//! How many connections may be under way to a worker on the channel: nobody can take them back from it while it lives.
//!
//! Rule 1: one, as in Node, until it takes it. From then on some, so that neither it nor the primary is woken for each one.
//! Rule 2: from time to time it is looked who has taken one since the last look. Who has not is back at one: so a worker that
//! is stuck holds that one, or what it was given in the short time before.
//! Rule 3: when nobody takes any nobody looks.
//! Rule 4: a worker of ours that has no lane is given one at a time: it answers when its program accepts, not when a handle has
//! arrived, so that of several nobody could say which one the channel [has given up](super::riding).
//!
//! ```text
//!   one ── takes it ──> some ── a look, and took none since the last ──> one
//! ```

use super::message::{Key, WorkerId};
use super::primary::Primary;

/// How many that are: eight or sixteen save no more than a twentieth of the CPU time that four save.
const AT_A_TIME: usize = 4;

impl<C: Clone> Primary<C> {
    /// A worker has taken a connection that came by its channel.
    pub(super) fn takes(&mut self, place: &(WorkerId, Key)) {
        if let Some(has_taken) = self.brisk.get_mut(place) {
            *has_taken = true;
            return;
        }
        let handle = self.handles.get(&place.1);
        if handle.is_some_and(|handle| !handle.round_robin.reports(place.0)) {
            self.brisk.insert(place.clone(), true);
            self.may_have(place, AT_A_TIME);
            self.look_later();
        }
    }

    /// Looks who has taken one.
    pub(super) fn look_at_channels(&mut self) {
        let slow = self.brisk.iter().filter(|(_, has_taken)| !**has_taken);
        for place in slow.map(|(place, _)| place.clone()).collect::<Vec<_>>() {
            self.brisk.remove(&place);
            self.may_have(&place, 1);
        }
        self.brisk.values_mut().for_each(|has_taken| *has_taken = false);
        if !self.brisk.is_empty() {
            self.look_later();
        }
    }

    fn may_have(&mut self, (worker, key): &(WorkerId, Key), at_once: usize) {
        if let Some(handle) = self.handles.get_mut(key) {
            handle.round_robin.allow(*worker, at_once);
        }
    }
}
