//! Waiting until something is so, without missing the moment when it becomes so.
//!
//! Rule: whoever changes something tells the [`Notify`] afterwards. Whoever waits is on its list before it looks: a change
//! that comes between the look and the wait wakes it all the same.

use tokio::sync::Notify;

/// Waits until `look` finds what it looks for; it looks again whenever something has changed.
///
/// Cancel safe: nothing is lost.
pub(crate) async fn until<T>(changed: &Notify, mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        let told = changed.notified();
        tokio::pin!(told);
        told.as_mut().enable();
        if let Some(found) = look() {
            return found;
        }
        told.await;
    }
}
