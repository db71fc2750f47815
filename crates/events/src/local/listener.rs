//! What goes with the local emitter: listeners, keys and guards that stay on its thread.

use std::fmt;

use super::emitter::WeakEmitter;
use crate::key::Resolved;
use crate::listener::{Entry, Function, ListenerId};
use crate::sharing::Local;

/// A function that is known again: see [`crate::Listener`].
pub struct Listener<P: ?Sized + 'static> {
    pub(crate) function: Function<Local, P>,
}

impl<P: ?Sized + 'static> Listener<P> {
    /// Makes a listener of a function.
    #[must_use]
    pub fn new(call: impl Fn(&P) + 'static) -> Self {
        Self {
            function: Function::local(call),
        }
    }
}

impl<P: ?Sized + 'static> Clone for Listener<P> {
    fn clone(&self) -> Self {
        Self {
            function: self.function.clone(),
        }
    }
}

impl<P: ?Sized + 'static> PartialEq for Listener<P> {
    fn eq(&self, other: &Self) -> bool {
        self.function.number == other.function.number
    }
}

impl<P: ?Sized + 'static> Eq for Listener<P> {}

impl<P: ?Sized + 'static> fmt::Debug for Listener<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listener({:#x})", self.function.number)
    }
}

/// An event of one emitter, already looked up: see [`crate::Key`].
pub struct Key<P: ?Sized + 'static>(pub(crate) Resolved<Local, P>);

impl<P: ?Sized + 'static> Key<P> {
    /// Does what [`EventEmitter::emit`](super::EventEmitter::emit) does.
    ///
    /// # Panics
    ///
    /// If a listener does: those after it are not called, and the emitter stays as usable as before.
    #[inline]
    pub fn emit(&self, payload: &P) -> bool {
        self.0.emit(payload)
    }
}

impl<P: ?Sized + 'static> Clone for Key<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// One registration of a listener: see [`crate::RawListener`].
pub struct RawListener<P: ?Sized + 'static> {
    pub(crate) slot: Resolved<Local, P>,
    pub(crate) entry: Entry<Local, P>,
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

    /// Calls the listener by hand, and says whether it was called: see [`crate::RawListener::call`].
    ///
    /// # Panics
    ///
    /// If the listener does.
    pub fn call(&self, payload: &P) -> bool {
        self.slot.call(&self.entry, payload)
    }
}

/// Removes its listener when it is dropped: see [`crate::Subscription`].
#[must_use = "the listener is removed as soon as its subscription is dropped"]
#[derive(Debug)]
pub struct Subscription {
    pub(crate) emitter: WeakEmitter,
    pub(crate) id: ListenerId,
}

impl Subscription {
    /// Gives up the guard: the listener stays until it is removed by its id.
    pub fn into_id(self) -> ListenerId {
        let id = self.id;
        std::mem::forget(self);
        id
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(emitter) = self.emitter.upgrade() {
            emitter.remove(self.id);
        }
    }
}
