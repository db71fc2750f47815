//! What both emitters are: a directory of slots, and a registry of which of them live.
//!
//! The rule: whoever changes an emitter holds the registry, whoever emits does not, and nobody calls
//! or drops a listener while holding anything.
//! So a listener may do whatever it likes with its emitter, and removed closures are dropped outside.

use crate::directory::{Address, Directory, Home};
use crate::event::{EventId, EventName, Name};
use crate::kept::LateQueue;
use crate::limits::{self, LeakWarning};
use crate::listener::{Entry, ListenerId, Manner};
use crate::meta::{ADDED, ListenerChange};
use crate::sharing::{Exclusive, Number, Sharing};
use crate::slot::{AnySlot, Slot};
use crate::snapshots::Snapshots;

pub(crate) struct Core<F: Sharing> {
    pub(crate) directory: Directory<F>,
    pub(crate) registry: F::Exclusive<Registry<F>>,
}

/// What only changes when listeners come and go.
pub(crate) struct Registry<F: Sharing> {
    /// How often a slot went from no listener to one.
    births: u64,
    /// How many slots have listeners.
    alive: usize,
    pub(crate) max_listeners: Option<usize>,
    /// How often the emitter was emptied: see [`Wiped`](crate::error_event::Wiped).
    pub(crate) wipes: u64,
    pub(crate) late: LateQueue<F>,
}

impl<F: Sharing> Core<F> {
    pub(crate) fn new() -> Self {
        Self {
            directory: Directory::new(),
            registry: F::Exclusive::new(Registry {
                births: 0,
                alive: 0,
                max_listeners: None,
                wipes: 0,
                late: LateQueue::new(),
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
        if self.listener_count(ADDED) > 0 && !self.find(event, Slot::is_kept).unwrap_or(false) {
            self.emit(ADDED, &ListenerChange::added(EventId::new::<E::Payload>(name), &entry));
        }
        let serial = entry.serial;
        let (home, consequence) = self.registry.with(|registry| {
            self.directory.find_or_make(name, |slot, address| {
                if slot.is_kept() {
                    let hook = registry.late.push(self.directory.handle(name), entry);
                    (Home::Late, hook.into())
                } else {
                    registry.insert(&self.directory, name, slot, address, entry, manner)
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
}

/// What a registration leads to once nothing is held any more.
enum Consequence<F: Sharing> {
    None,
    Wake(F::Ref<F::Hook>),
    Leak(Box<LeakWarning>),
}

impl<F: Sharing> From<Option<F::Ref<F::Hook>>> for Consequence<F> {
    fn from(hook: Option<F::Ref<F::Hook>>) -> Self {
        hook.map_or(Self::None, Self::Wake)
    }
}

impl<F: Sharing> Registry<F> {
    #[inline(always)] // Behind a call, the entry would be moved through memory once more.
    fn insert<P: ?Sized + 'static>(
        &mut self,
        directory: &Directory<F>,
        name: Name<'_>,
        slot: &Slot<F, P>,
        address: Option<Address>,
        entry: Entry<F, P>,
        manner: Manner,
    ) -> (Home, Consequence<F>) {
        let count = slot.entries.insert(entry, manner.front);
        if count == 1 {
            self.births += 1;
            self.alive += 1;
            slot.birth.set(self.births);
            if address.is_none() {
                directory.note_birth::<P>(name, self.births);
            }
        }
        let home = address.map_or_else(|| Home::Lodger(slot.birth.get()), Home::Resident);
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

    /// Keeps the books when `removed` have gone from a slot and `left` are left.
    pub(crate) fn note_removal<P: ?Sized + 'static>(
        &mut self,
        directory: &Directory<F>,
        slot: &Slot<F, P>,
        removed: &[Entry<F, P>],
        left: usize,
    ) {
        if left <= 1 {
            slot.warned.set(0);
        }
        if left > 0 {
            return;
        }
        directory.note_death(slot.birth.get());
        slot.birth.set(0);
        self.alive -= 1;
        if self.alive == 0 {
            self.wipes += 1;
            slot.wiped.with(|wiped| wiped.note(self.wipes, removed));
        }
        if slot.is_idle() {
            directory.forget(&slot.id);
        }
    }
}
