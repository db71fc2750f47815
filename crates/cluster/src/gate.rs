//! How many connections a listener has that asks nobody else, and how many it wants.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::connection::LetGo;
use crate::until::until;

/// Counts connections, and makes the one too many wait.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    inside: AtomicU32,
    most: Mutex<Option<u32>>,
    /// Told when there may be room.
    changed: Notify,
}

impl Gate {
    pub(crate) fn limit(&self, most: Option<u32>) {
        *self.most.lock().unwrap_or_else(PoisonError::into_inner) = most;
        self.changed.notify_waiters();
    }

    /// Waits until there is room for one more.
    pub(crate) async fn room(&self) {
        let has_room = || {
            let most = *self.most.lock().unwrap_or_else(PoisonError::into_inner);
            most.is_none_or(|most| self.inside.load(Ordering::Acquire) < most)
        };
        until(&self.changed, || has_room().then_some(())).await;
    }

    /// Lets one in, until what is returned is dropped.
    pub(crate) fn enter(self: &Arc<Self>) -> LetGo {
        self.inside.fetch_add(1, Ordering::AcqRel);
        LetGo::Gate(Arc::clone(self))
    }

    /// One that was let in is outside again.
    pub(crate) fn leave(&self) {
        self.inside.fetch_sub(1, Ordering::AcqRel);
        self.changed.notify_waiters();
    }
}
