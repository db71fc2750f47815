//! Buffers of half a slab and more that were made by `alloc_unsafe`: some are kept when they are dropped, each for the next
//! buffer of exactly its size on the same thread.
//!
//! What is asked of the allocator anew has to be cleared, or it would be uninitialised, and for 16 KiB that takes ten times
//! as long as the rest. A kept buffer has been cleared once, and what was written since is what `alloc_unsafe` may show.
//!
//! The rule of what stays: at most [`COUNT`] buffers of at most [`LARGEST`] bytes each; the oldest goes first.

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::constants::POOL_SIZE;
use crate::slab::Block;

/// Buffers that a thread keeps, 1 MiB in all.
const COUNT: usize = 8;
/// The largest that it keeps, in bytes.
const LARGEST: usize = 128 * 1024;

thread_local! {
    /// The one that was dropped last is at the end.
    static KEPT: RefCell<VecDeque<Block>> = const { RefCell::new(VecDeque::new()) };
}

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
        let at = kept.iter().rposition(|block| block.as_slice().len() == length)?;
        kept.remove(at)
    });
    taken.ok().flatten()
}

/// Keeps a block, or gives it back if the thread is ending.
pub(crate) fn keep(block: Block) -> Result<(), Block> {
    let mut block = Some(block);
    let oldest = KEPT.try_with(|kept| {
        let mut kept = kept.borrow_mut();
        kept.extend(block.take());
        if kept.len() > COUNT { kept.pop_front() } else { None }
    });
    match (block, oldest) {
        (Some(block), _) => Err(block),
        (None, Ok(Some(oldest))) => Err(oldest),
        (None, _) => Ok(()),
    }
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
    }
}
