//! More listeners than an event usually has are a sign of a leak: a warning, once per list, never a refusal.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::event::EventId;
use crate::hook::Hook;

/// Ten, as `events.defaultMaxListeners` in Node 20.
static DEFAULT_MAX_LISTENERS: AtomicUsize = AtomicUsize::new(10);

/// Returns how many listeners of one event an emitter without a limit of its own takes for granted.
#[doc(alias = "defaultMaxListeners")]
#[must_use]
pub fn default_max_listeners() -> usize {
    DEFAULT_MAX_LISTENERS.load(Ordering::Relaxed)
}

/// Sets the limit of all emitters that have none of their own; 0 turns the warning off.
#[doc(alias = "defaultMaxListeners")]
pub fn set_default_max_listeners(count: usize) {
    DEFAULT_MAX_LISTENERS.store(count, Ordering::Relaxed);
}

/// An event has more listeners than it should: Node's `MaxListenersExceededWarning`.
#[doc(alias = "MaxListenersExceededWarning")]
#[derive(Clone, Debug)]
pub struct LeakWarning {
    event: EventId,
    max: usize,
    places: Vec<&'static Location<'static>>,
}

impl LeakWarning {
    pub(crate) fn new(event: EventId, max: usize, places: Vec<&'static Location<'static>>) -> Self {
        Self { event, max, places }
    }

    /// Returns the event that has too many listeners.
    #[must_use]
    pub fn event(&self) -> &EventId {
        &self.event
    }

    /// Returns how many listeners there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// Returns how many there should be at most.
    #[must_use]
    pub fn max(&self) -> usize {
        self.max
    }

    /// Returns where in the program each listener was added, in the order in which they are called.
    #[must_use]
    pub fn places(&self) -> &[&'static Location<'static>] {
        &self.places
    }
}

impl fmt::Display for LeakWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { event, max, .. } = self;
        let count = self.count();
        write!(
            f,
            "Possible EventEmitter memory leak detected. {count} {event} listeners added to \
             [EventEmitter]. MaxListeners is {max}. Use emitter.setMaxListeners() to increase limit"
        )
    }
}

static HOOK: Hook<LeakWarning> = Hook::unset();

/// Sets who hears of leaks in this program, in the place of whoever heard of them before.
///
/// Without a hook a warning becomes a `tracing` event of level WARN.
/// The hook runs on the thread that added the listener, after it was added.
///
/// In Node: [`'warning'`](https://nodejs.org/docs/latest-v20.x/api/process.html#event-warning) of the process.
#[doc(alias = "emitWarning")]
pub fn set_leak_hook(hook: impl Fn(&LeakWarning) + Send + Sync + 'static) {
    HOOK.set(Some(Arc::new(hook)));
}

/// Warns of a leak that was found; only when nothing is held.
pub(crate) fn report(warning: &LeakWarning) {
    if !HOOK.call(warning) {
        tracing::warn!(places = ?warning.places, "{warning}");
    }
}
