//! A listener that lives as long as a guard.

use std::fmt;

use crate::emitter::WeakEmitter;
use crate::listener::ListenerId;

/// Removes its listener when it is dropped.
///
/// It does not keep the emitter alive.
#[must_use = "the listener is removed as soon as its subscription is dropped"]
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

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscription").field(&self.id).finish()
    }
}
