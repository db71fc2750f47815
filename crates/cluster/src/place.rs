//! A listener of the worker's machine, held by the socket that looks ordinary. Dropping it closes it.

use std::io;
use std::sync::Arc;

use ferronode_ipc::Handle;
use tokio::runtime;

use crate::connection::{Connection, LetGo};
use crate::current_worker::{CurrentWorker, Inner};
use crate::proto::{ListenerId, Opened, Query, SocketName};
use crate::until::until;

/// What the primary has answered to a worker that wants to listen.
pub(crate) enum Answer {
    /// It hands connections over; the address is this, if it has one, and this the end of a lane, if there is one.
    HandsOver(Option<SocketName>, Option<Handle>),
    /// Here is the socket: it is other workers' too.
    Shares(Handle),
}

pub(crate) struct Place {
    pub(crate) worker: Arc<Inner>,
    pub(crate) id: ListenerId,
    runtime: runtime::Handle,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.worker.step(|machine| machine.close(self.id));
    }
}

impl Place {
    /// Asks the primary, and waits for what it says.
    pub(crate) async fn ask(worker: CurrentWorker, query: Query) -> io::Result<(Self, Answer)> {
        let gone = || io::Error::new(io::ErrorKind::NotConnected, "this worker is leaving the cluster");
        let place = Self {
            id: worker.inner.step(|machine| machine.listen(query)),
            worker: worker.inner,
            runtime: runtime::Handle::current(),
        };
        let opened = place
            .worker
            .until(|machine| Some(machine.opened(place.id)).filter(|it| *it != Opened::Waiting));
        let answer = match opened.await {
            Opened::Open(name) => Answer::HandsOver(name, place.worker.step(|machine| machine.lane(place.id))),
            Opened::Shared => match place.worker.step(|machine| machine.shared(place.id)) {
                Some(socket) => Answer::Shares(socket),
                None => Answer::HandsOver(None, None),
            },
            Opened::Failed(errno) => return Err(io::Error::from_raw_os_error(errno)),
            // The primary may have heard that it listens, and have said before we looked that it is to go.
            Opened::Closed | Opened::Waiting => match place.worker.step(|machine| machine.was_opened(place.id)) {
                Some(name) => Answer::HandsOver(name, None),
                None => return Err(gone()),
            },
        };
        Ok((place, answer))
    }

    /// Tells the primary that this worker listens with the socket that it was given, at this port if it has one.
    pub(crate) fn listens(&self, port: Option<u16>) {
        self.worker.step(|machine| machine.listening(self.id, port));
    }

    /// Waits until it is closed: this worker is to leave.
    pub(crate) async fn closed(&self) {
        self.worker
            .until(|machine| (machine.opened(self.id) == Opened::Closed).then_some(()))
            .await;
    }

    /// Waits until this worker has left: all its connections have ended.
    pub(crate) async fn left(&self) {
        self.worker.until(|machine| machine.has_left().then_some(())).await;
        self.worker.flush().await;
    }

    /// Waits until there may be one more connection.
    pub(crate) async fn room(&self) {
        self.worker
            .until(|machine| (!machine.is_full(self.id)).then_some(()))
            .await;
    }

    pub(crate) fn limit(&self, most: Option<u32>) {
        self.worker.step(|machine| machine.limit(self.id, most));
    }

    /// Takes the next connection that was handed over: from now on it is this program's. `None` when it is closed.
    pub(crate) async fn take(&self) -> io::Result<Option<Connection>> {
        let take = || match self.worker.step(|machine| machine.take(self.id)) {
            Some(connection) => Some(Some(connection)),
            None => (self.worker.step(|machine| machine.opened(self.id)) == Opened::Closed).then_some(None),
        };
        match until(&self.worker.changed, take).await {
            Some(connection) => self.connection(connection).map(Some),
            None => Ok(None),
        }
    }

    /// Counts a connection that was accepted here.
    pub(crate) fn took(&self) -> LetGo {
        self.worker.step(|machine| machine.took(self.id));
        self.let_go()
    }

    /// The program's connection, of what it has taken. First of all it counts, whatever becomes of it.
    pub(crate) fn connection(&self, connection: Handle) -> io::Result<Connection> {
        Connection::of(connection, self.let_go(), self.runtime.clone())
    }

    fn let_go(&self) -> LetGo {
        LetGo::Worker(Arc::clone(&self.worker), self.id)
    }
}
