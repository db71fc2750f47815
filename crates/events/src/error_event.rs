//! The error event: an error that nobody listens for is given back, never lost.
//!
//! Its identity is the name `error` and the error's own type, so a listener gets the error typed.

use std::error::Error;
use std::fmt;

use crate::core::Core;
use crate::event::sealed::Sealed;
use crate::event::{Event, Symbol};
use crate::listener::Entry;
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
        let slot = self
            .registry
            .with(|_| self.directory.handle::<E>(Event::<E>::error().as_name()));
        let watch = Watch::new(self, &slot);
        self.emit(ERROR_MONITOR, error);
        match watch.wiped() {
            None => slot.emit(self, error),
            Some(listeners) => slot.emit_to(self, &listeners, error),
        }
    }

    fn wipes(&self) -> u64 {
        self.registry.with(|registry| registry.wipes)
    }
}

/// What was removed from an error event at one stroke while its monitors ran.
///
/// The monitors belong to the error's emit, and emptying an emitter does not stop an emit in progress:
/// so the listeners that a wipe found are still called, and those added after it are not.
/// A wipe is the removal of all listeners of all events, and any other that leaves the emitter without a listener.
pub(crate) struct Wiped<F: Sharing, P: ?Sized + 'static> {
    watches: usize,
    lists: Vec<(u64, Vec<Entry<F, P>>)>,
}

impl<F: Sharing, P: ?Sized + 'static> Wiped<F, P> {
    pub(crate) const fn nothing() -> Self {
        Self {
            watches: 0,
            lists: Vec::new(),
        }
    }

    pub(crate) fn note(&mut self, wipe: u64, entries: &[Entry<F, P>]) {
        if self.watches > 0 {
            self.lists.push((wipe, entries.to_vec()));
        }
    }
}

/// Keeps what is wiped, as long as the monitors of one error run.
struct Watch<'a, F: Sharing, P: ?Sized + 'static> {
    core: &'a Core<F>,
    slot: &'a Slot<F, P>,
    start: u64,
}

impl<'a, F: Sharing, P: ?Sized + 'static> Watch<'a, F, P> {
    fn new(core: &'a Core<F>, slot: &'a Slot<F, P>) -> Self {
        slot.wiped.with(|wiped| wiped.watches += 1);
        Self {
            core,
            slot,
            start: core.wipes(),
        }
    }

    /// Returns what the first wipe since the start found here; `None` if there was no wipe.
    fn wiped(&self) -> Option<Vec<Entry<F, P>>> {
        let first = self.start + 1;
        (self.core.wipes() >= first).then(|| {
            let found = |wiped: &mut Wiped<F, P>| {
                let list = wiped.lists.iter().find(|(wipe, _)| *wipe == first);
                list.map(|(_, entries)| entries.clone())
            };
            self.slot.wiped.with(found).unwrap_or_default()
        })
    }
}

impl<F: Sharing, P: ?Sized + 'static> Drop for Watch<'_, F, P> {
    fn drop(&mut self) {
        let forgotten = self.slot.wiped.with(|wiped| {
            wiped.watches -= 1;
            if wiped.watches == 0 {
                std::mem::take(&mut wiped.lists)
            } else {
                Vec::new()
            }
        });
        drop(forgotten);
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
