//! The primary's ends of its lanes: over each a worker is given the connections of one listener.
//!
//! Rule: a lane is forgotten when it has been read to its end, and not before: what has come over it by then was taken by
//! the worker, what has not was not.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use ferronode_ipc::HandOff;

use crate::primary::Inner;
use crate::proto::{Answer, Key, WorkerId, to_record};

/// The lanes of a primary.
#[derive(Default)]
pub(crate) struct Lanes {
    ours: Mutex<BTreeMap<(WorkerId, Key), Arc<HandOff>>>,
}

impl Lanes {
    /// Makes a lane, and gives the worker's end of it. What the worker says on it is told to the primary.
    pub(crate) fn lay(&self, primary: Weak<Inner>, worker: WorkerId, key: &Key) -> io::Result<OwnedFd> {
        let mut lanes = self.lock();
        let Entry::Vacant(place) = lanes.entry((worker, key.clone())) else {
            return Err(ErrorKind::AlreadyExists.into());
        };
        let (ours, theirs) = HandOff::pair()?;
        let ours = Arc::clone(place.insert(Arc::new(ours)));
        tokio::spawn(hear(primary, ours, worker, key.clone()));
        Ok(theirs)
    }

    /// Gives a connection, and says whether it could.
    pub(crate) fn give(&self, worker: WorkerId, key: Key, number: u32, connection: &OwnedFd) -> bool {
        let lanes = self.lock();
        let Some(lane) = lanes.get(&(worker, key)) else {
            return false;
        };
        // Full it cannot be: few are under way. Ended it may be, or descriptors under way may be too many for the system.
        let given = lane.try_give(&to_record(number), Some(connection.as_fd()));
        given
            .inspect_err(|error| tracing::debug!(%worker, %error, "a connection could not be given"))
            .is_ok()
    }

    /// What `how` does, to one lane, if it is there.
    pub(crate) fn with(&self, worker: WorkerId, key: Key, how: impl FnOnce(&HandOff)) {
        if let Some(lane) = self.lock().get(&(worker, key)) {
            how(lane);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(WorkerId, Key), Arc<HandOff>>> {
        self.ours.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hears which connections the worker has taken, until it can take no more.
async fn hear(primary: Weak<Inner>, lane: Arc<HandOff>, worker: WorkerId, key: Key) {
    let mut records = Vec::new();
    loop {
        let heard = lane.take_all(&mut records).await;
        let Some(primary) = primary.upgrade() else { return };
        tell(&primary, worker, &mut records);
        match heard {
            Ok(true) => {}
            // No answer: those that have come by now are still heard.
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                tracing::warn!(%worker, %error, "the lane of a worker");
                lane.end();
            }
            Ok(false) | Err(_) => break,
        }
    }
    // Whatever ended it: what the worker would say from now on is not heard, and what it had said is.
    lane.end();
    if let Some(primary) = primary.upgrade() {
        let mut record = [0; 4];
        while let Ok(Some(said)) = lane.try_take(&mut record) {
            records.extend((said.length == record.len()).then_some(record));
        }
        tell(&primary, worker, &mut records);
        primary.lanes.lock().remove(&(worker, key.clone()));
        primary.step(|core| core.lane_ended(worker, &key));
    }
}

/// Tells the primary what a worker has said.
fn tell(primary: &Arc<Inner>, worker: WorkerId, records: &mut Vec<[u8; 4]>) {
    if records.is_empty() {
        return;
    }
    let now = primary.now();
    primary.step(|core| {
        for record in records.drain(..) {
            core.answered(worker, Answer::from_record(record), now);
        }
    });
}
