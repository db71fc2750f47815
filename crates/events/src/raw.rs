//! A look at the list itself: each registration as the emitter holds it, and a way to call it by hand.

use crate::key::Resolved;
use crate::listener::{Entry, Listener};
use crate::sharing::Shared;

/// One registration of a listener, as [`raw_listeners`](crate::EventEmitter::raw_listeners) lists it.
pub struct RawListener<P: ?Sized + 'static> {
    pub(crate) slot: Resolved<Shared, P>,
    pub(crate) entry: Entry<Shared, P>,
}

impl<P: ?Sized + 'static> RawListener<P> {
    /// Returns the listener that is registered.
    #[must_use]
    pub fn listener(&self) -> Listener<P> {
        Listener {
            function: self.entry.function.clone(),
        }
    }

    /// Says whether it is registered for one call.
    #[must_use]
    pub fn is_once(&self) -> bool {
        self.entry.once.is_some()
    }

    /// Calls the listener by hand, and says whether it was called.
    ///
    /// One that is registered for one call is removed first; once that call is over it is not called any more.
    ///
    /// # Panics
    ///
    /// If the listener does.
    pub fn call(&self, payload: &P) -> bool {
        self.slot.call(&self.entry, payload)
    }
}
