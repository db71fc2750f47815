//! What the primary's machine wants done, done: each action by one call, and what came of it goes back as an event.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use ferronode_child::Signal;
use ferronode_ipc::Handle;

use crate::acceptor::{self, OUT_OF_DESCRIPTORS};
use crate::address::Address;
use crate::open::{self, EINVAL};
use crate::primary::{Connection, Inner, lock};
use crate::proto::{self, Action, Frame, Key, Policy, Query, Record, Told, WorkerId};
use crate::wire::{self, NeverReads};

impl Inner {
    pub(crate) fn carry_out(self: &Arc<Self>, action: Action<Connection>) {
        match action {
            Action::Send {
                worker,
                frame,
                connection,
            } => self.send(worker, &frame, connection),
            Action::Lay { worker, key } => self.lay(worker, &key),
            Action::Give {
                worker,
                key,
                connections,
            } => self.give(worker, &key, connections),
            Action::Ask { worker, key } => {
                if let Some(lane) = self.lanes.lane(worker, &key) {
                    let asked = lane.give(Record::Question, None);
                    if asked.is_err() {
                        self.step(|core| core.not_asked(worker, &key));
                    }
                }
            }
            Action::Count { worker, key, up_to } => {
                let bytes = self.lanes.lane(worker, &key).map_or(0, |lane| lane.unread());
                self.step(|core| core.counted(worker, &key, up_to, bytes));
            }
            Action::TakeBack { worker, key, up_to } => {
                let Some(lane) = self.lanes.lane(worker, &key) else {
                    return;
                };
                let (connections, left) = lane.take_back(worker, self.policy);
                self.step(|core| core.taken_back(worker, &key, up_to, connections, left));
            }
            Action::FinishLane { worker, key } => _ = self.lanes.lane(worker, &key).map(|lane| lane.finish()),
            Action::EndLane { worker, key, up_to } => self.end_lane(worker, key, up_to),
            Action::Look { after } => drop(self.runtime.spawn(look(Arc::downgrade(self), after))),
            Action::Bind { key, query } => {
                let outcome = self.open(&key, &query);
                let outcome = outcome.map(|(address, listener)| (address.socket().map(Into::into), listener));
                let outcome = outcome.map_err(|error| -error.raw_os_error().unwrap_or(EINVAL));
                self.step(|core| core.bound(&key, outcome));
            }
            Action::Unbind { key } => drop(lock(&self.listeners).remove(&key)),
            Action::Accept { key } => {
                if let Some(listener) = lock(&self.listeners).get(&key) {
                    listener.grant();
                }
            }
            Action::Tell(told) => {
                let last = matches!(
                    told,
                    Told::Disconnected { last: true, .. } | Told::Exited { last: true, .. }
                );
                // A listener that panics ends its call; the panic has been printed, and the cluster goes on.
                let _ = catch_unwind(AssertUnwindSafe(|| self.tell(told)));
                if last {
                    self.untold.fetch_sub(1, Ordering::AcqRel);
                }
                self.told.notify_waiters();
            }
        }
    }

    /// Gives all, and closes them then: to close one takes longer than to give one, and the worker would wait meanwhile.
    fn give(self: &Arc<Self>, worker: WorkerId, key: &Key, mut connections: Vec<(Record, Connection)>) {
        let lane = self.lanes.lane(worker, key);
        let give = |(record, connection): &(Record, Connection)| {
            let given = match &lane {
                Some(lane) => lane.give(*record, Some(connection)),
                None => Err(io::ErrorKind::NotConnected.into()),
            };
            given.inspect_err(|error| tracing::debug!(%worker, %error, "connections could not be given"))
        };
        let given = connections.iter().take_while(|gift| give(gift).is_ok()).count();
        if given < connections.len() {
            let left = connections.split_off(given).into_iter();
            let left = left
                .map(|(_, connection)| acceptor::with_client(connection, self.policy))
                .collect();
            let now = self.now();
            self.step(|core| core.not_given(worker, key, left, now));
        }
    }

    /// Takes back what is in a lane, and forgets it: at once, or when there is room for all descriptors. What is taken back is
    /// given to others at once, which makes some.
    fn end_lane(self: &Arc<Self>, worker: WorkerId, key: Key, up_to: u32) {
        let Some(lane) = self.lanes.lane(worker, &key) else {
            return self.step(|core| core.lane_ended(worker, &key));
        };
        lane.end();
        let (connections, left) = lane.take_back(worker, self.policy);
        if left == 0 {
            // First of all: when the machine has heard it, there may be another.
            self.lanes.forget(worker, &key);
            return self.step(|core| {
                core.taken_back(worker, &key, up_to, connections, 0);
                core.lane_ended(worker, &key);
            });
        }
        self.step(|core| core.taken_back(worker, &key, up_to, connections, left));
        let primary = Arc::downgrade(self);
        self.runtime.spawn(async move {
            tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
            if let Some(primary) = primary.upgrade() {
                primary.end_lane(worker, key, up_to);
            }
        });
    }

    fn send(&self, worker: WorkerId, frame: &Frame, connection: Option<Connection>) {
        // It calls nothing of the program's: the lock may be kept.
        let workers = lock(&self.workers);
        let Some(worker) = workers.get(&worker) else { return };
        let what = match &frame.message {
            proto::Message::NewConnection { .. } => Handle::Connection,
            _ => Handle::Shared,
        };
        if let Err(NeverReads) = wire::send(worker.process.sender(), frame, connection.map(what)) {
            tracing::error!(worker = %worker.id, "a worker asks and never reads: it is killed");
            _ = worker.process.kill(Signal::KILL); // or it has ended by itself
        }
    }

    fn lay(self: &Arc<Self>, worker: WorkerId, key: &Key) {
        let _runtime = self.runtime.enter();
        let end = self.lanes.lay(Arc::downgrade(self), worker, key);
        // Without one connections come by the channel.
        let end = end.inspect_err(|error| tracing::warn!(%worker, %error, "a lane cannot be made"));
        self.step(|core| core.laid(worker, key, end.ok().map(Arc::new)));
    }

    pub(crate) fn open(self: &Arc<Self>, key: &Key, query: &Query) -> io::Result<(Address, Option<Connection>)> {
        let _runtime = self.runtime.enter();
        let (address, listener, path) = open::bind(query)?;
        let mut listening = match (&address, self.policy) {
            (Address::Udp(_), _) | (_, Policy::Shared) => acceptor::Listening::shared(address.clone(), listener),
            _ => acceptor::Listening::open(Arc::downgrade(self), key.clone(), address.clone(), listener)?,
        };
        listening.path = path;
        let listener = listening.lent();
        lock(&self.listeners).insert(key.clone(), listening);
        Ok((address, listener))
    }
}

/// Waits until the lanes are to be looked at.
async fn look(primary: Weak<Inner>, after: Duration) {
    tokio::time::sleep(after).await;
    if let Some(primary) = primary.upgrade() {
        primary.step(proto::Primary::look);
    }
}
