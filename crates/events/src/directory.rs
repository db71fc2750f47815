//! From the name of an event to its slot.
//!
//! The first twelve names get a place for life in a small table that is read without any lock,
//! since nothing in it ever changes once it is written. Few emitters have more.
//! Further names live in a map behind a lock, and leave it with their last listener,
//! so that names made at run time cannot fill the memory.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::event::{EventId, Name};
use crate::sharing::{Exclusive, Flag, Once, Sharing};
use crate::slot::{AnySlot, Slot};

/// Twice the names that Node's own emitters have at most; a power of two.
const PLACES: usize = 16;

/// So that one place in four stays empty, and a search soon meets it.
const RESIDENTS: usize = 12;

pub(crate) struct Directory<F: Sharing> {
    places: F::Once<Box<Places<F>>>,
    /// Raised when a name had to go to the map.
    overflowed: F::Flag,
    rest: F::Exclusive<Rest<F>>,
}

type Places<F> = [<F as Sharing>::Once<Place<F>>; PLACES];

/// By text; one text may name several events, of different payloads.
type Rest<F> = HashMap<Box<str>, Vec<<F as Sharing>::Ref<<F as Sharing>::AnySlot>>, RandomState>;

struct Place<F: Sharing> {
    hash: u64,
    slot: F::Ref<F::AnySlot>,
}

impl<F: Sharing> Directory<F> {
    pub(crate) fn new() -> Self {
        Self {
            places: F::Once::empty(),
            overflowed: F::Flag::lowered(),
            rest: F::Exclusive::new(HashMap::default()),
        }
    }

    /// Lends the slot of an event, if the emitter has heard of it.
    #[inline]
    pub(crate) fn find<P: ?Sized + 'static, R>(
        &self,
        name: Name<'_>,
        visit: impl FnOnce(&Slot<F, P>) -> R,
    ) -> Option<R> {
        if let Some(slot) = self.resident::<P>(name) {
            return typed(slot, name).map(visit);
        }
        if !self.overflowed.is_raised() {
            return None;
        }
        let slot = self.lodger::<P>(name)?;
        typed(&slot, name).map(visit)
    }

    /// Returns the slot of an event, made if need be; only for the holder of the registry.
    pub(crate) fn find_or_make<P: ?Sized + 'static>(&self, name: Name<'_>) -> F::Ref<Slot<F, P>> {
        let known = self.resident::<P>(name).cloned().or_else(|| self.lodger::<P>(name));
        if let Some(slot) = known.and_then(F::restore) {
            return slot;
        }
        let slot = F::share(Slot::new(name));
        let erased = F::erase(slot.clone());
        if !self.settle(name, &erased) {
            self.overflowed.claim();
            self.rest
                .with(|rest| rest.entry(name.text.into()).or_default().push(erased));
        }
        slot
    }

    /// Drops the slot of a name from the map; a resident stays. Only for the holder of the registry.
    pub(crate) fn forget(&self, id: &EventId) {
        if !self.overflowed.is_raised() {
            return;
        }
        self.rest.with(|rest| {
            if let Some(slots) = rest.get_mut(id.name()) {
                slots.retain(|other| other.id() != id);
                if slots.is_empty() {
                    rest.remove(id.name());
                }
            }
        });
    }

    /// Walks the places that a name may have, up to the first empty one.
    #[inline]
    fn resident<P: ?Sized + 'static>(&self, name: Name<'_>) -> Option<&F::Ref<F::AnySlot>> {
        let places = self.places.get()?;
        for step in 0..PLACES {
            let place = places[(name.hash as usize).wrapping_add(step) % PLACES].get()?;
            if place.hash == name.hash && typed::<F, P>(&place.slot, name).is_some() {
                return Some(&place.slot);
            }
        }
        None
    }

    fn lodger<P: ?Sized + 'static>(&self, name: Name<'_>) -> Option<F::Ref<F::AnySlot>> {
        self.rest.with(|rest| {
            let slots = rest.get(name.text)?;
            slots.iter().find(|slot| typed::<F, P>(slot, name).is_some()).cloned()
        })
    }

    /// Gives a slot a place for life, if there is one left.
    fn settle(&self, name: Name<'_>, slot: &F::Ref<F::AnySlot>) -> bool {
        let places = match self.places.get() {
            Some(places) => places,
            None => {
                let _ = self.places.set(Box::new(std::array::from_fn(|_| F::Once::empty())));
                return self.settle(name, slot);
            }
        };
        if places.iter().filter(|place| place.get().is_some()).count() >= RESIDENTS {
            return false;
        }
        (0..PLACES).any(|step| {
            let place = Place {
                hash: name.hash,
                slot: slot.clone(),
            };
            places[(name.hash as usize).wrapping_add(step) % PLACES]
                .set(place)
                .is_ok()
        })
    }
}

/// Looks through an erased slot at a payload type and a name.
#[inline]
fn typed<'a, F: Sharing, P: ?Sized + 'static>(slot: &'a F::Ref<F::AnySlot>, name: Name<'_>) -> Option<&'a Slot<F, P>> {
    let slot = slot.as_any().downcast_ref::<Slot<F, P>>()?;
    slot.id.matches(name).then_some(slot)
}
