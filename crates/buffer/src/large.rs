//! Buffers of half a slab and more that were made by `alloc_unsafe`: some are kept when they are dropped, each for the next
//! buffer of exactly its size.
//!
//! What is asked of the allocator anew has to be cleared, or it would be uninitialised, and for 16 KiB that takes ten times
//! as long as the rest. A kept buffer has been cleared once, and what was written since is what `alloc_unsafe` may show.
//!
//! The rule of what stays: a thread keeps at most [`COUNT`] buffers of at most [`LARGEST`] bytes each, and hands the oldest on.
//! What threads have handed on serves them all, so that a thread that makes buffers gets those back that another drops:
//! at most [`SHARED_COUNT`] of at most [`SHARED_LARGEST`] bytes each, and again the oldest goes first.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::constants::POOL_SIZE;
use crate::slab::Block;

/// Buffers that a thread keeps, 1 MiB in all.
const COUNT: usize = 8;
/// The largest that it keeps, in bytes.
const LARGEST: usize = 128 * 1024;
/// Buffers that are kept for all threads, 2 MiB in all.
const SHARED_COUNT: usize = 64;
/// The largest of those, in bytes.
const SHARED_LARGEST: usize = 32 * 1024;

thread_local! {
    /// The one that was dropped last is at the end.
    static KEPT: RefCell<VecDeque<Block>> = const { RefCell::new(VecDeque::new()) };
}
/// Likewise. Who finds it locked does without.
static SHARED: Mutex<VecDeque<Block>> = Mutex::new(VecDeque::new());
/// How many there are, so that who finds none need not take the lock. It may lag behind.
static SHARED_NOW: AtomicUsize = AtomicUsize::new(0);

/// Whether buffers of this size are kept.
pub(crate) fn is_kept(length: usize) -> bool {
    (POOL_SIZE / 2..=LARGEST).contains(&length)
}

/// Takes a kept block of exactly this length.
pub(crate) fn take(length: usize) -> Option<Block> {
    if !is_kept(length) {
        return None;
    }
    let taken = KEPT.try_with(|kept| {
        let mut kept = kept.borrow_mut();
        match place_of(&kept, length) {
            Some(at) => kept.remove(at),
            None => take_shared(length),
        }
    });
    taken.ok().flatten()
}

/// Where the newest block of exactly this length is.
fn place_of(kept: &VecDeque<Block>, length: usize) -> Option<usize> {
    kept.iter().rposition(|block| block.as_slice().len() == length)
}

#[cold]
fn take_shared(length: usize) -> Option<Block> {
    if SHARED_NOW.load(Ordering::Relaxed) == 0 || length > SHARED_LARGEST {
        return None;
    }
    let mut shared = SHARED.try_lock().ok()?;
    let at = place_of(&shared, length)?;
    SHARED_NOW.store(shared.len() - 1, Ordering::Relaxed);
    shared.remove(at)
}

/// Keeps a block. Gives back what has to go for it, or the block itself if the thread is ending.
pub(crate) fn keep(block: Block) -> Result<(), Block> {
    let mut block = Some(block);
    let oldest = KEPT.try_with(|kept| {
        let block = block.take()?;
        keep_in(&mut kept.borrow_mut(), block, COUNT)
    });
    match (block, oldest) {
        (Some(block), _) => Err(block),
        (None, Ok(Some(oldest))) => share(oldest),
        (None, _) => Ok(()),
    }
}

/// Adds a block, and takes off the oldest if there are more than `most`.
#[inline]
fn keep_in(kept: &mut VecDeque<Block>, block: Block, most: usize) -> Option<Block> {
    kept.push_back(block);
    if kept.len() > most { kept.pop_front() } else { None }
}

#[cold]
fn share(block: Block) -> Result<(), Block> {
    if block.as_slice().len() > SHARED_LARGEST {
        return Err(block);
    }
    let Ok(mut shared) = SHARED.try_lock() else {
        return Err(block);
    };
    let oldest = keep_in(&mut shared, block, SHARED_COUNT);
    SHARED_NOW.store(shared.len(), Ordering::Relaxed);
    oldest.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buffer::Buffer;

    const SIZE: usize = 16 * 1024;

    #[test]
    fn a_dropped_buffer_serves_the_next_of_its_size_and_no_other() {
        let buffer = Buffer::alloc_unsafe(SIZE);
        let address = buffer.as_ptr();
        drop(buffer);
        assert_ne!(Buffer::alloc_unsafe(SIZE + 1).as_ptr(), address);
        assert_eq!(Buffer::alloc_unsafe(SIZE).as_ptr(), address);
    }

    #[test]
    fn zeroes_are_never_kept_bytes() {
        let mut buffer = Buffer::alloc_unsafe(SIZE);
        buffer[..].fill(1);
        drop(buffer);
        assert!(Buffer::alloc(SIZE).iter().all(|&byte| byte == 0));
    }

    #[test]
    fn parts_come_back_as_the_whole() {
        let (front, back) = Buffer::alloc_unsafe(SIZE).split_at_owned(100);
        let address = front.as_ptr();
        drop(front);
        assert_ne!(Buffer::alloc_unsafe(SIZE).as_ptr(), address, "a part is used");
        drop(back);
        let again: Vec<Buffer> = (0..2).map(|_| Buffer::alloc_unsafe(SIZE)).collect();
        assert!(
            again
                .iter()
                .any(|buffer| buffer.as_ptr() == address && buffer.len() == SIZE)
        );
    }

    #[test]
    fn a_thread_keeps_a_few_and_none_that_is_huge() {
        drop((0..100).map(|_| Buffer::alloc_unsafe(SIZE)).collect::<Vec<_>>());
        drop(Buffer::alloc_unsafe(LARGEST + 1));
        drop(Buffer::alloc_unsafe(SIZE + 1));
        let lengths = KEPT.with_borrow(|kept| kept.iter().map(|block| block.as_slice().len()).collect::<Vec<_>>());
        assert_eq!(lengths, [[SIZE; COUNT - 1].as_slice(), &[SIZE + 1]].concat());
        let shared = SHARED.lock().unwrap();
        assert!(shared.len() <= SHARED_COUNT);
        assert!(shared.iter().all(|block| block.as_slice().len() <= SHARED_LARGEST));
    }

    #[test]
    fn what_another_thread_drops_comes_back() {
        // A size that no other test has.
        let size = SIZE + 48;
        let buffers: Vec<Buffer> = (0..20).map(|_| Buffer::alloc_unsafe(size)).collect();
        let addresses: Vec<_> = buffers.iter().map(|buffer| buffer.as_ptr().addr()).collect();
        let dropper = std::thread::spawn(move || drop(buffers));
        dropper.join().unwrap();
        let again: Vec<Buffer> = (0..20).map(|_| Buffer::alloc_unsafe(size)).collect();
        let back = again
            .iter()
            .filter(|buffer| addresses.contains(&buffer.as_ptr().addr()));
        // Other tests may hold the lock now and then, and the allocator may give a place again by itself.
        assert!(back.count() > 0);
        assert!(again.iter().all(|buffer| buffer.len() == size));
    }
}
