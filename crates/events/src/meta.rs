//! Events about listeners: somebody is about to listen, somebody has ceased to.

use crate::event::{Event, EventId};

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
    once: bool,
}

impl ListenerChange {
    pub(crate) fn new(event: EventId, once: bool) -> Self {
        Self { event, once }
    }

    /// Returns the event that is listened to.
    #[must_use]
    pub fn event(&self) -> &EventId {
        &self.event
    }

    /// Says whether the listener is registered for one call.
    #[must_use]
    pub fn is_once(&self) -> bool {
        self.once
    }
}
