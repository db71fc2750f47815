//! The emitter that any thread may use.
//!
//! Every method may be called from inside a listener, of the same event too:
//! no listener is called, and none is dropped, while anything is held that another call would wait for.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Weak};

use crate::core::Core;
use crate::error_event::Unhandled;
use crate::event::{EventId, EventName};
use crate::kept::Kept;
use crate::key::{Key, Resolved};
use crate::limits;
use crate::listener::{Entry, Function, Listener, ListenerId, Manner};
use crate::raw::RawListener;
use crate::sharing::{Exclusive, Shared};
use crate::subscription::Subscription;

/// A registry of named events, each with an ordered list of listeners that are called synchronously.
///
/// It is a handle: clones are the same emitter. A listener that needs its own emitter captures a
/// [`downgraded`](Self::downgrade) one, since a strong one would keep the emitter alive for ever.
///
/// In Node: [`EventEmitter`](https://nodejs.org/docs/latest-v20.x/api/events.html#class-eventemitter).
#[derive(Clone)]
pub struct EventEmitter {
    core: Arc<Core<Shared>>,
}

impl EventEmitter {
    /// Makes an emitter without listeners; it holds no memory but its own until the first one comes.
    #[must_use]
    pub fn new() -> Self {
        Self {
            core: Arc::new(Core::new()),
        }
    }

    /// Adds a listener at the end of the event's list.
    ///
    /// The same function may be added several times and is then called as often.
    /// A listener added during an emit of the event is not called by that emit.
    /// If the event has happened and was [kept](Self::emit_kept), the listener is called once, on the driver's next turn.
    #[doc(alias = "addListener")]
    #[track_caller]
    pub fn on<E: EventName>(&self, event: E, listener: impl Fn(&E::Payload) + Send + Sync + 'static) -> ListenerId {
        self.register(event, Function::shared(listener), Manner::ON)
    }

    /// Adds a listener that is removed just before its only call.
    ///
    /// It is called once, whatever threads emit, and whatever it emits itself.
    #[track_caller]
    pub fn once<E: EventName>(&self, event: E, listener: impl Fn(&E::Payload) + Send + Sync + 'static) -> ListenerId {
        self.register(event, Function::shared(listener), Manner::ONCE)
    }

    /// Adds a listener at the front of the event's list.
    #[doc(alias = "prependListener")]
    #[track_caller]
    pub fn prepend<E: EventName>(
        &self,
        event: E,
        listener: impl Fn(&E::Payload) + Send + Sync + 'static,
    ) -> ListenerId {
        self.register(event, Function::shared(listener), Manner::PREPEND)
    }

    /// Adds a listener at the front of the event's list that is removed just before its only call.
    #[doc(alias = "prependOnceListener")]
    #[track_caller]
    pub fn prepend_once<E: EventName>(
        &self,
        event: E,
        listener: impl Fn(&E::Payload) + Send + Sync + 'static,
    ) -> ListenerId {
        self.register(event, Function::shared(listener), Manner::PREPEND_ONCE)
    }

    /// Adds a [`Listener`], which may be registered several times and is then called as often.
    #[doc(alias = "addListener")]
    #[track_caller]
    pub fn add<E: EventName>(&self, event: E, listener: &Listener<E::Payload>, manner: Manner) -> ListenerId {
        self.register(event, listener.function.clone(), manner)
    }

    /// Adds a listener that is removed when the guard is dropped.
    #[track_caller]
    pub fn subscribe<E: EventName>(
        &self,
        event: E,
        listener: impl Fn(&E::Payload) + Send + Sync + 'static,
    ) -> Subscription {
        Subscription {
            emitter: self.downgrade(),
            id: self.on(event, listener),
        }
    }

    /// Removes the newest registration of a listener, in whatever manner it was added; false if there is none.
    #[doc(alias = "removeListener")]
    pub fn off<E: EventName>(&self, event: E, listener: &Listener<E::Payload>) -> bool {
        self.core.off(event, listener.function.number)
    }

    /// Removes the registration that `id` names; false if it is gone already.
    ///
    /// Removed during an emit of the event, by a listener or by another thread, the listener may still be
    /// called by that emit, never by a later one.
    #[doc(alias = "removeListener")]
    pub fn remove(&self, id: ListenerId) -> bool {
        self.core.remove(id)
    }

