//! An event looked up once, for those who emit it often.
//!
//! A key goes to the slot of its event without hashing, comparing or searching anything.

use crate::core::Core;
use crate::listener::Entry;
use crate::sharing::{Exclusive, Number, Shared, Sharing};
use crate::slot::Slot;

/// An event of one emitter, already looked up: `let tick = emitter.key(TICK)`.
///
/// It keeps its emitter alive. Clones are the same key.
///
/// ```
/// use ferronode_events::{Event, EventEmitter};
///
/// const TICK: Event<u32> = Event::new("tick");
/// let emitter = EventEmitter::new();
/// let tick = emitter.key(TICK);
/// emitter.on(TICK, |count| assert_eq!(*count, 1));
/// assert!(tick.emit(&1));
/// ```
pub struct Key<P: ?Sized + 'static>(pub(crate) Resolved<Shared, P>);

impl<P: ?Sized + 'static> Key<P> {
    /// Does what [`EventEmitter::emit`](crate::EventEmitter::emit) does.
    ///
    /// # Panics
    ///
    /// If a listener does: those after it are not called, and the emitter stays as usable as before.
    #[inline(always)]
    pub fn emit(&self, payload: &P) -> bool {
        self.0.emit(payload)
    }
}

impl<P: ?Sized + 'static> Clone for Key<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// A slot and the core that it belongs to. While it exists, the directory keeps the slot.
pub(crate) struct Resolved<F: Sharing, P: ?Sized + 'static> {
    core: F::Ref<Core<F>>,
    slot: F::Ref<Slot<F, P>>,
}

impl<F: Sharing, P: ?Sized + 'static> Resolved<F, P> {
    /// Wraps a slot; only for the holder of the registry.
    pub(crate) fn new(core: F::Ref<Core<F>>, slot: F::Ref<Slot<F, P>>) -> Self {
        slot.keys.set(slot.keys.get() + 1);
        Self { core, slot }
    }

    #[inline(always)]
    pub(crate) fn emit(&self, payload: &P) -> bool {
        self.slot.emit(&self.core, payload)
    }

    /// Calls one registration as an emit would; false if its one call is over.
    pub(crate) fn call(&self, entry: &Entry<F, P>, payload: &P) -> bool {
        self.slot.call(&self.core, entry, payload)
    }

    /// Lists the registrations of this moment.
    pub(crate) fn entries(&self) -> Vec<Entry<F, P>> {
        self.slot.entries()
    }
}

impl<F: Sharing, P: ?Sized + 'static> Clone for Resolved<F, P> {
    fn clone(&self) -> Self {
        self.core
            .registry
            .with(|_| Self::new(self.core.clone(), self.slot.clone()))
    }
}

impl<F: Sharing, P: ?Sized + 'static> Drop for Resolved<F, P> {
    fn drop(&mut self) {
        self.core.registry.with(|_| {
            self.slot.keys.set(self.slot.keys.get() - 1);
            if self.slot.is_idle() {
                self.core.directory.forget(&self.slot.id);
            }
        });
    }
}
