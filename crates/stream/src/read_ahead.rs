//! Reading for somebody who has not come yet.
//!
//! A child that has ended leaves its last words in a pipe. They must not keep the pipe open, and must not be lost: so they
//! are read, up to a bound, and wait in the stream for its reader. Whoever reads meanwhile goes first.

use std::future::poll_fn;

use crate::readable::{Origin, Readable};

impl Readable {
    /// Reads what comes, and keeps it for whoever reads, as long as less than `limit` bytes are kept.
    ///
    /// Says whether all was read: then what the stream stood upon is closed already.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn read_ahead(&self, limit: usize) -> bool {
        tokio::select! {
            biased;
            is_all = self.keep(limit) => is_all,
            () = self.inner.life.ended() => false,
        }
    }

    async fn keep(&self, limit: usize) -> bool {
        loop {
            let reader = self.inner.reader_came.notified();
            tokio::pin!(reader);
            reader.as_mut().enable();
            let mut origin = self.inner.origin.lock().await;
            let Origin { source, unread } = &mut *origin;
            let Some(chunks) = source else { return true };
            let kept: usize = unread.iter().flatten().map(|chunk| chunk.len()).sum();
            if kept >= limit {
                return false;
            }
            let next = tokio::select! {
                biased;
                next = poll_fn(|context| chunks.as_mut().poll_next(context)) => next,
                // The lock is fair: who has come reads next.
                () = reader => continue,
            };
            if !matches!(next, Some(Ok(_))) {
                *source = None;
            }
            unread.extend(next);
        }
    }
}
