//! What both emitters are: a directory of slots, and a registry of which of them live.
//!
//! The rule: whoever changes an emitter holds the registry, whoever emits does not, and nobody calls
//! or drops a listener while holding anything.
//! So a listener may do whatever it likes with its emitter, and removed closures are dropped outside.

use std::collections::VecDeque;

use crate::directory::{Directory, Home};
use crate::event::{EventId, EventName, Name};
use crate::limits::{self, LeakWarning};
use crate::listener::{Entry, ListenerId, Manner};
use crate::meta::{ADDED, ListenerChange};
use crate::sharing::{Exclusive, Number, Once, Sharing};
use crate::slot::{AnySlot, Kept, Slot};
use crate::snapshots::Snapshots;

pub(crate) struct Core<F: Sharing> {
    pub(crate) directory: Directory<F>,
    pub(crate) registry: F::Exclusive<Registry<F>>,
}

/// What only changes when listeners come and go.
pub(crate) struct Registry<F: Sharing> {
    /// How often a slot went from no listener to one.
    births: u64,
    pub(crate) max_listeners: Option<usize>,
    /// How often all listeners of all events were removed at one stroke.
    pub(crate) wipes: u64,
    /// Listeners of kept events that wait for the driver's next turn.
    pub(crate) late: VecDeque<(F::Ref<F::AnySlot>, u64)>,
    pub(crate) on_late: Option<F::Ref<F::Hook>>,
}

/// Stands in the queue of the late for all listeners that an event had when it was kept. No listener has this number.
const WHOLE_LIST: u64 = 0;

impl<F: Sharing> Core<F> {
    pub(crate) fn new() -> Self {
        Self {
            directory: Directory::new(),
            registry: F::Exclusive::new(Registry {
                births: 0,
                max_listeners: None,
                wipes: 0,
                late: VecDeque::new(),
                on_late: None,
            }),
        }
    }

    /// Lends the slot of an event, if the emitter has heard of it.
    #[inline(always)]
    pub(crate) fn find<E: EventName, R>(&self, event: E, visit: impl FnOnce(&Slot<F, E::Payload>) -> R) -> Option<R> {
        self.directory.find(event.as_name(), visit)
    }

    #[inline(always)]
    pub(crate) fn emit<E: EventName>(&self, event: E, payload: &E::Payload) -> bool {
        self.find(event, |slot| slot.emit(self, payload)).unwrap_or(false)
    }

    /// Registers a listener; one that comes late to a kept event is queued instead.
    pub(crate) fn add<E: EventName>(&self, event: E, entry: Entry<F, E::Payload>, manner: Manner) -> ListenerId {
        let name = event.as_name();
        if self.listener_count(ADDED) > 0 {
            self.emit(ADDED, &ListenerChange::added(EventId::new::<E::Payload>(name), &entry));
        }
        let serial = entry.serial;
        let (home, consequence) = self.registry.with(|registry| {
            self.directory.find_or_make(name, |slot, place| {
                if slot.is_kept() {
                    (Home::Lodger(0), registry.queue(self.directory.handle(name), entry))
                } else {
                    registry.insert(&self.directory, name, slot, place, entry, manner)
                }
            })
        });
        match consequence {
            Consequence::None => {}
            Consequence::Wake(hook) => hook(),
            Consequence::Leak(warning) => limits::report(&warning),
        }
        ListenerId { home, serial }
    }

    pub(crate) fn listener_count<E: EventName>(&self, event: E) -> usize {
        self.find(event, |slot| slot.entries.walk(<[_]>::len)).unwrap_or(0)
    }

    pub(crate) fn listener_count_of<E: EventName>(&self, event: E, function: u64) -> usize {
        let is_meant = |entry: &&Entry<F, E::Payload>| entry.function.number == function;
        self.find(event, |slot| {
            slot.entries.walk(|entries| entries.iter().filter(is_meant).count())
        })
        .unwrap_or(0)
    }

    /// Returns the slots that have listeners, in Node's order.
    pub(crate) fn live(&self) -> Vec<F::Ref<F::AnySlot>> {
        let mut live = self.directory.live();
        live.sort_by_key(|slot| slot.id().rank());
        live
    }

    /// Lists the events that have listeners, in Node's order.
    pub(crate) fn event_names(&self) -> Vec<EventId> {
        self.live().iter().map(|slot| slot.id().clone()).collect()
    }

    /// Keeps a payload and emits it; false if the event was kept before, or nobody listened.
    pub(crate) fn emit_kept<E: EventName>(&self, event: E, kept: Kept<F, E::Payload>) -> bool {
        let payload = kept.payload.clone();
        let lend = kept.lend;
        let (slot, first) = self.registry.with(|_| {
            let slot = self.directory.handle(event.as_name());
            let first = slot.kept.set(kept);
            (slot, first)
        });
        match lend(&payload) {
            Some(payload) if first.is_ok() => slot.emit(self, payload),
            _ => false,
        }
    }

