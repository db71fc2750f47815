//! What both emitters are: a directory of slots, and a registry of which of them live.
//!
//! The rule: whoever changes an emitter holds the registry, whoever emits does not, and nobody calls
//! or drops a listener while holding anything.
//! So a listener may do whatever it likes with its emitter, and removed closures are dropped outside.

use std::collections::{BTreeMap, VecDeque};

use crate::directory::Directory;
use crate::event::{EventId, EventName};
use crate::limits::{self, LeakWarning};
use crate::listener::{Entry, ListenerId, Manner};
use crate::meta::{ADDED, ListenerChange};
use crate::sharing::{Exclusive, Once, Sharing};
use crate::slot::{AnySlot, Kept, Slot};
use crate::snapshots::Snapshots;

pub(crate) struct Core<F: Sharing> {
    pub(crate) directory: Directory<F>,
    pub(crate) registry: F::Exclusive<Registry<F>>,
}

/// What only changes when listeners come and go.
pub(crate) struct Registry<F: Sharing> {
    /// The slots that have listeners, in the order in which they came to life.
    pub(crate) live: BTreeMap<u64, F::Ref<F::AnySlot>>,
    next_birth: u64,
    pub(crate) max_listeners: Option<usize>,
    /// How often all listeners of all events were removed at one stroke.
    pub(crate) wipes: u64,
    /// Listeners of kept events that wait for the driver's next turn.
    pub(crate) late: VecDeque<(F::Ref<F::AnySlot>, u64)>,
    pub(crate) on_late: Option<F::Ref<F::Hook>>,
}

impl<F: Sharing> Core<F> {
    pub(crate) fn new() -> Self {
        Self {
            directory: Directory::new(),
            registry: F::Exclusive::new(Registry {
                live: BTreeMap::new(),
                next_birth: 1,
                max_listeners: None,
                wipes: 0,
                late: VecDeque::new(),
                on_late: None,
            }),
        }
    }

    /// Lends the slot of an event, if the emitter has heard of it.
    #[inline]
    pub(crate) fn find<E: EventName, R>(&self, event: E, visit: impl FnOnce(&Slot<F, E::Payload>) -> R) -> Option<R> {
        self.directory.find(event.as_name(), visit)
    }

    #[inline]
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
        let (birth, consequence) = self.registry.with(|registry| {
            let slot = self.directory.find_or_make(name);
            if slot.is_kept() {
                (0, registry.queue(slot, entry))
            } else {
                registry.insert(&slot, entry, manner)
            }
        });
        match consequence {
            Consequence::None => {}
            Consequence::Wake(hook) => hook(),
            Consequence::Leak(warning) => limits::report(&warning),
        }
        ListenerId { birth, serial }
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
        let mut live: Vec<_> = self.registry.with(|registry| registry.live.values().cloned().collect());
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
            let slot = self.directory.find_or_make(event.as_name());
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

    /// Calls those who came late and are waiting now; those who come meanwhile wait for the next turn.
    pub(crate) fn deliver_late(&self) -> usize {
        let waiting = self.registry.with(|registry| registry.late.len());
        let next = || self.registry.with(|registry| registry.late.pop_front());
        (0..waiting)
            .map_while(|_| next())
            .filter(|(slot, serial)| slot.call_late(*serial))
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
        slot: &F::Ref<Slot<F, P>>,
        entry: Entry<F, P>,
        manner: Manner,
    ) -> (u64, Consequence<F>) {
        let count = slot.entries.change(|entries| {
            let index = if manner.front { 0 } else { entries.len() };
            entries.insert(index, entry);
            entries.len()
        });
        let max = self.max_listeners.unwrap_or_else(limits::default_max_listeners);
        let (birth, leaks) = slot.book.with(|book| {
            let birth = *book.birth.get_or_insert_with(|| self.give_birth(slot.clone()));
            let leaks = count > 1 && max > 0 && count > max && !book.warned;
            book.warned |= leaks;
            (birth, leaks)
        });
        if !leaks {
            return (birth, Consequence::None);
        }
        let places = slot
            .entries
            .walk(|entries| entries.iter().map(|entry| entry.place).collect());
        (
            birth,
            Consequence::Leak(Box::new(LeakWarning::new(slot.id.clone(), max, places))),
        )
    }

    fn give_birth<P: ?Sized + 'static>(&mut self, slot: F::Ref<Slot<F, P>>) -> u64 {
        let birth = self.next_birth;
        self.next_birth += 1;
        self.live.insert(birth, F::erase(slot));
        birth
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
    pub(crate) fn note_removal<P: ?Sized + 'static>(
        &mut self,
        directory: &Directory<F>,
        slot: &Slot<F, P>,
        left: usize,
    ) {
        let born = slot.book.with(|book| {
            book.warned &= left > 1;
            if left == 0 { book.birth.take() } else { None }
        });
        let died = born.and_then(|birth| self.live.remove(&birth));
        if died.is_some() && slot.is_idle() {
            directory.forget(&slot.id);
        }
    }
}
