//! Every interleaving of a few threads on one slab's slots, by loom.
//!
//! `slots.rs` is compiled here once more with loom's atomics in the place of the standard library's.
//! A word of each slot stands for its bytes: without an order between two users, loom lets the second see an old value.
#![allow(dead_code, unreachable_pub)]

#[path = "../../src/slots.rs"]
mod slots;

mod sync {
    pub(crate) use loom::sync::atomic::{AtomicU64, Ordering};
}

use loom::sync::{Arc, Mutex};
use loom::thread;

use crate::sync::{AtomicU64, Ordering};
use slots::{NOBODY, Released, Slots, UNIT};

const OWNER: u64 = 1;
const OTHER: u64 = 2;
const SLOT: usize = 4096;

/// A slab of two slots, and a word of each, which is even while the slot has a user.
struct Slab {
    slots: Slots,
    words: [AtomicU64; 2],
}

impl Slab {
    fn carved() -> Arc<Self> {
        let slots = Slots::new(OWNER);
        slots.carve(SLOT);
        Arc::new(Self {
            slots,
            words: [AtomicU64::new(1), AtomicU64::new(1)],
        })
    }

    fn word(&self, unit: usize) -> &AtomicU64 {
        &self.words[unit * UNIT / SLOT]
    }

    /// Takes a slot and marks it with an even number.
    fn take(&self, mark: u64) -> Option<usize> {
        let unit = self.slots.take()?;
        let left = self.word(unit).load(Ordering::Relaxed);
        assert_eq!(left % 2, 1, "the last user's last write is not to be seen yet");
        self.word(unit).store(mark, Ordering::Relaxed);
        Some(unit)
    }

    fn drop_slot(&self, unit: usize, mark: u64, thread: u64) -> Released {
        assert_eq!(
            self.word(unit).load(Ordering::Relaxed),
            mark,
            "somebody else wrote into the slot"
        );
        self.word(unit).store(mark + 1, Ordering::Relaxed);
        self.slots.release(unit, thread)
    }
}

#[test]
fn a_slot_from_another_thread_is_used_again_after_its_last_user() {
    loom::model(|| {
        let slab = Slab::carved();
        let (first, second) = (slab.take(10).unwrap(), slab.take(20).unwrap());
        let other = {
            let slab = Arc::clone(&slab);
            thread::spawn(move || slab.drop_slot(first, 10, OTHER))
        };
        assert_eq!(slab.drop_slot(second, 20, OWNER), Released::GivenBack);
        let mut taken = Vec::new();
        for mark in 30..33 {
            slab.slots.collect();
            taken.extend(slab.take(mark));
        }
        assert_eq!(other.join().unwrap(), Released::HandedIn);
        slab.slots.collect();
        taken.extend(slab.take(40));
        taken.sort_unstable();
        assert_eq!(taken, [0, SLOT / UNIT], "each slot once, and none lost");
    });
}

#[test]
fn slots_from_two_threads_are_both_collected() {
    loom::model(|| {
        let slab = Slab::carved();
        let drops = [10, 20].map(|mark| {
            let (slab, unit) = (Arc::clone(&slab), slab.take(mark).unwrap());
            thread::spawn(move || slab.drop_slot(unit, mark, mark))
        });
        slab.slots.collect();
        let early = slab.take(30);
        for drop in drops {
            assert_eq!(drop.join().unwrap(), Released::HandedIn);
        }
        slab.slots.collect();
        assert_eq!(slab.slots.count(), u64::from(early.is_some()));
    });
}

/// What `orphans.rs` does: under a lock, an orphan goes when nothing of it is used.
fn free_if_empty(orphan: &mut Option<Arc<Slab>>) -> u64 {
    let Some(slab) = orphan else { return 0 };
    slab.slots.collect();
    let empty = slab.slots.count() == 0;
    if empty {
        *orphan = None;
    }
    u64::from(empty)
}

#[test]
fn a_dead_threads_slab_is_freed_once_or_waits_with_nothing_lost() {
    loom::model(|| {
        let slab = Slab::carved();
        let unit = slab.take(10).unwrap();
        let orphans = Arc::new(Mutex::new(None));
        let dropper = {
            let (slab, orphans) = (Arc::clone(&slab), Arc::clone(&orphans));
            thread::spawn(move || match slab.drop_slot(unit, 10, OTHER) {
                Released::Orphaned => free_if_empty(&mut orphans.lock().unwrap()),
                Released::HandedIn => 0,
                Released::GivenBack => panic!("this thread is not the owner"),
            })
        };
        let mut left = orphans.lock().unwrap();
        slab.slots.pass_to(NOBODY);
        *left = Some(slab);
        let freed_at_once = free_if_empty(&mut left);
        drop(left);
        let freed_by_drop = dropper.join().unwrap();
        let freed_later = free_if_empty(&mut orphans.lock().unwrap());
        assert_eq!(freed_at_once + freed_by_drop + freed_later, 1);
    });
}