    pub(crate) fn kept<E: EventName>(&self, event: E) -> Option<F::Ref<F::AnyPayload>> {
        self.find(event, |slot| slot.kept.get().map(|kept| kept.payload.clone()))
            .flatten()
    }

    /// Keeps an event and calls nobody yet: its listeners are called by the next [`deliver_late`](Self::deliver_late).
    pub(crate) fn keep<E: EventName>(&self, event: E, kept: Kept<F, E::Payload>) -> bool {
        self.registry.with(|registry| {
            let slot = self.directory.handle(event.as_name());
            let first = slot.kept.set(kept).is_ok();
            if first {
                // From now on whoever registers is queued, so the list of the slot is complete.
                registry.late.push_back((F::erase(slot), WHOLE_LIST));
            }
            first
        })
    }

    /// Calls those who came late and are waiting now, after `before`; those who come meanwhile wait for the next turn.
    pub(crate) fn deliver_late(&self, before: impl FnOnce()) -> usize {
        let waiting = self.registry.with(|registry| registry.late.len());
        before();
        let next = || self.registry.with(|registry| registry.late.pop_front());
        (0..waiting)
            .map_while(|_| next())
            .filter(|(slot, serial)| match *serial {
                WHOLE_LIST => slot.call_all(self),
                serial => slot.call_late(serial),
            })
            .count()
    }

    /// Sets the hook that hears of a late listener, and calls it if one waits already.
    pub(crate) fn on_late(&self, hook: F::Ref<F::Hook>) {
        let (previous, waiting) = self.registry.with(|registry| {
            let waiting = (!registry.late.is_empty()).then(|| hook.clone());
            (registry.on_late.replace(hook), waiting)
        });
        drop(previous);
        if let Some(hook) = waiting {
            hook();
        }
    }
}

/// What a registration leads to once nothing is held any more.
enum Consequence<F: Sharing> {
    None,
    Wake(F::Ref<F::Hook>),
    Leak(Box<LeakWarning>),
}

impl<F: Sharing> Registry<F> {
    fn insert<P: ?Sized + 'static>(
        &mut self,
        directory: &Directory<F>,
        name: Name<'_>,
        slot: &Slot<F, P>,
        place: Option<u8>,
        entry: Entry<F, P>,
        manner: Manner,
    ) -> (Home, Consequence<F>) {
        let count = slot.entries.insert(entry, manner.front);
        if count == 1 {
            self.births += 1;
            slot.birth.set(self.births);
            if place.is_none() {
                directory.note_birth::<P>(name, self.births);
            }
        }
        let home = place.map_or_else(|| Home::Lodger(slot.birth.get()), Home::Resident);
        (home, self.suspect(slot, count))
    }

    /// Warns of a leak, once per list, if there are more listeners than there should be.
    fn suspect<P: ?Sized + 'static>(&self, slot: &Slot<F, P>, count: usize) -> Consequence<F> {
        let max = self.max_listeners.unwrap_or_else(limits::default_max_listeners);
        if count <= 1 || count <= max || max == 0 || slot.warned.get() > 0 {
            return Consequence::None;
        }
        slot.warned.set(1);
        let places = slot
            .entries
            .walk(|entries| entries.iter().map(|entry| entry.place).collect());
        Consequence::Leak(Box::new(LeakWarning::new(slot.id.clone(), max, places)))
    }

    fn queue<P: ?Sized + 'static>(&mut self, slot: F::Ref<Slot<F, P>>, entry: Entry<F, P>) -> Consequence<F> {
        let serial = entry.serial;
        slot.late.with(|late| late.push_back(entry));
        self.late.push_back((F::erase(slot), serial));
        self.on_late.clone().map_or(Consequence::None, Consequence::Wake)
    }

    pub(crate) fn unqueue(&mut self, serial: u64) -> Option<F::Ref<F::AnySlot>> {
        let index = self.late.iter().position(|(_, waiting)| *waiting == serial)?;
        self.late.remove(index).map(|(slot, _)| slot)
    }

    /// Keeps the books when `left` listeners are left in a slot.
    pub(crate) fn note_removal<P: ?Sized + 'static>(&self, directory: &Directory<F>, slot: &Slot<F, P>, left: usize) {
        if left <= 1 {
            slot.warned.set(0);
        }
        if left == 0 {
            directory.note_death(slot.birth.get());
            slot.birth.set(0);
            if slot.is_idle() {
                directory.forget(&slot.id);
            }
        }
    }
}
