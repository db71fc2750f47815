//! Counts the ends of a child's streams, each once, for the driver.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use ferronode_stream::CLOSE;
use tokio::sync::Notify;

use crate::stdio::Streams;

/// Which streams have ended, and how many of them the driver has not heard of.
#[derive(Debug, Default)]
pub(crate) struct StreamEnds {
    ended: Mutex<(BTreeSet<usize>, usize)>,
    told: Notify,
}

impl StreamEnds {
    /// Listens to the ends of all streams.
    pub(crate) fn of(streams: &Streams) -> Arc<Self> {
        let ends = Arc::new(Self::default());
        for (number, readable) in streams.readables() {
            let ends = Arc::clone(&ends);
            // A duplex whose child has ended its half is over: Node's sockets allow no half of one either.
            let writable = number
                .checked_sub(3)
                .and_then(|index| streams.others.get(index)?.clone());
            let writable = writable.map(|duplex| duplex.writable().clone());
            readable.on(CLOSE, move |()| {
                if let Some(writable) = &writable {
                    writable.end();
                }
                ends.tell(number);
            });
        }
        ends
    }

    /// The stream from descriptor `number` has ended.
    pub(crate) fn tell(&self, number: usize) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.0.insert(number) {
            ended.1 += 1;
            self.told.notify_one();
        }
    }

    /// Waits until streams have ended; says how many.
    pub(crate) async fn next(&self) -> usize {
        loop {
            let told = self.told.notified();
            let new = std::mem::take(&mut self.ended.lock().unwrap_or_else(PoisonError::into_inner).1);
            if new > 0 {
                return new;
            }
            told.await;
        }
    }
}
