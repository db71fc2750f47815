//! Reading for somebody who has not come yet.
//!
//! A child that has ended leaves its last words in a pipe. They must not keep the pipe open, and must not be lost: so they
//! are read, up to a bound, and wait in the stream for its first reader. As soon as somebody reads, this stops.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

use crate::readable::{Origin, Readable};

/// Whether somebody has begun to read, and a bell for those who want to know when.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    is_set: AtomicBool,
    bell: Notify,
}

impl Asked {
    pub(crate) fn set(&self) {
        if !self.is_set.swap(true, Ordering::AcqRel) {
            self.bell.notify_waiters();
        }
    }

    async fn wait(&self) {
        loop {
            let rung = self.bell.notified();
            tokio::pin!(rung);
            rung.as_mut().enable();
            if self.is_set.load(Ordering::Acquire) {
                return;
            }
            rung.await;
        }
    }
}

impl Readable {
    /// Reads what comes, and keeps it for whoever reads first, until `limit` bytes are kept. Stops when somebody reads.
    ///
    /// Says whether all was read: then what the stream stood upon is closed already.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn read_ahead(&self, limit: usize) -> bool {
        tokio::select! {
            biased;
            () = self.inner.asked.wait() => false,
            () = self.inner.life.ended() => false,
            is_all = self.keep(limit) => is_all,
        }
    }

    async fn keep(&self, limit: usize) -> bool {
        let mut origin = self.inner.origin.lock().await;
        let Origin { source, unread } = &mut *origin;
        let mut kept: usize = unread.iter().flatten().map(|chunk| chunk.len()).sum();
        while let Some(chunks) = source {
            if kept >= limit {
                return false;
            }
            let next = poll_fn(|context| chunks.as_mut().poll_next(context)).await;
            if !matches!(next, Some(Ok(_))) {
                *source = None;
            }
            kept += next
                .as_ref()
                .and_then(|next| next.as_ref().ok())
                .map_or(0, |chunk| chunk.len());
            unread.extend(next);
        }
        true
    }

    /// Whether somebody has begun to read: has asked for a chunk, or made the stream flow.
    #[must_use]
    pub fn was_asked(&self) -> bool {
        self.inner.asked.is_set.load(Ordering::Acquire)
    }
}
