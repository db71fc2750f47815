//! From the name of an event to its slot.
//!
//! The first twelve names get a place for life in a small table that is read without any lock,
//! since nothing in it ever changes once it is written. Few emitters have more.
//! Further names lodge in a map behind a lock, and leave it with their last listener,
//! so that names made at run time cannot fill the memory.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use crate::event::{EventId, Name};
use crate::sharing::{Exclusive, Flag, Once, Sharing};
use crate::slot::{AnySlot, Slot};

/// Twice the names that Node's own emitters have; a power of two.
const PLACES: usize = 16;

/// So that one place in four stays empty, and a search soon meets it.
const RESIDENTS: usize = 12;

pub(crate) struct Directory<F: Sharing> {
    residents: F::Once<Box<Places<F>>>,
    /// Raised when a name had to go to the map.
    overflowed: F::Flag,
    lodgers: F::Exclusive<Lodgers<F>>,
}

type Places<F> = [<F as Sharing>::Once<Resident<F>>; PLACES];

struct Resident<F: Sharing> {
    hash: u64,
    slot: F::Ref<F::AnySlot>,
}

type ByText<T> = HashMap<Box<str>, Vec<T>, RandomState>;

struct Lodgers<F: Sharing> {
    /// One text may name several events, of different payloads.
    by_text: ByText<F::Ref<F::AnySlot>>,
    /// Those that have listeners.
    by_birth: BTreeMap<u64, F::Ref<F::AnySlot>>,
}

/// Where a slot is, for those who come back to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Home {
    Resident(u8),
    /// The birth of a lodger: when it last went from no listener to one.
    Lodger(u64),
}

impl<F: Sharing> Directory<F> {
    pub(crate) fn new() -> Self {
        let lodgers = Lodgers {
            by_text: HashMap::default(),
            by_birth: BTreeMap::new(),
        };
        Self {
            residents: F::Once::empty(),
            overflowed: F::Flag::lowered(),
            lodgers: F::Exclusive::new(lodgers),
        }
    }

