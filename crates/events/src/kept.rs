//! What happens once is kept: an event that is over is still there for those who ask or listen late.
//!
//! ```text
//!   emit_kept(EXIT, 3)                     keep(EXIT, 3)
//!     |  from now on kept(EXIT) is 3         |  likewise
//!     |  calls the listeners of EXIT         |  queues "the whole list of EXIT"
//!     v                                      v
//!   on(EXIT, f)   does not register f for ever, but queues it, and tells the driver
//!     v
//!   deliver_late()   the driver's turn: calls what is queued, in order; what is queued meanwhile waits for the next
//! ```
//!
//! Keeping and registering both hold the registry, so a listener is either in the list before the event is kept,
//! or queued after: it hears of the event exactly once.

use std::collections::VecDeque;

use crate::core::Core;
use crate::event::EventName;
use crate::listener::Entry;
use crate::sharing::{Exclusive, Once, Sharing};
use crate::slot::{AnySlot, Slot};

/// The payload of an event that happens once.
///
/// A slot may be of an unsized payload, which can be neither kept nor downcast to;
/// so whoever keeps a sized one brings the function that finds it again.
pub(crate) struct Kept<F: Sharing, P: ?Sized> {
    pub(crate) payload: F::Ref<F::AnyPayload>,
    pub(crate) lend: fn(&F::AnyPayload) -> Option<&P>,
}

/// Those who wait for the driver's next turn.
pub(crate) struct LateQueue<F: Sharing> {
    waiting: VecDeque<Late<F>>,
    /// Counts the driver's turns, so that who comes during one waits for the next.
    turn: u64,
    hook: Option<F::Ref<F::Hook>>,
}

struct Late<F: Sharing> {
    slot: F::Ref<F::AnySlot>,
    /// The registration, or [`WHOLE_LIST`].
    serial: u64,
    turn: u64,
}

/// Stands for all listeners that an event had when it was kept. No listener has this number.
const WHOLE_LIST: u64 = 0;

impl<F: Sharing> Core<F> {
    /// Keeps a payload and emits it; false if the event was kept before, or nobody listened.
    pub(crate) fn emit_kept<E: EventName>(&self, event: E, kept: Kept<F, E::Payload>) -> bool {
        let (slot, refused) = self.registry.with(|_| {
            let slot = self.directory.handle(event.as_name());
            let refused = slot.kept.set(kept).err();
            (slot, refused)
        });
        refused.is_none() && slot.call_all(self)
    }

    /// Keeps an event and calls nobody yet: its listeners are called by the next [`deliver_late`](Self::deliver_late).
    pub(crate) fn keep<E: EventName>(&self, event: E, kept: Kept<F, E::Payload>) -> bool {
        let refused = self.registry.with(|registry| {
            let slot = self.directory.handle(event.as_name());
            let refused = slot.kept.set(kept).err();
            if refused.is_none() {
                // From now on whoever registers is queued, so the list of the slot is complete.
                registry.late.push_slot(F::erase(slot), WHOLE_LIST);
            }
            refused
        });
        // What was refused is dropped here, with nothing held.
        refused.is_none()
    }

    pub(crate) fn kept<E: EventName>(&self, event: E) -> Option<F::Ref<F::AnyPayload>> {
        self.find(event, |slot| slot.kept.get().map(|kept| kept.payload.clone()))
            .flatten()
    }

    /// Calls those who came late and are waiting now, after `before`; those who come meanwhile wait for the next turn.
    pub(crate) fn deliver_late(&self, before: impl FnOnce()) -> usize {
        let turn = self.registry.with(|registry| registry.late.next_turn());
        before();
        let next = || self.registry.with(|registry| registry.late.pop(turn));
        std::iter::from_fn(next)
            .filter(|late| match late.serial {
                WHOLE_LIST => late.slot.call_all(self),
                serial => late.slot.call_late(serial),
            })
            .count()
    }

    /// Sets the hook that hears of a late listener, and calls it if one waits already.
    pub(crate) fn on_late(&self, hook: F::Ref<F::Hook>) {
        let (previous, waiting) = self.registry.with(|registry| {
            let waiting = (!registry.late.waiting.is_empty()).then(|| hook.clone());
            (registry.late.hook.replace(hook), waiting)
        });
        drop(previous);
        if let Some(hook) = waiting {
            hook();
        }
    }
}

impl<F: Sharing> LateQueue<F> {
    pub(crate) fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            turn: 0,
            hook: None,
        }
    }

    /// Queues a listener, and gives the hook that is to hear of it.
    pub(crate) fn push<P: ?Sized + 'static>(
        &mut self,
        slot: F::Ref<Slot<F, P>>,
        entry: Entry<F, P>,
    ) -> Option<F::Ref<F::Hook>> {
        let serial = entry.serial;
        slot.late.with(|late| late.push_back(entry));
        self.push_slot(F::erase(slot), serial);
        self.hook.clone()
    }

    fn push_slot(&mut self, slot: F::Ref<F::AnySlot>, serial: u64) {
        let turn = self.turn;
        self.waiting.push_back(Late { slot, serial, turn });
    }

    /// Takes a listener out of the queue.
    pub(crate) fn remove(&mut self, serial: u64) -> Option<F::Ref<F::AnySlot>> {
        let index = self.waiting.iter().position(|late| late.serial == serial)?;
        self.waiting.remove(index).map(|late| late.slot)
    }

    /// Returns the slots of all who wait.
    pub(crate) fn slots(&self) -> Vec<F::Ref<F::AnySlot>> {
        self.waiting.iter().map(|late| late.slot.clone()).collect()
    }

    fn next_turn(&mut self) -> u64 {
        self.turn += 1;
        self.turn
    }

    /// Takes out the first who waited before a turn.
    fn pop(&mut self, turn: u64) -> Option<Late<F>> {
        let is_due = self.waiting.front()?.turn < turn;
        if is_due { self.waiting.pop_front() } else { None }
    }
}

impl<F: Sharing, P: ?Sized + 'static> Slot<F, P> {
    pub(crate) fn kept_payload(&self) -> Option<&P> {
        let kept = self.kept.get()?;
        (kept.lend)(&*kept.payload)
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.kept.get().is_some()
    }

    /// Takes out the newest listener that waits and that `is_meant` knows.
    pub(crate) fn take_late(&self, is_meant: impl Fn(&Entry<F, P>) -> bool) -> Option<Entry<F, P>> {
        self.late.with(|late| {
            let index = late.iter().rposition(is_meant)?;
            late.remove(index)
        })
    }
}
