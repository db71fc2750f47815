//! Lanes that stand still: a worker that takes nothing of what it was given keeps no client waiting whom others could serve.
//!
//! It may be busy, wait for something, or its whole process may have been stopped: what it was given waits in the lane, and
//! the primary takes it back. The kernel decides, connection by connection, which of the two was first.
//!
//! Rule 1: while something waits in a lane, the lanes are counted from time to time. One of which nothing has been taken
//! since the last look stands still. Its worker is asked, behind all connections, whether it is there, and is given
//! nothing until it has said so.
//! Rule 2: what is in a lane that stands still is taken back as soon as another worker has room. Until then its worker may be
//! the first.
//! Rule 3: when nothing waits nobody looks; nor at a lane that stands still, whose worker will answer when it comes to that.
//!
//! ```text
//!   moves <── something was taken ──┬──────────────┐
//!     └── a look ──> looked at ── a look ──> stands still ── another has room: taken back, asked again
//! ```

use std::time::Duration;

use super::action::Action;
use super::lane::AT_A_TIME;
use super::message::{Key, WorkerId};
use super::primary::Primary;

/// How long after the first connection, and after a look, the lanes are looked at: so the first that is given to a worker
/// waits for it 20 to 40 ms at most while others could have it. Longer than a worker that is well needs to be woken, shorter
/// than a client notices.
const LOOKS: Duration = Duration::from_millis(20);

/// How a lane gets on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Pace {
    /// Something was taken since the last look, or nothing waits.
    #[default]
    Moves,
    /// Something waited at the last look, and nothing has been taken since.
    LookedAt,
    /// At the one before, too.
    StandsStill,
}

impl<C: Clone> Primary<C> {
    /// The time has passed that [`Action::Look`] has named.
    pub fn look(&mut self) {
        self.is_to_look = false;
        self.look_at_channels();
        let mut watched = Vec::new();
        for (place, lane) in &mut self.lanes {
            let waits = lane.under_way > 0 && lane.pace != Pace::StandsStill;
            lane.is_looked_at = waits || lane.is_to_be_tried;
            watched.extend(lane.is_looked_at.then(|| place.clone()));
        }
        for place in watched {
            self.count_lane(place);
        }
    }

    /// A lane has been counted, perhaps because it was to be looked at.
    pub(super) fn has_been_looked_at(&mut self, place: &(WorkerId, Key)) {
        let Some(lane) = self.lanes.get_mut(place) else {
            return;
        };
        if !std::mem::take(&mut lane.is_looked_at) {
            return;
        }
        let again = std::mem::take(&mut lane.is_to_be_tried);
        match lane.pace {
            Pace::StandsStill if again => self.is_stuck(place),
            _ if lane.under_way == 0 => {}
            Pace::Moves => {
                lane.pace = Pace::LookedAt;
                self.look_later();
            }
            Pace::LookedAt => {
                lane.pace = Pace::StandsStill;
                self.is_stuck(place);
            }
            Pace::StandsStill => {}
        }
    }

    fn is_stuck(&mut self, place: &(WorkerId, Key)) {
        self.ask_again(place);
        let (worker, key) = place;
        match self.handles.get_mut(key) {
            Some(handle) => {
                handle.stuck.insert(*worker);
                handle.round_robin.allow(*worker, 0);
            }
            // The listener is closed: nobody else will have them.
            None => self.end_lane(place.clone()),
        }
    }

    /// Asks the worker of a lane that stands still whether it is there.
    pub(super) fn ask_again(&mut self, place: &(WorkerId, Key)) {
        let Some(lane) = self.lanes.get_mut(place) else {
            return;
        };
        // On one that is finished nothing can be given.
        if lane.pace != Pace::StandsStill || lane.has_asked || lane.is_finished {
            return;
        }
        lane.has_asked = true;
        let (worker, key) = place.clone();
        self.actions.push_back(Action::Ask { worker, key });
    }

    /// Something is under way on a lane.
    pub(super) fn look_later(&mut self) {
        if !std::mem::replace(&mut self.is_to_look, true) {
            self.actions.push_back(Action::Look { after: LOOKS });
        }
    }

    /// A worker has taken something from a lane.
    pub(super) fn moves(&mut self, place: &(WorkerId, Key)) {
        let Some(lane) = self.lanes.get_mut(place) else {
            return;
        };
        if std::mem::replace(&mut lane.pace, Pace::Moves) != Pace::Moves {
            let (worker, key) = place;
            if let Some(handle) = self.handles.get_mut(key) {
                handle.stuck.remove(worker);
                handle.round_robin.allow(*worker, AT_A_TIME);
            }
        }
        if self.lanes.get(place).is_some_and(|lane| lane.under_way > 0) {
            self.look_later();
        }
    }

    /// Takes back what is in the lanes that stand still, if another worker has room.
    pub(super) fn relieve(&mut self, key: &Key) {
        let Some(handle) = self.handles.get_mut(key) else {
            return;
        };
        if handle.stuck.is_empty() || !handle.round_robin.has_room() {
            return;
        }
        for worker in std::mem::take(&mut handle.stuck) {
            self.take_lane_back((worker, key.clone()));
        }
    }
}
