//! The slot of one event: its listeners, what is kept of it, and those who wait to hear of it late.

use std::any::Any;
use std::collections::VecDeque;

use crate::core::Core;
use crate::error_event::Wiped;
use crate::event::{EventId, Name};
use crate::kept::Kept;
use crate::listener::Entry;
use crate::removal::Cause;
use crate::sharing::{Exclusive, Flag, Number, Once, Sharing};
use crate::snapshots::Snapshots;

/// Everything that an emitter knows about one event.
pub(crate) struct Slot<F: Sharing, P: ?Sized + 'static> {
    pub(crate) id: EventId,
    pub(crate) entries: F::Snapshots<Entry<F, P>>,
    pub(crate) kept: F::Once<Kept<F, P>>,
    pub(crate) late: F::Exclusive<VecDeque<Entry<F, P>>>,
    /// When the slot went from no listener to one; zero while it has none.
    pub(crate) birth: F::Number,
    /// Whether this list has been reported as leaking: one if so.
    pub(crate) warned: F::Number,
    /// How many keys point here, so that the slot must not be forgotten.
    pub(crate) keys: F::Number,
    pub(crate) wiped: F::Exclusive<Wiped<F, P>>,
}

impl<F: Sharing, P: ?Sized + 'static> Slot<F, P> {
    pub(crate) fn new(name: Name<'_>) -> Self {
        Self {
            id: EventId::new::<P>(name),
            entries: F::Snapshots::empty(),
            kept: F::Once::empty(),
            late: F::Exclusive::new(VecDeque::new()),
            birth: F::Number::zero(),
            warned: F::Number::zero(),
            keys: F::Number::zero(),
            wiped: F::Exclusive::new(Wiped::nothing()),
        }
    }

    /// Calls the listeners of this moment in order; says whether there were any.
    #[inline(always)]
    pub(crate) fn emit(&self, core: &Core<F>, payload: &P) -> bool {
        self.entries.walk(|entries| self.emit_to(core, entries, payload))
    }

    #[inline(always)]
    pub(crate) fn emit_to(&self, core: &Core<F>, entries: &[Entry<F, P>], payload: &P) -> bool {
        for entry in entries {
            self.call(core, entry, payload);
        }
        !entries.is_empty()
    }

    /// Calls one listener, unless its one call is over.
    #[inline(always)]
    pub(crate) fn call(&self, core: &Core<F>, entry: &Entry<F, P>, payload: &P) -> bool {
        let once = entry.once.as_ref();
        let is_due = once.is_none_or(|once| self.claim(core, once, entry.serial));
        if is_due {
            (entry.function.call)(payload);
        }
        is_due
    }

    pub(crate) fn entries(&self) -> Vec<Entry<F, P>> {
        self.entries.walk(<[_]>::to_vec)
    }

    /// Says whether nobody needs this slot to be found again.
    pub(crate) fn is_idle(&self) -> bool {
        self.birth.get() == 0 && self.keys.get() == 0 && !self.is_kept()
    }

    /// Says whether this emit is the one that calls a `once` listener, which leaves the list before it is called.
    #[cold]
    fn claim(&self, core: &Core<F>, once: &F::Flag, serial: u64) -> bool {
        let claimed = once.claim();
        if claimed {
            core.remove_if(self, Cause::Over, |entry| entry.serial == serial);
        }
        claimed
    }
}

/// A slot whose payload type is forgotten: what can be done to an event without knowing it.
pub(crate) trait AnySlot<F: Sharing>: Any {
    fn id(&self) -> &EventId;
    /// When the slot went from no listener to one; `None` while it has none.
    fn birth(&self) -> Option<u64>;
    /// Removes one registration, or takes back one that waits; false if it is not here.
    fn remove(&self, core: &Core<F>, serial: u64) -> bool;
    /// Removes all registrations and tells those who listen for it.
    fn clear(&self, core: &Core<F>);
    /// Removes all registrations and tells nobody, as part of the wipe of an emitter that has this number.
    fn wipe(&self, core: &Core<F>, number: u64);
    /// Calls all listeners with what is kept; false if there are none.
    fn call_all(&self, core: &Core<F>) -> bool;
    /// Calls a listener that waits to hear of a kept event; false if it was taken back meanwhile.
    fn call_late(&self, serial: u64) -> bool;
}

impl<F: Sharing, P: ?Sized + 'static> AnySlot<F> for Slot<F, P> {
    fn id(&self) -> &EventId {
        &self.id
    }

    fn birth(&self) -> Option<u64> {
        Some(self.birth.get()).filter(|birth| *birth > 0)
    }

    fn remove(&self, core: &Core<F>, serial: u64) -> bool {
        let is_meant = |entry: &Entry<F, P>| entry.serial == serial;
        core.remove_if(self, Cause::TakenBack, is_meant) || self.take_late(is_meant).is_some()
    }

    fn clear(&self, core: &Core<F>) {
        core.clear(self);
    }

    fn wipe(&self, core: &Core<F>, number: u64) {
        let removed = core.wipe(self);
        self.wiped.with(|wiped| wiped.note(number, &removed));
    }

    fn call_all(&self, core: &Core<F>) -> bool {
        self.kept_payload().is_some_and(|payload| self.emit(core, payload))
    }

    fn call_late(&self, serial: u64) -> bool {
        let entry = self.take_late(|entry| entry.serial == serial);
        if let (Some(entry), Some(payload)) = (&entry, self.kept_payload()) {
            (entry.function.call)(payload);
        }
        entry.is_some()
    }
}
