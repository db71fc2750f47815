//! Slabs that outlived their thread, until another thread takes them over or their last buffer drops.
//!
//! A thread that ends cannot collect what is handed in later, so its slabs are left here, under one lock.
//! A thread that needs a slab looks here before it makes one: so threads that come and go do not add up.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::size_class::SizeClass;
use crate::slab::{Orphan, SlabRef};

/// How many are looked at by one who needs a slab, so that it does not wait for their number.
const LOOKED_AT: usize = 8;

static ORPHANS: Mutex<Orphans> = Mutex::new(Orphans {
    by_address: BTreeMap::new(),
    last: 0,
});
/// How many there are, so that who finds none need not take the lock. It may lag behind.
static COUNT: AtomicUsize = AtomicUsize::new(0);

struct Orphans {
    by_address: BTreeMap<usize, Orphan>,
    /// The address that was looked at last.
    last: usize,
}

fn lock() -> MutexGuard<'static, Orphans> {
    // Nothing here panics half way through a change.
    ORPHANS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Leaves slabs behind. Those without used slots are freed.
pub(crate) fn leave(slabs: impl Iterator<Item = SlabRef>) {
    let mut orphans = lock();
    for slab in slabs {
        let orphan = slab.abandon();
        if !orphan.is_empty() {
            orphans.by_address.insert(orphan.address(), orphan);
        }
    }
    COUNT.store(orphans.by_address.len(), Ordering::Relaxed);
}

/// Takes over a slab that has free slots of `class`, or no used slots at all.
pub(crate) fn adopt(class: SizeClass) -> Option<SlabRef> {
    if COUNT.load(Ordering::Relaxed) == 0 {
        return None;
    }
    let mut orphans = lock();
    let after = orphans
        .by_address
        .range((Bound::Excluded(orphans.last), Bound::Unbounded));
    let all = after.chain(orphans.by_address.range(..=orphans.last)).take(LOOKED_AT);
    let (mut last, mut wanted) = (orphans.last, None);
    for (&address, orphan) in all {
        last = address;
        if orphan.is_empty() || (orphan.class() == class && orphan.has_free()) {
            wanted = Some(address);
            break;
        }
    }
    orphans.last = last;
    let orphan = orphans.by_address.remove(&wanted?)?;
    COUNT.store(orphans.by_address.len(), Ordering::Relaxed);
    Some(orphan.adopt())
}

/// Frees the slab at `address` if it is here and its last slot was handed in.
pub(crate) fn slot_handed_in(address: usize) {
    let mut orphans = lock();
    if orphans.by_address.get(&address).is_some_and(Orphan::is_empty) {
        orphans.by_address.remove(&address);
        COUNT.store(orphans.by_address.len(), Ordering::Relaxed);
    }
}
