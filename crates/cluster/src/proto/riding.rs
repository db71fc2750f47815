//! What rides on a worker's channel: in Node's modes a handle that the worker cannot receive is given up after a few tries,
//! and the channel says only that one was.
//!
//! Rule: handles are given up in the order in which they left, so that is the first that has not arrived. One has arrived when
//! the worker has answered it. A reply travels alone: it has arrived too when anything behind it has. Connections travel
//! together, and one that was lost is sent again behind the others.
//!
//! ```text
//!   departed ──> [ reply to 3, connection 7, connection 8 ] ── given up ──> the reply to 3
//!                     connection 8 is answered: so the reply to 3 has arrived, and connection 7 may have been lost
//! ```

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::message::Key;

/// As many are remembered: an honest worker answers all.
const MOST: usize = 1_024;

/// A frame that carries a handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ride {
    /// The connection with this number.
    Connection(u32),
    /// The reply to this question, about this listener.
    Reply(u32, Key),
}

/// The handles that are under way to a worker, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Riding {
    rides: VecDeque<Ride>,
}

impl Riding {
    pub(super) fn departed(&mut self, ride: Ride) {
        if self.rides.len() == MOST {
            self.rides.pop_front();
        }
        self.rides.push_back(ride);
    }

    /// The worker has answered a connection.
    pub(super) fn answered(&mut self, number: u32) {
        self.arrived(|ride| *ride == Ride::Connection(number));
    }

    /// The worker listens with what it was sent.
    pub(super) fn listens(&mut self) {
        self.arrived(|ride| matches!(ride, Ride::Reply(..)));
    }

    /// The first one that is so has arrived, and the replies before it.
    fn arrived(&mut self, is_it: impl Fn(&Ride) -> bool) {
        let Some(at) = self.rides.iter().position(is_it) else {
            return;
        };
        let mut places = 0..;
        self.rides.retain(|ride| match places.next().cmp(&Some(at)) {
            Ordering::Less => matches!(ride, Ride::Connection(_)),
            Ordering::Equal => false,
            Ordering::Greater => true,
        });
    }

    /// Which one the channel has given up.
    pub(super) fn given_up(&mut self) -> Option<Ride> {
        self.rides.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_up_is_the_first_that_has_not_arrived() {
        let reply = |number| Ride::Reply(number, Key("key".into()));
        let mut riding = Riding::default();
        for ride in [
            reply(3),
            Ride::Connection(7),
            Ride::Connection(8),
            reply(9),
            Ride::Connection(10),
        ] {
            riding.departed(ride);
        }
        riding.answered(8);
        assert_eq!(
            riding.given_up(),
            Some(Ride::Connection(7)),
            "it may be lost, the reply is not"
        );
        assert_eq!(riding.given_up(), Some(reply(9)));
        assert_eq!(riding.given_up(), Some(Ride::Connection(10)));
        assert_eq!(riding.given_up(), None);
        riding.departed(reply(10));
        riding.departed(reply(11));
        riding.listens();
        assert_eq!(riding.given_up(), Some(reply(11)));
    }

    #[test]
    fn so_many_are_remembered() {
        let mut riding = Riding::default();
        (0..2_000).for_each(|number| riding.departed(Ride::Connection(number)));
        assert_eq!(
            (riding.rides.len(), riding.given_up()),
            (MOST, Some(Ride::Connection(976)))
        );
    }
}
