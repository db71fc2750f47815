//! A handle that ends children from elsewhere: Node's `AbortController` and its signal in one.

use std::sync::Arc;

use tokio::sync::watch;

/// Ends every child that was given a clone of it, with the child's own kill signal.
///
/// In Node: [`AbortController`](https://nodejs.org/docs/latest-v20.x/api/globals.html#class-abortcontroller).
#[derive(Debug, Clone)]
#[doc(alias = "AbortController")]
#[doc(alias = "AbortSignal")]
pub struct AbortHandle {
    is_aborted: Arc<watch::Sender<bool>>,
}

impl AbortHandle {
    /// Makes a handle that nobody has used.
    #[must_use]
    pub fn new() -> Self {
        Self {
            is_aborted: Arc::new(watch::Sender::new(false)),
        }
    }

    /// Aborts, now and for whoever is started later.
    pub fn abort(&self) {
        self.is_aborted.send_replace(true);
    }

    /// Whether somebody has aborted.
    #[must_use]
    pub fn is_aborted(&self) -> bool {
        *self.is_aborted.borrow()
    }

    /// Waits until somebody aborts.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn aborted(&self) {
        // The sender is ours, so the wait ends by an abort alone.
        let _ = self.is_aborted.subscribe().wait_for(|is_aborted| *is_aborted).await;
    }
}

impl Default for AbortHandle {
    fn default() -> Self {
        Self::new()
    }
}
