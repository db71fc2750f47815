//! Numbers that are given out once in the life of the program: who is who among listeners and symbols.
//!
//! Each thread takes a block of four billion from one atomic counter and then counts alone,
//! so that an emitter of one thread pays for no atomic instruction.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

const BLOCK: u64 = 1 << 32;

/// The lowest number that is given out; those below it are the crate's own.
pub(crate) const FIRST: u64 = BLOCK;

static NEXT_BLOCK: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// Returns a number that no other call has returned; never below [`FIRST`].
pub(crate) fn next() -> u64 {
    NEXT.with(|next| {
        if next.get().is_multiple_of(BLOCK) {
            next.set(NEXT_BLOCK.fetch_add(1, Ordering::Relaxed) * BLOCK);
        }
        let serial = next.get();
        next.set(serial + 1);
        serial
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_threads_never_get_the_same_number() {
        let mine: Vec<u64> = (0..100).map(|_| next()).collect();
        let theirs = std::thread::spawn(|| (0..100).map(|_| next()).collect::<Vec<_>>())
            .join()
            .unwrap();
        assert!(mine.iter().all(|serial| !theirs.contains(serial)));
    }
}
