//! How listeners go: one by one, all of an event, all of an emitter.
//!
//! The rule: what is removed is dropped, and told to those who listen for removals, when nothing is held any more.

use crate::core::Core;
use crate::directory::Home;
use crate::event::EventName;
use crate::listener::{Entry, ListenerId};
use crate::meta::{ListenerChange, REMOVED};
use crate::sharing::{Exclusive, Sharing};
use crate::slot::{AnySlot, Slot};
use crate::snapshots::Snapshots;

/// Why a listener goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Somebody took it back.
    TakenBack,
    /// Its one call has come, or all were removed.
    Over,
}

impl<F: Sharing> Core<F> {
    /// Removes the registration that `id` names.
    pub(crate) fn remove(&self, id: ListenerId) -> bool {
        let remove = |slot: &F::AnySlot| slot.remove(self, id.serial);
        match id.home {
            Home::Late => {
                let slot = self.registry.with(|registry| registry.late.remove(id.serial));
                slot.is_some_and(|slot| remove(&slot))
            }
            home => self.directory.visit(home, remove).unwrap_or(false),
        }
    }

    /// Removes the newest registration of a function, or the newest that waits to be called late.
    pub(crate) fn off<E: EventName>(&self, event: E, function: u64) -> bool {
        let is_meant = |entry: &Entry<F, E::Payload>| entry.function.number == function;
        let removed = self.find(event, |slot| {
            self.remove_if(slot, Cause::TakenBack, is_meant) || self.cancel_if(slot, is_meant)
        });
        removed.unwrap_or(false)
    }

    /// Removes the newest registration that `is_meant` knows, and tells those who listen for it.
    pub(crate) fn remove_if<P: ?Sized + 'static>(
        &self,
        slot: &Slot<F, P>,
        cause: Cause,
        is_meant: impl Fn(&Entry<F, P>) -> bool,
    ) -> bool {
        let removed = self.registry.with(|registry| {
            let (entry, left) = slot.entries.remove(is_meant)?;
            registry.note_removal(&self.directory, slot, std::slice::from_ref(&entry), left);
            Some((entry, left))
        });
        let Some((entry, left)) = removed else {
            return false;
        };
        if self.listener_count(REMOVED) > 0 {
            self.emit(REMOVED, &ListenerChange::removed(slot.id.clone(), &entry, cause, left));
        }
        true
    }

    /// Takes back the newest listener that waits to be called late and that `is_meant` knows.
    fn cancel_if<P: ?Sized + 'static>(&self, slot: &Slot<F, P>, is_meant: impl Fn(&Entry<F, P>) -> bool) -> bool {
        let Some(entry) = slot.take_late(is_meant) else {
            return false;
        };
        self.registry.with(|registry| registry.late.remove(entry.serial));
        true
    }

    /// Removes all listeners of one event: at one stroke, or the newest first while somebody listens for removals.
    pub(crate) fn clear<P: ?Sized + 'static>(&self, slot: &Slot<F, P>) {
        if self.listener_count(REMOVED) > 0 {
            // By place, as Node does it: what a listener for removals puts in front moves the others out of reach.
            for index in (0..slot.entries.walk(<[_]>::len)).rev() {
                if let Some(serial) = slot.entries.walk(|entries| Some(entries.get(index)?.serial)) {
                    self.remove_if(slot, Cause::Over, |entry| entry.serial == serial);
                }
            }
        } else {
            drop(self.wipe(slot));
        }
    }

    /// Removes all listeners of one event, tells nobody and gives them back.
    pub(crate) fn wipe<P: ?Sized + 'static>(&self, slot: &Slot<F, P>) -> Vec<Entry<F, P>> {
        while self.cancel_if(slot, |_| true) {}
        self.registry.with(|registry| {
            let entries = slot.entries.take();
            if !entries.is_empty() {
                registry.note_removal(&self.directory, slot, &entries, 0);
            }
            entries
        })
    }

    /// Removes all listeners of all events.
    ///
    /// Those who listen for removals hear of each and go last; what they add meanwhile goes unheard.
    pub(crate) fn clear_all(&self) {
        if self.listener_count(REMOVED) > 0 {
            let slots = self.live().into_iter();
            let (last, first): (Vec<_>, Vec<_>) = slots.partition(|slot| slot.id().is(REMOVED));
            for slot in first.into_iter().chain(last) {
                slot.clear(self);
            }
        }
        let (number, late) = self.registry.with(|registry| {
            registry.wipes += 1;
            (registry.wipes, registry.late.slots())
        });
        for slot in self.live().into_iter().chain(late) {
            slot.wipe(self, number);
        }
    }
}
