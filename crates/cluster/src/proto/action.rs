//! What the primary's machine wants done, and what it has to tell.

use std::time::Duration;

use super::message::{Frame, Key, WorkerId};
#[cfg(doc)]
use super::primary::Primary;
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
    /// Make a lane, and say by [`Primary::laid`] how it went.
    Lay {
        /// To whom.
        worker: WorkerId,
        /// For which listener.
        key: Key,
    },
    /// Give a connection over a lane: a record with its number. If that cannot be, say so by [`Primary::not_given`].
    Give {
        /// To whom.
        worker: WorkerId,
        /// For which listener.
        key: Key,
        /// Its number.
        number: u32,
        /// The connection, of which a copy is kept.
        connection: C,
    },
    /// Say on a lane that nothing more is given; answers still come.
    FinishLane {
        /// Whose.
        worker: WorkerId,
        /// For which listener.
        key: Key,
    },
    /// End a lane so that no answer can come any more, and say by [`Primary::lane_ended`] when what had come has been read.
    EndLane {
        /// Whose.
        worker: WorkerId,
        /// For which listener.
        key: Key,
    },
    /// Call [`Primary::look`] when so much time has passed. It is asked for once at a time, and only while something waits.
    Look {
        /// How long that is.
        after: Duration,
    },
    /// Open a listener, and say by [`Primary::bound`] how it went. It accepts nothing yet.
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
