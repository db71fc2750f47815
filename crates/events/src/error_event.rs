//! The error event: an error that nobody listens for is given back, never lost.
//!
//! Its identity is the name `error` and the error's own type, so a listener gets the error typed.

use std::error::Error;
use std::fmt;

use crate::core::Core;
use crate::event::{Event, Symbol};
use crate::sharing::{Exclusive, Sharing};
use crate::slot::Slot;

/// Sees every error that is emitted, of whatever type, before the listeners of the error event do.
///
/// Watching is not handling: an error that only monitors have seen is given back all the same.
#[doc(alias = "errorMonitor")]
pub const ERROR_MONITOR: Symbol<dyn Error> = Symbol::reserved("events.errorMonitor", 1);

impl<E> Event<E> {
    /// Names the error event of errors of type `E`.
    #[must_use]
    pub const fn error() -> Self {
        Self::new("error")
    }
}

impl<F: Sharing> Core<F> {
    /// Emits an error to its monitors and then to its listeners; says whether there were listeners.
    pub(crate) fn emit_error<E: Error + 'static>(&self, error: &E) -> bool {
        if self.listener_count(ERROR_MONITOR) == 0 {
            return self.emit(Event::error(), error);
        }
        let wipes = || self.registry.with(|registry| registry.wipes);
        let before = wipes();
        let listeners = self.find(Event::<E>::error(), Slot::entries).unwrap_or_default();
        self.emit(ERROR_MONITOR, error);
        if wipes() == before {
            return self.emit(Event::error(), error);
        }
        // A monitor emptied the emitter: that does not stop an emit in progress, and this one began with the monitors.
        self.find(Event::error(), |slot| {
            for entry in &listeners {
                slot.call(self, entry, error);
            }
        });
        !listeners.is_empty()
    }
}

/// An error that was emitted while nobody listened for it: the error itself, untouched.
#[must_use = "nobody listened for this error: whoever gets it back must handle it or pass it on"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unhandled<E>(pub E);

impl<E> Unhandled<E> {
    /// Returns Node's code of an error event without listener.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "ERR_UNHANDLED_ERROR"
    }

    /// Gives the error back.
    pub fn into_inner(self) -> E {
        self.0
    }
}

impl<E: fmt::Display> fmt::Display for Unhandled<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unhandled error. ({})", self.0)
    }
}

impl<E: Error + 'static> Error for Unhandled<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}
