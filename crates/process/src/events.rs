//! The process as an emitter: what happens to it, and who listens.
//!
//! There is one process, so there is one emitter, and its methods are functions of this crate.
//! Listeners are called on the thread of [`run`](crate::run), each event between two callbacks of the loop.

use std::sync::LazyLock;

use ferronode_events::{Event, EventEmitter, EventName, ListenerId, REMOVED};
use ferronode_ipc::Message;

use crate::uncaught::Uncaught;
use crate::warning::Warning;
use crate::{signals, wake};

/// The loop has nothing left to do. The listener may give it something, and is asked again when that is done.
///
/// Not emitted by [`exit`](crate::exit) or an uncaught error. It is lent the exit code.
pub const BEFORE_EXIT: Event<i32> = Event::new("beforeExit");
/// The process ends, whatever the reason: the last callbacks, what they schedule never runs. Lent the exit code.
pub const EXIT: Event<i32> = Event::new("exit");
/// The parent has sent a message. Messages wait, bounded, for the first listener.
pub const MESSAGE: Event<Message> = Event::new("message");
/// The parent has sent a message that belongs to a protocol above the channel, cluster's for one. It does not wait.
pub const INTERNAL_MESSAGE: Event<Message> = Event::new("internalMessage");
/// The channel to the parent has ended. Happens once, and is kept for listeners that come late.
pub const DISCONNECT: Event<()> = Event::new("disconnect");
/// An error or a panic has reached the loop. With a listener the process goes on; without one it ends with code 1.
pub const UNCAUGHT: Event<Uncaught> = Event::new("uncaughtException");
/// As [`UNCAUGHT`], before it, and watching only: it keeps no process alive.
pub const UNCAUGHT_MONITOR: Event<Uncaught> = Event::new("uncaughtExceptionMonitor");
/// Somebody has [warned](crate::emit_warning).
pub const WARNING: Event<Warning> = Event::new("warning");

static EMITTER: LazyLock<EventEmitter> = LazyLock::new(|| {
    let emitter = EventEmitter::new();
    // Whoever was the last to listen for a signal has gone: the signal does again what it did before.
    emitter.on(REMOVED, |_| signals::release_unheard());
    emitter.on_late(wake::wake);
    emitter
});

pub(crate) fn emitter() -> &'static EventEmitter {
    &EMITTER
}

/// Adds a listener for one of the events of this crate. Signals have [`on_signal`](crate::on_signal).
///
/// In Node: [`process.on`](https://nodejs.org/docs/latest-v20.x/api/process.html#process-events).
#[doc(alias = "addListener")]
#[track_caller]
pub fn on<E: EventName>(event: E, listener: impl Fn(&E::Payload) + Send + Sync + 'static) -> ListenerId {
    let id = emitter().on(event, listener);
    wake::wake();
    id
}

/// Adds a listener that is removed just before its only call.
#[track_caller]
pub fn once<E: EventName>(event: E, listener: impl Fn(&E::Payload) + Send + Sync + 'static) -> ListenerId {
    let id = emitter().once(event, listener);
    wake::wake();
    id
}

/// Adds a listener at the front of the event's list.
#[doc(alias = "prependListener")]
#[track_caller]
pub fn prepend<E: EventName>(event: E, listener: impl Fn(&E::Payload) + Send + Sync + 'static) -> ListenerId {
    let id = emitter().prepend(event, listener);
    wake::wake();
    id
}

/// Removes a listener, of an event or of a signal; false if it is gone already.
#[doc(alias = "off")]
#[doc(alias = "removeListener")]
pub fn remove(id: ListenerId) -> bool {
    let was_there = emitter().remove(id);
    wake::wake();
    was_there
}

/// Removes all listeners of one event.
#[doc(alias = "removeAllListeners")]
pub fn remove_all<E: EventName>(event: E) {
    emitter().remove_all(event);
    wake::wake();
}

/// Counts the listeners of one event.
#[doc(alias = "listenerCount")]
#[must_use]
pub fn listener_count<E: EventName>(event: E) -> usize {
    emitter().listener_count(event)
}
