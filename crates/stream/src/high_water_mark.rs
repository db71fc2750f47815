//! When to say stop: a queue of chunks with a mark. Pure.
//!
//! Rule: below the mark a chunk is taken, whole and however large; at the mark or above none is. So a queue holds less
//! than the mark and one chunk. What is being written counts until it is written.
//!
//! ```text
//!   bytes   0 ───────────────── mark ────────── mark + one chunk
//!           └─ take, "more?" yes ─┘└─ refuse: full ─┘
//!           ◀── drained: told once, when all is written after somebody was refused or told "no more"
//! ```

use std::collections::VecDeque;

use ferronode_buffer::Buffer;

/// How many bytes a stream holds before it says stop, and reads at once: 64 KiB, as libuv and Node's file streams do.
pub const HIGH_WATER_MARK: usize = 64 * 1024;

/// Chunks on their way, counted in bytes.
#[derive(Debug)]
pub(crate) struct Queue {
    chunks: VecDeque<Buffer>,
    bytes: usize,
    mark: usize,
    /// Somebody has been told to wait for the drain.
    said_stop: bool,
}

impl Queue {
    pub(crate) fn new(mark: usize) -> Self {
        Self {
            chunks: VecDeque::new(),
            bytes: 0,
            mark: mark.max(1),
            said_stop: false,
        }
    }

    /// Takes a chunk and says whether it would take another, or gives it back.
    pub(crate) fn push(&mut self, chunk: Buffer) -> Result<bool, Buffer> {
        if self.bytes >= self.mark {
            self.said_stop = true;
            return Err(chunk);
        }
        self.bytes += chunk.len();
        self.chunks.push_back(chunk);
        self.said_stop |= self.bytes >= self.mark;
        Ok(self.bytes < self.mark)
    }

    /// Takes out all chunks, to be written. They count until [`written`](Self::written).
    pub(crate) fn take(&mut self) -> VecDeque<Buffer> {
        std::mem::take(&mut self.chunks)
    }

    /// Strikes off bytes that are written; says whether those who were told to wait are to be told now.
    pub(crate) fn written(&mut self, bytes: usize) -> bool {
        // Less is counted only if all was thrown away meanwhile.
        self.bytes = self.bytes.saturating_sub(bytes);
        self.bytes == 0 && std::mem::take(&mut self.said_stop)
    }

    /// Throws away everything.
    pub(crate) fn clear(&mut self) {
        self.chunks.clear();
        self.bytes = 0;
        self.said_stop = false;
    }

    pub(crate) fn has_chunks(&self) -> bool {
        !self.chunks.is_empty()
    }

    pub(crate) fn has_room(&self) -> bool {
        self.bytes < self.mark
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn mark(&self) -> usize {
        self.mark
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(size: usize) -> Buffer {
        Buffer::alloc(size)
    }

    #[test]
    fn a_queue_holds_less_than_the_mark_and_one_chunk() {
        let mut queue = Queue::new(10);
        assert_eq!(queue.push(chunk(9)), Ok(true));
        assert_eq!(queue.push(chunk(100)), Ok(false));
        assert_eq!(queue.push(chunk(1)), Err(chunk(1)));
        assert_eq!((queue.bytes(), queue.has_room()), (109, false));
    }

    #[test]
    fn what_is_being_written_counts_until_it_is_written() {
        let mut queue = Queue::new(10);
        assert_eq!(queue.push(chunk(10)), Ok(false));
        assert_eq!(queue.take().len(), 1);
        assert!(!queue.has_chunks() && !queue.has_room());
        assert!(!queue.written(4), "half a chunk is no drain");
        assert!(queue.written(6));
    }

    #[test]
    fn a_drain_is_told_once_and_only_to_those_who_wait() {
        let mut queue = Queue::new(10);
        assert_eq!(queue.push(chunk(3)), Ok(true));
        assert!(!queue.written(3), "nobody was told to stop");
        assert_eq!(queue.push(chunk(10)), Ok(false));
        assert!(queue.written(10));
        assert_eq!(queue.push(chunk(1)), Ok(true));
        assert!(!queue.written(1));
    }
}
