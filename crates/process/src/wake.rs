//! How the loop hears, while it waits, that something was scheduled or has come: from any thread.

use tokio::sync::Notify;

static BELL: Notify = Notify::const_new();

/// Wakes the loop, or keeps it from the next wait.
pub(crate) fn wake() {
    BELL.notify_one();
}

/// Waits until somebody wakes the loop.
pub(crate) async fn woken() {
    BELL.notified().await;
}
