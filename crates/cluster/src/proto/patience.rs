//! Lanes that stand still: a worker that takes nothing of what it was given keeps no client waiting whom others could serve.
//!
//! It may be busy, wait for something, or its whole process may have been stopped: what it was given waits in the lane, and
//! nobody can take it out there but the worker. So the primary ends the lane. The kernel decides which of the two was first:
//! a word that the worker has said by then is read, and counts; from then on it can say none, and what it takes out is not
//! its own. It asks for another lane when it accepts again, and is given nothing until then.
//!
//! Rule 1: while something waits in a lane, the lanes are looked at from time to time. One on which nothing has been said
//! since the last look stands still, and its worker is given nothing more until it says something.
//! Rule 2: a lane that stands still is ended as soon as another worker has room. Until then its worker may be the first.
//! Rule 3: when nothing waits nobody looks.
//!
//! ```text
//!   moves <── something was said ──┬──────────────┐
//!     └── a look ──> looked at ── a look ──> stands still ── another has room ──> ended
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Something was said since the last look, or nothing waits.
    Moves,
    /// Something waited at the last look, and nothing has been said since.
    LookedAt,
    /// At the one before, too.
    StandsStill,
    /// It is being read to its end.
    Ended,
}

impl<C: Clone> Primary<C> {
    /// The time has passed that [`Action::Look`] has named.
    pub fn look(&mut self) {
        self.is_to_look = false;
        self.look_at_channels();
        for lane in self.ledger.lanes() {
            let Some(pace) = self.lanes.get_mut(&lane) else {
                continue;
            };
            match *pace {
                Pace::Moves => {
                    *pace = Pace::LookedAt;
                    self.look_later();
                }
                Pace::LookedAt => {
                    *pace = Pace::StandsStill;
                    let (worker, key) = lane;
                    if let Some(handle) = self.handles.get_mut(&key) {
                        handle.stuck.insert(worker);
                        handle.round_robin.allow(worker, 0);
                        self.hand_over(&key);
                    }
                }
                Pace::StandsStill | Pace::Ended => {}
            }
        }
    }

    /// Something is under way on a lane.
    pub(super) fn look_later(&mut self) {
        if !std::mem::replace(&mut self.is_to_look, true) {
            self.actions.push_back(Action::Look { after: LOOKS });
        }
    }

    /// A worker has said something on a lane.
    pub(super) fn moves(&mut self, lane: &(WorkerId, Key)) {
        let Some(pace) = self.lanes.get_mut(lane).filter(|pace| **pace != Pace::Ended) else {
            return;
        };
        if std::mem::replace(pace, Pace::Moves) != Pace::StandsStill {
            return;
        }
        let (worker, key) = lane;
        if let Some(handle) = self.handles.get_mut(key) {
            handle.stuck.remove(worker);
            handle.round_robin.allow(*worker, AT_A_TIME);
        }
        // The next one may be as long in coming.
        self.look_later();
    }

    /// Ends the lanes that stand still, if another worker has room.
    pub(super) fn relieve(&mut self, key: &Key) {
        let Some(handle) = self.handles.get_mut(key) else {
            return;
        };
        if handle.stuck.is_empty() || !handle.round_robin.has_room() {
            return;
        }
        for worker in std::mem::take(&mut handle.stuck) {
            let lane = (worker, key.clone());
            self.lanes.insert(lane.clone(), Pace::Ended);
            let (worker, key) = lane;
            self.actions.push_back(Action::EndLane { worker, key });
        }
    }
}
