//! What both emitters are: a directory of slots, and a registry of which of them live.
//!
//! The rule: whoever changes an emitter holds the registry, whoever emits does not, and nobody calls
//! or drops a listener while holding anything.
//! So a listener may do whatever it likes with its emitter, and removed closures are dropped outside.

use std::collections::{BTreeMap, VecDeque};

use crate::directory::Directory;
use crate::event::{Event, EventId, EventName, Name};
use crate::limits::{self, LeakWarning};
use crate::listener::{Entry, ListenerId, Manner};
use crate::meta::{ADDED, ListenerChange, REMOVED};
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
                late: VecDeque::new(),
                on_late: None,
            }),
        }
    }

    #[inline]
    pub(crate) fn emit<E: EventName>(&self, event: E, payload: &E::Payload) -> bool {
        self.directory
            .find::<E::Payload, _>(event.as_name(), |slot| slot.emit(self, payload))
            .unwrap_or(false)
    }

    /// Registers a listener; one that comes late to a kept event is queued instead.
    pub(crate) fn add<E: EventName>(
        &self,
        event: E,
        entry: Entry<F, E::Payload>,
        manner: Manner,
    ) -> ListenerId {
        let name = event.as_name();
        self.announce(ADDED, name, &entry);
        let serial = entry.serial;
        let (birth, consequence) = self.registry.with(|registry| {
            let erased = self.directory.find_or_make::<E::Payload>(name);
            let slot = erased.as_any().downcast_ref::<Slot<F, E::Payload>>();
            match slot {
                Some(slot) if slot.is_kept() => (0, registry.queue(slot, erased.clone(), entry)),
                Some(slot) => registry.insert(slot, erased.clone(), entry, manner),
                None => unreachable!("the directory finds slots by their payload type"),
            }
        });
        match consequence {
            Consequence::None => {}
            Consequence::Wake(hook) => hook(),
            Consequence::Leak(warning) => limits::report(&warning),
        }
        ListenerId { birth, serial }
    }

    /// Removes the registration that `id` names.
    pub(crate) fn remove(&self, id: ListenerId) -> bool {
        if id.birth == 0 {
            let waiting = self.registry.with(|registry| {
                let mut late = registry.late.iter();
                late.find(|(_, serial)| *serial == id.serial).cloned()
            });
            return waiting.is_some_and(|(slot, serial)| slot.cancel_late(serial));
        }
        let slot = self
            .registry
            .with(|registry| registry.live.get(&id.birth).cloned());
        slot.is_some_and(|slot| slot.remove(self, id.serial))
    }

    /// Removes the newest registration of a function, or the newest that waits to be called late.
    pub(crate) fn off<E: EventName>(&self, event: E, function: u64) -> bool {
        let removed = self
            .directory
            .find::<E::Payload, _>(event.as_name(), |slot| {
                self.remove_if(slot, |entry| entry.function.number == function)
                    || slot
                        .take_late(|entry| entry.function.number == function)
                        .is_some()
            });
        removed.unwrap_or(false)
    }

    /// Removes the newest registration that `is_meant` knows, and tells those who listen for it.
    pub(crate) fn remove_if<P: ?Sized + 'static>(
        &self,
        slot: &Slot<F, P>,
        is_meant: impl Fn(&Entry<F, P>) -> bool,
    ) -> bool {
        let removed = self.registry.with(|registry| {
            let index = slot
                .entries
                .walk(|entries| entries.iter().rposition(is_meant))?;
            let (entry, left) = slot
                .entries
                .change(|entries| (entries.remove(index), entries.len()));
            registry.note_removal(&self.directory, slot, left);
            Some(entry)
        });
        if let Some(entry) = &removed {
            self.announce(REMOVED, slot.id.as_name(), entry);
        }
        removed.is_some()
    }

    /// Removes all listeners of one event: at once, or the newest first while somebody listens for removals.
    pub(crate) fn clear<P: ?Sized + 'static>(&self, slot: &Slot<F, P>) {
        let waiting = slot.late.with(std::mem::take);
        drop(waiting);
        if self.listener_count(REMOVED) > 0 {
            let known: Vec<u64> = slot
                .entries
                .walk(|entries| entries.iter().map(|entry| entry.serial).collect());
            for serial in known.into_iter().rev() {
                self.remove_if(slot, |entry| entry.serial == serial);
            }
            return;
        }
        let removed = self.registry.with(|registry| {
            let entries = slot.entries.change(std::mem::take);
            if !entries.is_empty() {
                registry.note_removal(&self.directory, slot, 0);
            }
            entries
        });
        drop(removed);
    }

    pub(crate) fn clear_all(&self) {
        let live: Vec<_> = self.registry.with(|registry| {
            let late = registry.late.iter().map(|(slot, _)| slot.clone());
            registry.live.values().cloned().chain(late).collect()
        });
        let (last, first): (Vec<_>, Vec<_>) =
            live.into_iter().partition(|slot| slot.id().is(REMOVED));
        for slot in first.into_iter().chain(last) {
            slot.remove_all(self);
        }
    }

    pub(crate) fn listener_count<E: EventName>(&self, event: E) -> usize {
        self.directory
            .find::<E::Payload, _>(event.as_name(), |slot| slot.entries.walk(<[_]>::len))
            .unwrap_or(0)
    }

    pub(crate) fn listener_count_of<E: EventName>(&self, event: E, function: u64) -> usize {
        let is_meant = |entry: &&Entry<F, E::Payload>| entry.function.number == function;
        self.directory
            .find::<E::Payload, _>(event.as_name(), |slot| {
                slot.entries
                    .walk(|entries| entries.iter().filter(is_meant).count())
            })
            .unwrap_or(0)
    }

    /// Lists the events that have listeners, in Node's order.
    pub(crate) fn event_names(&self) -> Vec<EventId> {
        let mut names: Vec<EventId> = self.registry.with(|registry| {
            registry
                .live
                .values()
                .map(|slot| slot.id().clone())
                .collect()
        });
        names.sort_by_key(EventId::rank);
        names
    }

    /// Keeps a payload and emits it; false if the event was kept before, or nobody listened.
    pub(crate) fn emit_kept<E: EventName>(&self, event: E, kept: Kept<F, E::Payload>) -> bool {
        let payload = kept.payload.clone();
        let lend = kept.lend;
        let first = self.registry.with(|_| {
            let erased = self.directory.find_or_make::<E::Payload>(event.as_name());
            let slot = erased.as_any().downcast_ref::<Slot<F, E::Payload>>();
            slot.is_some_and(|slot| slot.kept.set(kept).is_ok())
        });
        match lend(&payload) {
            Some(payload) if first => self.emit(event, payload),
            _ => false,
        }
    }

    pub(crate) fn kept<E: EventName>(&self, event: E) -> Option<F::Ref<F::AnyPayload>> {
        self.directory
            .find::<E::Payload, _>(event.as_name(), |slot| {
                slot.kept.get().map(|kept| kept.payload.clone())
            })
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

    /// Tells those who listen for `change` that `entry` comes or has gone.
    fn announce<P: ?Sized + 'static>(
        &self,
        change: Event<ListenerChange>,
        name: Name<'_>,
        entry: &Entry<F, P>,
    ) {
        if self.listener_count(change) > 0 {
            let event = EventId::new::<P>(name);
            self.emit(change, &ListenerChange::new(event, entry.once.is_some()));
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
        slot: &Slot<F, P>,
        erased: F::Ref<F::AnySlot>,
        entry: Entry<F, P>,
        manner: Manner,
    ) -> (u64, Consequence<F>) {
        let count = slot.entries.change(|entries| {
            let index = if manner.front { 0 } else { entries.len() };
            entries.insert(index, entry);
            entries.len()
        });
        let max = self
            .max_listeners
            .unwrap_or_else(limits::default_max_listeners);
        let (birth, leaks) = slot.book.with(|book| {
            let birth = *book.birth.get_or_insert_with(|| {
                let birth = self.next_birth;
                self.next_birth += 1;
                self.live.insert(birth, erased);
                birth
            });
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

    fn queue<P: ?Sized + 'static>(
        &mut self,
        slot: &Slot<F, P>,
        erased: F::Ref<F::AnySlot>,
        entry: Entry<F, P>,
    ) -> Consequence<F> {
        self.late.push_back((erased, entry.serial));
        slot.late.with(|late| late.push_back(entry));
        self.on_late
            .clone()
            .map_or(Consequence::None, Consequence::Wake)
    }

    /// Keeps the books when `left` listeners are left in a slot.
    fn note_removal<P: ?Sized + 'static>(
        &mut self,
        directory: &Directory<F>,
        slot: &Slot<F, P>,
        left: usize,
    ) {
        let born = slot.book.with(|book| {
            book.warned &= left > 1;
            if left == 0 { book.birth.take() } else { None }
        });
        let erased = born.and_then(|birth| self.live.remove(&birth));
        if let Some(erased) = erased {
            let needed = slot.book.with(|book| book.keys > 0) || slot.is_kept();
            if !needed {
                directory.forget(&erased);
            }
        }
    }
}