    /// Lends the slot of an event, if the emitter has heard of it.
    #[inline(always)]
    pub(crate) fn find<P: ?Sized + 'static, R>(
        &self,
        name: Name<'_>,
        visit: impl FnOnce(&Slot<F, P>) -> R,
    ) -> Option<R> {
        if let Some((_, slot)) = self.resident(name) {
            return Some(visit(slot));
        }
        if !self.overflowed.is_raised() {
            return None;
        }
        let slot = self.lodger::<P>(name)?;
        Some(visit(&slot))
    }

    /// Lends the slot of an event, made if need be, and the place where it lives for life if it has one.
    ///
    /// Only for the holder of the registry.
    pub(crate) fn find_or_make<P: ?Sized + 'static, R>(
        &self,
        name: Name<'_>,
        visit: impl FnOnce(&Slot<F, P>, Option<u8>) -> R,
    ) -> R {
        if let Some((place, slot)) = self.resident(name) {
            return visit(slot, Some(place));
        }
        let slot = self.handle(name);
        let place = self.resident::<P>(name).map(|(place, _)| place);
        visit(&slot, place)
    }

    /// Returns a handle to the slot of an event, made if need be; only for the holder of the registry.
    pub(crate) fn handle<P: ?Sized + 'static>(&self, name: Name<'_>) -> F::Ref<Slot<F, P>> {
        let resident = self
            .resident::<P>(name)
            .and_then(|(place, _)| self.at(Home::Resident(place)));
        if let Some(slot) = resident.and_then(F::restore).or_else(|| self.lodger(name)) {
            return slot;
        }
        let slot = F::share(Slot::new(name));
        let erased = F::erase(slot.clone());
        if !self.settle(name, &erased) {
            self.overflowed.claim();
            self.lodgers
                .with(|lodgers| lodgers.by_text.entry(name.text.into()).or_default().push(erased));
        }
        slot
    }

    /// Returns the slot that lives at a place.
    pub(crate) fn at(&self, home: Home) -> Option<F::Ref<F::AnySlot>> {
        match home {
            Home::Resident(place) => self
                .residents
                .get()?
                .get(usize::from(place))?
                .get()
                .map(|there| there.slot.clone()),
            Home::Lodger(birth) => self.lodgers.with(|lodgers| lodgers.by_birth.get(&birth).cloned()),
        }
    }

    /// Lets a lodger be found by its birth; only for the holder of the registry.
    pub(crate) fn note_birth<P: ?Sized + 'static>(&self, name: Name<'_>, birth: u64) {
        let slot = F::erase(self.handle::<P>(name));
        self.lodgers.with(|lodgers| lodgers.by_birth.insert(birth, slot));
    }

    /// Forgets the birth of a slot that has no listener any more; only for the holder of the registry.
    pub(crate) fn note_death(&self, birth: u64) {
        if self.overflowed.is_raised() {
            self.lodgers.with(|lodgers| lodgers.by_birth.remove(&birth));
        }
    }

    /// Drops a lodger that nobody needs; a resident stays. Only for the holder of the registry.
    pub(crate) fn forget(&self, id: &EventId) {
        if !self.overflowed.is_raised() {
            return;
        }
        self.lodgers.with(|lodgers| {
            if let Some(slots) = lodgers.by_text.get_mut(id.name()) {
                slots.retain(|slot| slot.id() != id);
                if slots.is_empty() {
                    lodgers.by_text.remove(id.name());
                }
            }
        });
    }

    /// Returns all slots that have listeners, in the order of their births.
    pub(crate) fn live(&self) -> Vec<F::Ref<F::AnySlot>> {
        let residents = self.residents.get().into_iter().flat_map(|places| places.iter());
        let residents = residents
            .filter_map(|place| place.get())
            .map(|there| there.slot.clone());
        let mut live: Vec<_> = residents.filter(|slot| slot.birth().is_some()).collect();
        self.lodgers
            .with(|lodgers| live.extend(lodgers.by_birth.values().cloned()));
        live.sort_by_key(|slot| slot.birth());
        live
    }

    /// Walks the places that a name may have, up to the first empty one.
    #[inline(always)]
    fn resident<P: ?Sized + 'static>(&self, name: Name<'_>) -> Option<(u8, &Slot<F, P>)> {
        let places = self.residents.get()?;
        for step in 0..PLACES {
            let place = place_of(name, step);
            let resident = places[place].get()?;
            if resident.hash == name.hash
                && let Some(slot) = typed(&resident.slot, name)
            {
                return Some((place as u8, slot));
            }
        }
        None
    }

    fn lodger<P: ?Sized + 'static>(&self, name: Name<'_>) -> Option<F::Ref<Slot<F, P>>> {
        let slot = self.lodgers.with(|lodgers| {
            let slots = lodgers.by_text.get(name.text)?;
            slots.iter().find(|slot| typed::<F, P>(slot, name).is_some()).cloned()
        });
        slot.and_then(F::restore)
    }

    /// Gives a slot a place for life, if there is one left.
    fn settle(&self, name: Name<'_>, slot: &F::Ref<F::AnySlot>) -> bool {
        let Some(places) = self.residents.get() else {
            let empty = Box::new(std::array::from_fn(|_| F::Once::empty()));
            return self.residents.set(empty).is_ok() && self.settle(name, slot);
        };
        let taken = places.iter().filter(|place| place.get().is_some()).count();
        taken < RESIDENTS
            && (0..PLACES).any(|step| {
                let resident = Resident {
                    hash: name.hash,
                    slot: slot.clone(),
                };
                places[place_of(name, step)].set(resident).is_ok()
            })
    }
}

/// Where a name may live: at its own place, or in the next ones if that is taken.
#[inline(always)]
fn place_of(name: Name<'_>, step: usize) -> usize {
    (name.hash as usize).wrapping_add(step) % PLACES
}

/// Looks through an erased slot at a payload type and a name.
#[inline(always)]
fn typed<'a, F: Sharing, P: ?Sized + 'static>(slot: &'a F::Ref<F::AnySlot>, name: Name<'_>) -> Option<&'a Slot<F, P>> {
    let slot = F::as_any(slot).downcast_ref::<Slot<F, P>>()?;
    slot.id.matches(name).then_some(slot)
}
