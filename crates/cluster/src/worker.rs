//! A worker as its primary sees it.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use ferronode_child::{ChildProcess, Exit, Signal};
use ferronode_ipc::{Outgoing, SendError};
use serde::Serialize;

use crate::address::Address;
use crate::primary::Inner;
use crate::proto::WorkerId;

/// A worker of a [`Primary`](crate::Primary). Clones are the same worker.
///
/// In Node: [`Worker`](https://nodejs.org/docs/latest-v20.x/api/cluster.html#class-worker).
#[derive(Clone)]
pub struct Worker {
    pub(crate) id: WorkerId,
    pub(crate) process: ChildProcess,
    pub(crate) primary: Weak<Inner>,
    pub(crate) kept: Arc<Kept>,
}

/// What has happened to a worker, and is kept for whoever asks late.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) online: OnceLock<()>,
    pub(crate) addresses: Mutex<Vec<Address>>,
    /// Its process has ended, and whether that was of its own will.
    pub(crate) left: OnceLock<bool>,
}

impl Kept {
    pub(crate) fn addresses(&self) -> MutexGuard<'_, Vec<Address>> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker {
    /// Its number.
    #[must_use]
    pub fn id(&self) -> WorkerId {
        self.id
    }

    /// Its process.
    #[must_use]
    pub fn process(&self) -> &ChildProcess {
        &self.process
    }

    /// The number of its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Sends it a message: see [`ChildProcess::send`].
    ///
    /// # Errors
    ///
    /// As [`ChildProcess::send`].
    ///
    /// # Cancel safety
    ///
    /// As [`ChildProcess::send`].
    pub async fn send<T: Serialize>(&self, message: impl Into<Outgoing<T>>) -> Result<(), SendError<T>> {
        self.process.send(message).await
    }

    /// Lets it finish what it has, and go: it gets no new connections, closes its listeners, ends its connections, exits.
    ///
    /// How long that takes is up to it. It does not wait: see [`exited`](Self::exited).
    pub fn disconnect(&self) {
        if let Some(primary) = self.primary.upgrade() {
            primary.step(|core| core.disconnect(self.id));
        }
    }

    /// Sends its process a signal; says whether it was there to get it.
    ///
    /// # Errors
    ///
    /// As [`ChildProcess::kill`].
    pub fn kill(&self, signal: Signal) -> io::Result<bool> {
        self.process.kill(signal)
    }

    /// Whether its channel is open.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.process.is_connected()
    }

    /// Whether its process has ended.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.process.exit().is_some()
    }

    /// Whether it has left as it was told to, or as it said that it would; `None` while it runs.
    #[must_use]
    #[doc(alias = "exitedAfterDisconnect")]
    pub fn exited_after_disconnect(&self) -> Option<bool> {
        self.kept.left.get().copied()
    }

    /// Waits until it has come to life; says false when it has ended without.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: it may be asked again, and later too.
    pub async fn online(&self) -> bool {
        self.until(|| self.kept.online.get().is_some()).await
    }

    /// Waits until it listens, and says where; `None` when it has ended without.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: it may be asked again, and later too.
    pub async fn listening(&self) -> Option<Address> {
        self.until(|| !self.kept.addresses().is_empty()).await;
        self.addresses().into_iter().next()
    }

    /// Where it has said that it listens, in the order in which it did.
    #[must_use]
    pub fn addresses(&self) -> Vec<Address> {
        self.kept.addresses().clone()
    }

    /// Waits until something has happened to it, or it has ended; says whether it has happened.
    async fn until(&self, happened: impl Fn() -> bool) -> bool {
        if let Some(primary) = self.primary.upgrade() {
            primary.until(|| happened() || self.kept.left.get().is_some()).await;
        }
        happened()
    }

    /// Waits until its process has ended, and the primary has dealt with that: [`EXIT`](crate::EXIT) is being told.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn exited(&self) -> Exit {
        let exit = self.process.exited().await;
        if let Some(primary) = self.primary.upgrade() {
            primary.until(|| self.kept.left.get().is_some()).await;
        }
        exit
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("id", &self.id)
            .field("process", &self.process)
            .finish_non_exhaustive()
    }
}
