//! From the name of an event to its slot.
//!
//! A name that is a constant of the program gets a place for life in a table that is read without any lock,
//! since nothing in it ever changes once it is written; so do the first eight names of any kind.
//! Further names made at run time lodge in a map behind a lock, and leave it with their last listener,
//! so that they cannot fill the memory.
//!
//! ```text
//!   level 0   16 places   eight names of any kind, then constants up to twelve; most emitters end here
//!   level 1   64 places   further constants
//!   level 2  256 places   …
//!   lodgers               further names made at run time
//! ```

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use crate::event::{EventId, Name};
use crate::sharing::{Exclusive, Flag, Number, Once, Sharing};
use crate::slot::{AnySlot, Slot};

/// Each level is four times the one before it; the first has twice the places that Node's own emitters need.
const FIRST_LEVEL: usize = 16;

/// Room for sixteen thousand constants, more than any program has.
const LEVELS: usize = 6;

pub(crate) struct Directory<F: Sharing> {
    levels: [F::Once<Level<F>>; LEVELS],
    /// Raised when a name had to go to the lodgers.
    overflowed: F::Flag,
    lodgers: F::Exclusive<Lodgers<F>>,
}

/// A table of which one place in four at least stays empty, so that a search soon meets an empty one.
struct Level<F: Sharing> {
    places: Box<[F::Once<Resident<F>>]>,
    taken: F::Number,
}

struct Resident<F: Sharing> {
    hash: u64,
    slot: F::Ref<F::AnySlot>,
}

/// Where a resident lives: the level and, in the lower half, the place. In one word, since two that are written apart and
/// moved together keep whoever adds a listener waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Address(u64);

impl Address {
    fn new(level: usize, place: usize) -> Self {
        Self((level as u64) << 32 | place as u64)
    }

    fn level(self) -> usize {
        (self.0 >> 32) as usize
    }

    fn place(self) -> usize {
        self.0 as u32 as usize
    }
}

struct Lodgers<F: Sharing> {
    /// One text may name several events, of different payloads.
    by_text: HashMap<Box<str>, Vec<Lodger<F>>, RandomState>,
    /// Those that have listeners.
    by_birth: BTreeMap<u64, F::Ref<F::AnySlot>>,
}

struct Lodger<F: Sharing> {
    payload: TypeId,
    symbol: u64,
    slot: F::Ref<F::AnySlot>,
}

/// Where a slot is, for those who come back to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Home {
    Resident(Address),
    /// The birth of a lodger: when it last went from no listener to one.
    Lodger(u64),
    /// Not in the directory's lists but in the queue of the late.
    Late,
}

impl<F: Sharing> Directory<F> {
    pub(crate) fn new() -> Self {
        let lodgers = Lodgers {
            by_text: HashMap::default(),
            by_birth: BTreeMap::new(),
        };
        Self {
            levels: std::array::from_fn(|_| F::Once::empty()),
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

    /// Lends the slot of an event, made if need be, and its address if it has a place for life.
    ///
    /// Only for the holder of the registry.
    pub(crate) fn find_or_make<P: ?Sized + 'static, R>(
        &self,
        name: Name<'_>,
        visit: impl FnOnce(&Slot<F, P>, Option<Address>) -> R,
    ) -> R {
        let made;
        let (slot, address) = if let Some((address, slot)) = self.resident(name) {
            (slot, Some(address))
        } else {
            made = self.handle(name);
            (&*made, self.resident::<P>(name).map(|(address, _)| address))
        };
        visit(slot, address)
    }

    /// Returns a handle to the slot of an event, made if need be; only for the holder of the registry.
    pub(crate) fn handle<P: ?Sized + 'static>(&self, name: Name<'_>) -> F::Ref<Slot<F, P>> {
        let resident = self
            .resident::<P>(name)
            .and_then(|(address, _)| self.at(address))
            .cloned();
        if let Some(slot) = resident.and_then(F::restore).or_else(|| self.lodger(name)) {
            return slot;
        }
        let slot = F::share(Slot::new(name));
        let erased = F::erase(slot.clone());
        if !self.settle(name, &erased) {
            self.overflowed.claim();
            let lodger = Lodger {
                payload: TypeId::of::<P>(),
                symbol: name.symbol,
                slot: erased,
            };
            self.lodgers
                .with(|lodgers| lodgers.by_text.entry(name.text.into()).or_default().push(lodger));
        }
        slot
    }

    /// Lends the slot that is at home there.
    pub(crate) fn visit<R>(&self, home: Home, visit: impl FnOnce(&F::AnySlot) -> R) -> Option<R> {
        match home {
            Home::Resident(address) => self.at(address).map(|slot| visit(slot)),
            Home::Lodger(birth) => {
                let slot = self.lodgers.with(|lodgers| lodgers.by_birth.get(&birth).cloned());
                slot.map(|slot| visit(&slot))
            }
            Home::Late => None,
        }
    }

