//! The emitter that stays on one thread, written beside [`crate::EventEmitter`] method by method.
//!
//! Only the words `Send + Sync` are missing; what they all do is in `core.rs`, once.

use std::error::Error;
use std::fmt;
use std::rc::{Rc, Weak};

use super::listener::{Key, Listener, RawListener, Subscription};
use crate::core::Core;
use crate::error_event::Unhandled;
use crate::event::{EventId, EventName};
use crate::kept::Kept;
use crate::key::Resolved;
use crate::limits;
use crate::listener::{Entry, Function, ListenerId, Manner};
use crate::sharing::{Exclusive, Local};

/// A registry of named events, each with an ordered list of listeners that are called synchronously.
///
/// It is a handle: clones are the same emitter. [`crate::EventEmitter`] says more of each method.
#[derive(Clone)]
pub struct EventEmitter {
    core: Rc<Core<Local>>,
}

impl EventEmitter {
    /// Makes an emitter without listeners; it holds no memory but its own until the first one comes.
    #[must_use]
    pub fn new() -> Self {
        Self {
            core: Rc::new(Core::new()),
        }
    }

    /// Adds a listener at the end of the event's list. See [`crate::EventEmitter::on`].
    #[doc(alias = "addListener")]
    #[track_caller]
    pub fn on<E: EventName>(&self, event: E, listener: impl Fn(&E::Payload) + 'static) -> ListenerId {
        self.register(event, Function::local(listener), Manner::ON)
    }

    /// Adds a listener that is removed just before its only call. See [`crate::EventEmitter::once`].
    #[track_caller]
    pub fn once<E: EventName>(&self, event: E, listener: impl Fn(&E::Payload) + 'static) -> ListenerId {
        self.register(event, Function::local(listener), Manner::ONCE)
    }

    /// Adds a listener at the front of the event's list.
    #[doc(alias = "prependListener")]
    #[track_caller]
    pub fn prepend<E: EventName>(&self, event: E, listener: impl Fn(&E::Payload) + 'static) -> ListenerId {
        self.register(event, Function::local(listener), Manner::PREPEND)
    }

    /// Adds a listener at the front of the event's list that is removed just before its only call.
    #[doc(alias = "prependOnceListener")]
    #[track_caller]
    pub fn prepend_once<E: EventName>(&self, event: E, listener: impl Fn(&E::Payload) + 'static) -> ListenerId {
        self.register(event, Function::local(listener), Manner::PREPEND_ONCE)
    }

    /// Adds a [`Listener`], which may be registered several times and is then called as often.
    #[doc(alias = "addListener")]
    #[track_caller]
    pub fn add<E: EventName>(&self, event: E, listener: &Listener<E::Payload>, manner: Manner) -> ListenerId {
        self.register(event, listener.function.clone(), manner)
    }

    /// Adds a listener that is removed when the guard is dropped.
    #[track_caller]
    pub fn subscribe<E: EventName>(&self, event: E, listener: impl Fn(&E::Payload) + 'static) -> Subscription {
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

    /// Removes the registration that `id` names; false if it is gone already. See [`crate::EventEmitter::remove`].
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
    /// See [`crate::EventEmitter::emit_kept`].
    pub fn emit_kept<E>(&self, event: E, payload: E::Payload) -> bool
    where
        E: EventName<Payload: Sized>,
    {
        self.core.emit_kept(
            event,
            Kept {
                payload: Rc::new(payload),
                lend: |payload| payload.downcast_ref(),
            },
        )
    }

    /// Returns the payload of an event that has happened once and was kept.
    #[must_use]
    pub fn kept<E>(&self, event: E) -> Option<Rc<E::Payload>>
    where
        E: EventName<Payload: Sized>,
    {
        self.core.kept(event)?.downcast().ok()
    }

    /// Calls the listeners that came late to a kept event; the driver's turn. See [`crate::EventEmitter::deliver_late`].
    ///
    /// # Panics
    ///
    /// If a listener does; those after it wait for the next turn.
    pub fn deliver_late(&self) -> usize {
        self.core.deliver_late(|| {})
    }

    /// Sets the hook that is called when a listener has come late. See [`crate::EventEmitter::on_late`].
    pub fn on_late(&self, hook: impl Fn() + 'static) {
        self.core.on_late(Rc::new(hook));
    }

    /// Counts the listeners of one event. See [`crate::EventEmitter::listener_count`].
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

    /// Lists the events that have listeners, as Node orders them. See [`crate::EventEmitter::event_names`].
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
            core: Rc::downgrade(&self.core),
        }
    }
}

impl EventEmitter {
    #[track_caller]
    fn register<E: EventName>(&self, event: E, function: Function<Local, E::Payload>, manner: Manner) -> ListenerId {
        self.core.add(event, Entry::new(function, manner), manner)
    }

    fn resolve<E: EventName>(&self, event: E) -> Resolved<Local, E::Payload> {
        let find = |_: &mut _| {
            let slot = self.core.directory.handle(event.as_name());
            Resolved::new(Rc::clone(&self.core), slot)
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
        Rc::ptr_eq(&self.core, &other.core)
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
    core: Weak<Core<Local>>,
}

impl WeakEmitter {
    /// Returns the emitter, if anybody still holds it.
    #[must_use]
    pub fn upgrade(&self) -> Option<EventEmitter> {
        self.core.upgrade().map(|core| EventEmitter { core })
    }
}