    /// Removes all listeners of one event.
    #[doc(alias = "removeAllListeners")]
    pub fn remove_all<E: EventName>(&self, event: E) {
        self.core.find(event, |slot| self.core.clear(slot));
    }

    /// Removes all listeners of all events, those of [`REMOVED`](crate::REMOVED) last.
    #[doc(alias = "removeAllListeners")]
    pub fn remove_all_events(&self) {
        self.core.clear_all();
    }

    /// Calls the listeners that the event has at this moment, in order; says whether there were any.
    ///
    /// # Panics
    ///
    /// If a listener does: those after it are not called, and the emitter stays as usable as before.
    #[inline]
    pub fn emit<E: EventName>(&self, event: E, payload: &E::Payload) -> bool {
        self.core.emit(event, payload)
    }

    /// Emits an error to the monitors of errors and then to the listeners of [`Event::error`](crate::Event::error).
    ///
    /// # Errors
    ///
    /// The error itself, if it has no listener. Monitors do not count.
    pub fn emit_error<E: Error + 'static>(&self, error: E) -> Result<(), Unhandled<E>> {
        if self.core.emit_error(&error) {
            Ok(())
        } else {
            Err(Unhandled(error))
        }
    }

    /// Emits an event that happens once, and keeps its payload for those who ask or listen later.
    ///
    /// Says whether it had listeners. What happens once cannot happen again: if the event is kept
    /// already, nobody is called, the new payload is dropped, and the answer is false.
    pub fn emit_kept<E>(&self, event: E, payload: E::Payload) -> bool
    where
        E: EventName<Payload: Sized + Send + Sync>,
    {
        self.core.emit_kept(
            event,
            Kept {
                payload: Arc::new(payload),
                lend: |payload| payload.downcast_ref(),
            },
        )
    }

    /// Keeps an event that happens once, and calls nobody yet: its listeners are called on the driver's next turn.
    ///
    /// For a driver that has something else to deliver first: see [`deliver_late_after`](Self::deliver_late_after).
    /// Says whether this was the first time.
    pub fn keep<E>(&self, event: E, payload: E::Payload) -> bool
    where
        E: EventName<Payload: Sized + Send + Sync>,
    {
        self.core.keep(
            event,
            Kept {
                payload: Arc::new(payload),
                lend: |payload| payload.downcast_ref(),
            },
        )
    }

    /// Returns the payload of an event that has happened once and was kept.
    #[must_use]
    pub fn kept<E>(&self, event: E) -> Option<Arc<E::Payload>>
    where
        E: EventName<Payload: Sized + Send + Sync>,
    {
        self.core.kept(event)?.downcast().ok()
    }

    pub(crate) fn kept_clone<E: EventName<Payload: Clone>>(&self, event: E) -> Option<E::Payload> {
        self.core.find(event, |slot| slot.kept_payload().cloned()).flatten()
    }

    /// Calls the listeners that came late to a kept event; the driver's turn. Returns how many were called.
    ///
    /// Those who come late during the call wait for the next one.
    ///
    /// # Panics
    ///
    /// If a listener does; those after it wait for the next turn.
    pub fn deliver_late(&self) -> usize {
        self.core.deliver_late(|| {})
    }

    /// As [`deliver_late`](Self::deliver_late) for those who wait now, but runs `first` before it calls them.
    ///
    /// A driver that holds messages for their first listener delivers them in `first`. Whoever began to listen for
    /// messages and then for the exit hears of them in this order, even while another thread is adding listeners.
    ///
    /// # Panics
    ///
    /// If `first` or a listener does; those after it wait for the next turn.
    pub fn deliver_late_after(&self, first: impl FnOnce()) -> usize {
        self.core.deliver_late(first)
    }

    /// Sets the hook that is called when a listener has come late, so that a driver can wake up and deliver.
    ///
    /// It takes the place of the hook before. If a listener waits already, it is called at once.
    pub fn on_late(&self, hook: impl Fn() + Send + Sync + 'static) {
        self.core.on_late(Arc::new(hook));
    }

    /// Counts the listeners of one event. Those who came late and wait are not counted.
    #[doc(alias = "listenerCount")]
    #[must_use]
    pub fn listener_count<E: EventName>(&self, event: E) -> usize {
        self.core.listener_count(event)
    }

    /// Counts the registrations of one listener under one event.
    #[doc(alias = "listenerCount")]
    #[must_use]
    pub fn listener_count_of<E: EventName>(&self, event: E, listener: &Listener<E::Payload>) -> usize {
        self.core.listener_count_of(event, listener.function.number)
    }

    /// Lists the listeners of one event, in order.
    #[must_use]
    pub fn listeners<E: EventName>(&self, event: E) -> Vec<Listener<E::Payload>> {
        if self.listener_count(event) == 0 {
            return Vec::new();
        }
        let entries = self.resolve(event).entries().into_iter();
        entries
            .map(|entry| Listener {
                function: entry.function,
            })
            .collect()
    }

    /// Lists the registrations of one event, in order, each with its manner.
    #[doc(alias = "rawListeners")]
    #[must_use]
    pub fn raw_listeners<E: EventName>(&self, event: E) -> Vec<RawListener<E::Payload>> {
        if self.listener_count(event) == 0 {
            return Vec::new();
        }
        let slot = self.resolve(event);
        let entries = slot.entries().into_iter();
        entries
            .map(|entry| RawListener {
                slot: slot.clone(),
                entry,
            })
            .collect()
    }

    /// Looks up an event once, for those who emit it often.
    #[must_use]
    pub fn key<E: EventName>(&self, event: E) -> Key<E::Payload> {
        Key(self.resolve(event))
    }

    /// Lists the events that have listeners, as Node orders them:
    /// names that are whole numbers first, by value, then text, then symbols, in the order in which they got a listener.
    #[doc(alias = "eventNames")]
    #[must_use]
    pub fn event_names(&self) -> Vec<EventId> {
        self.core.event_names()
    }

    /// Returns how many listeners of one event are taken for granted: this emitter's limit, or the default.
    #[doc(alias = "getMaxListeners")]
    #[must_use]
    pub fn max_listeners(&self) -> usize {
        let own = self.core.registry.with(|registry| registry.max_listeners);
        own.unwrap_or_else(limits::default_max_listeners)
    }

    /// Sets how many listeners of one event are taken for granted before a leak is suspected; 0 means any number.
    #[doc(alias = "setMaxListeners")]
    pub fn set_max_listeners(&self, count: usize) {
        self.core.registry.with(|registry| registry.max_listeners = Some(count));
    }

    /// Makes a handle that does not keep the emitter alive: what a listener of its own captures.
    #[must_use]
    pub fn downgrade(&self) -> WeakEmitter {
        WeakEmitter {
            core: Arc::downgrade(&self.core),
        }
    }
}