    fn at(&self, address: Address) -> Option<&F::Ref<F::AnySlot>> {
        let level = self.levels.get(address.level())?.get()?;
        let resident = level.places.get(address.place())?.get()?;
        Some(&resident.slot)
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
                slots.retain(|lodger| lodger.slot.id() != id);
                if slots.is_empty() {
                    lodgers.by_text.remove(id.name());
                }
            }
        });
    }

    /// Returns all slots that have listeners, in the order of their births.
    pub(crate) fn live(&self) -> Vec<F::Ref<F::AnySlot>> {
        let levels = self.levels.iter().map_while(|level| level.get());
        let residents = levels.flat_map(|level| level.places.iter().filter_map(|place| place.get()));
        let residents = residents.map(|resident| resident.slot.clone());
        let mut live: Vec<_> = residents.filter(|slot| slot.birth().is_some()).collect();
        self.lodgers
            .with(|lodgers| live.extend(lodgers.by_birth.values().cloned()));
        live.sort_by_key(|slot| slot.birth());
        live
    }

    /// Walks the places that a name may have, level by level.
    #[inline(always)]
    fn resident<P: ?Sized + 'static>(&self, name: Name<'_>) -> Option<(Address, &Slot<F, P>)> {
        for (number, level) in self.levels.iter().enumerate() {
            if let Some((place, slot)) = level.get()?.find(name) {
                return Some((Address::new(number, place), slot));
            }
        }
        None
    }

    fn lodger<P: ?Sized + 'static>(&self, name: Name<'_>) -> Option<F::Ref<Slot<F, P>>> {
        let slot = self.lodgers.with(|lodgers| {
            let slots = lodgers.by_text.get(name.text)?;
            let is_meant = |lodger: &&Lodger<F>| lodger.payload == TypeId::of::<P>() && lodger.symbol == name.symbol;
            slots.iter().find(is_meant).map(|lodger| lodger.slot.clone())
        });
        slot.and_then(F::restore)
    }

    /// Gives a slot a place for life, if it may have one.
    fn settle(&self, name: Name<'_>, slot: &F::Ref<F::AnySlot>) -> bool {
        let is_constant = name.is_constant();
        let levels = if is_constant { LEVELS } else { 1 };
        self.levels[..levels].iter().enumerate().any(|(number, level)| {
            if level.get().is_none() {
                let _ = level.set(Level::new(FIRST_LEVEL << (2 * number)));
            }
            level.get().is_some_and(|level| level.settle(name, slot, is_constant))
        })
    }
}

impl<F: Sharing> Level<F> {
    fn new(places: usize) -> Self {
        Self {
            places: (0..places).map(|_| F::Once::empty()).collect(),
            taken: F::Number::zero(),
        }
    }

    /// The place of a name, or one of those after it if that is taken.
    #[inline(always)]
    fn place(&self, name: Name<'_>, step: usize) -> usize {
        // The number of places is a power of two.
        (name.hash as usize).wrapping_add(step) & (self.places.len() - 1)
    }

    /// Searches the places of a name up to the first empty one.
    #[inline(always)]
    fn find<P: ?Sized + 'static>(&self, name: Name<'_>) -> Option<(usize, &Slot<F, P>)> {
        for step in 0..self.places.len() {
            let place = self.place(name, step);
            let resident = self.places[place].get()?;
            if resident.hash == name.hash
                && let Some(slot) = typed(&resident.slot, name)
            {
                return Some((place, slot));
            }
        }
        None
    }

    fn settle(&self, name: Name<'_>, slot: &F::Ref<F::AnySlot>, is_constant: bool) -> bool {
        let taken = self.taken.get() + 1;
        let room = if is_constant {
            self.places.len() / 4 * 3
        } else {
            self.places.len() / 2
        };
        if taken as usize > room {
            return false;
        }
        self.taken.set(taken);
        (0..self.places.len()).any(|step| {
            let resident = Resident {
                hash: name.hash,
                slot: slot.clone(),
            };
            self.places[self.place(name, step)].set(resident).is_ok()
        })
    }
}

/// Looks through an erased slot at a payload type and a name.
#[inline(always)]
fn typed<'a, F: Sharing, P: ?Sized + 'static>(slot: &'a F::Ref<F::AnySlot>, name: Name<'_>) -> Option<&'a Slot<F, P>> {
    let slot = F::as_any(slot).downcast_ref::<Slot<F, P>>()?;
    slot.id.matches(name).then_some(slot)
}
