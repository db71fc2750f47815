//! The primary's ends of its lanes: over each a worker is given the connections of one listener.
//!
//! Rule: a lane holds the worker's end too, so that what is in its queue can be counted and taken back, whatever has become of
//! the worker.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use ferronode_ipc::{HandOff, HandOffQueue};

use crate::acceptor::{Connections, with_client};
use crate::primary::Inner;
use crate::proto::{Key, Policy, Record, WorkerId};

/// The lanes of a primary.
#[derive(Default)]
pub(crate) struct Lanes {
    ours: Mutex<BTreeMap<(WorkerId, Key), Arc<Lane>>>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Lane {
    pair: Arc<HandOff>,
    queue: HandOffQueue,
}

impl Lanes {
    /// Makes a lane, and gives the worker's end of it. What the worker says on it is told to the primary.
    pub(crate) fn lay(&self, primary: Weak<Inner>, worker: WorkerId, key: &Key) -> io::Result<OwnedFd> {
        let mut lanes = self.lock();
        let Entry::Vacant(place) = lanes.entry((worker, key.clone())) else {
            return Err(ErrorKind::AlreadyExists.into());
        };
        let (pair, theirs) = HandOff::pair()?;
        let queue = HandOffQueue::of(&theirs)?;
        let pair = Arc::new(pair);
        tokio::spawn(hear(primary, Arc::clone(&pair), worker, key.clone()));
        place.insert(Arc::new(Lane { pair, queue }));
        Ok(theirs)
    }

    /// One lane, if it is there.
    pub(crate) fn lane(&self, worker: WorkerId, key: &Key) -> Option<Arc<Lane>> {
        self.lock().get(&(worker, key.clone())).cloned()
    }

    /// Forgets a lane.
    pub(crate) fn forget(&self, worker: WorkerId, key: &Key) {
        self.lock().remove(&(worker, key.clone()));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(WorkerId, Key), Arc<Lane>>> {
        self.ours.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    /// Gives a connection, or a record alone.
    pub(crate) fn give(&self, record: Record, connection: Option<&OwnedFd>) -> io::Result<()> {
        // Full it cannot be: few are under way. Ended it may be, or descriptors under way may be too many for the system.
        self.pair
            .try_give(record.write(&mut [0; Record::LENGTH]), connection.map(AsFd::as_fd))
    }

    pub(crate) fn finish(&self) {
        self.pair.finish();
    }

    /// Nothing can be given or said on it any more.
    pub(crate) fn end(&self) {
        self.pair.end();
    }

    /// How many bytes the worker has not received.
    pub(crate) fn unread(&self) -> usize {
        self.queue.unread().unwrap_or_default()
    }

    /// Takes back all connections that the worker has not taken, and says how many bytes could not be: descriptors have run out.
    pub(crate) fn take_back(&self, worker: WorkerId, policy: Policy) -> (Connections, usize) {
        let (mut connections, mut record) = (Vec::new(), [0; Record::LENGTH]);
        loop {
            match self.queue.take_back(&mut record) {
                Ok(Some(handed)) => {
                    let connection = handed.descriptor.map(Arc::new);
                    connections.extend(connection.map(|connection| with_client(connection, policy)));
                }
                Ok(None) => return (connections, 0),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return (connections, 0),
                Err(error) => {
                    tracing::warn!(%worker, %error, "cannot take back what a worker has not taken: it waits in the kernel");
                    return (connections, self.unread());
                }
            }
        }
    }
}

/// Hears what the worker answers, until it ends the lane. It holds our end alone: so a primary that is dropped closes the
/// worker's, and this hears that.
async fn hear(primary: Weak<Inner>, pair: Arc<HandOff>, worker: WorkerId, key: Key) {
    let mut bytes = [0; Record::LENGTH];
    loop {
        let heard = pair.take_record(&mut bytes).await;
        let Some(primary) = primary.upgrade() else { return };
        // Where there is another one by now, nobody wants to know.
        let is_ours = || {
            primary
                .lanes
                .lane(worker, &key)
                .is_some_and(|it| Arc::ptr_eq(&it.pair, &pair))
        };
        let record = match heard {
            Ok(length @ 1..) => bytes.get(..length).and_then(Record::read),
            Ok(0) | Err(_) => {
                return primary.step(|core| {
                    if is_ours() {
                        core.lane_closed(worker, &key);
                    }
                });
            }
        };
        match record {
            Some(record) => primary.step(|core| {
                if is_ours() {
                    core.answered(worker, &key, record);
                }
            }),
            None => tracing::warn!(%worker, "the lane of a worker has said what is no answer"),
        }
    }
}