impl EventEmitter {
    #[track_caller]
    fn register<E: EventName>(&self, event: E, function: Function<Shared, E::Payload>, manner: Manner) -> ListenerId {
        self.core.add(event, Entry::new(function, manner), manner)
    }

    fn resolve<E: EventName>(&self, event: E) -> Resolved<Shared, E::Payload> {
        let find = |_: &mut _| {
            let slot = self.core.directory.handle(event.as_name());
            Resolved::new(Arc::clone(&self.core), slot)
        };
        self.core.registry.with(find)
    }
}

impl Default for EventEmitter {
    fn default() -> Self {
        Self::new()
    }
}

/// Handles are equal when they are of the same emitter.
impl PartialEq for EventEmitter {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.core, &other.core)
    }
}

impl Eq for EventEmitter {}

impl fmt::Debug for EventEmitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventEmitter")
            .field("events", &self.event_names())
            .finish()
    }
}

/// A handle to an emitter that does not keep it alive.
#[derive(Clone, Debug)]
pub struct WeakEmitter {
    core: Weak<Core<Shared>>,
}

impl WeakEmitter {
    /// Returns the emitter, if anybody still holds it.
    #[must_use]
    pub fn upgrade(&self) -> Option<EventEmitter> {
        self.core.upgrade().map(|core| EventEmitter { core })
    }
}
