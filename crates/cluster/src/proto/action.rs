//! What the primary's machine has its driver do, and what it has the program told.

use super::message::{Frame, Key, WorkerId};
use super::query::Query;

/// What the driver is to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Action<C> {
    /// Send a frame to a worker, with a connection if there is one.
    Send {
        /// To whom.
        worker: WorkerId,
        /// What.
        frame: Frame,
        /// What rides on it.
        connection: Option<C>,
    },
    /// Open a listener, and say by [`Primary::bound`](super::Primary::bound) how it went. It accepts nothing yet.
    Bind {
        /// Its name.
        key: Key,
        /// Where.
        query: Query,
    },
    /// Close a listener.
    Unbind {
        /// Its name.
        key: Key,
    },
    /// Accept one connection.
    Accept {
        /// The listener's name.
        key: Key,
    },
    /// Tell the program.
    Tell(Told),
}

/// What the program hears of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It has been started.
    Forked(WorkerId),
    /// It has come to life.
    Online(WorkerId),
    /// It listens.
    Listening(WorkerId, Query),
    /// Its channel has ended. It gets no connections any more.
    Disconnected {
        /// Whose.
        worker: WorkerId,
        /// Whether its process has ended too: this is the last that is told of it.
        last: bool,
    },
    /// Its process has ended.
    Exited {
        /// Whose.
        worker: WorkerId,
        /// Whether it was told to go, or had said that it goes: Node's `exitedAfterDisconnect`.
        leaving: bool,
        /// Whether its channel has ended too: this is the last that is told of it.
        last: bool,
    },
}
