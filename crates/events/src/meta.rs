//! Events about listeners: somebody is about to listen, somebody has ceased to.

use crate::event::{Event, EventId};
use crate::listener::{Entry, Listener};
use crate::local;
use crate::removal::Cause;
use crate::sharing::Sharing;

/// Emitted before a listener is added, so that what is added from here lands in front of it.
#[doc(alias = "newListener")]
pub const ADDED: Event<ListenerChange> = Event::new("newListener");

/// Emitted after a listener was removed.
#[doc(alias = "removeListener")]
pub const REMOVED: Event<ListenerChange> = Event::new("removeListener");

/// Which listener comes or has gone.
#[derive(Clone, Debug)]
pub struct ListenerChange {
    event: EventId,
    function: u64,
    once: bool,
    wrapper: bool,
}

impl ListenerChange {
    pub(crate) fn added<F: Sharing, P: ?Sized>(event: EventId, entry: &Entry<F, P>) -> Self {
        let (function, once) = (entry.function.number, entry.once.is_some());
        Self {
            event,
            function,
            once,
            wrapper: false,
        }
    }

    pub(crate) fn removed<F: Sharing, P: ?Sized>(
        event: EventId,
        entry: &Entry<F, P>,
        cause: Cause,
        left: usize,
    ) -> Self {
        let added = Self::added(event, entry);
        Self {
            wrapper: added.once && cause == Cause::Over && left > 0,
            ..added
        }
    }

    /// Returns the event that is listened to.
    #[must_use]
    pub fn event(&self) -> &EventId {
        &self.event
    }

    /// Says whether it is `listener` that comes or has gone.
    #[must_use]
    pub fn is_of<P: ?Sized>(&self, listener: &Listener<P>) -> bool {
        self.function == listener.function.number
    }

    /// Says whether it is `listener`, of a local emitter, that comes or has gone.
    #[must_use]
    pub fn is_of_local<P: ?Sized>(&self, listener: &local::Listener<P>) -> bool {
        self.function == listener.function.number
    }

    /// Says whether the listener is registered for one call.
    #[must_use]
    pub fn is_once(&self) -> bool {
        self.once
    }

    /// Says whether Node would hand over the wrapper of a listener for one call here, and not the function itself:
    /// it does so when such a listener is called or cleared while others stay.
    ///
    /// It makes no difference to [`is_of`](Self::is_of), which knows the listener either way.
    #[must_use]
    pub fn is_wrapper(&self) -> bool {
        self.wrapper
    }
}
