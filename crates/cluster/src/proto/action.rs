//! What the primary's machine wants done, and what it has to tell.

use std::time::Duration;

use super::message::{Frame, Key, Record, WorkerId};
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
    /// Give connections over a lane, each with its record, in this order. Those that cannot be given are said by
    /// [`Primary::not_given`].
    Give {
        /// To whom.
        worker: WorkerId,
        /// For which listener.
        key: Key,
        /// The connections: the lane has them then, and nobody else.
        connections: Vec<(Record, C)>,
    },
    /// Give [a question](Record::Question) over a lane.
    Ask {
        /// To whom.
        worker: WorkerId,
        /// For which listener.
        key: Key,
    },
    /// Count how many bytes a lane holds, and say so by [`Primary::counted`].
    Count {
        /// Whose.
        worker: WorkerId,
        /// For which listener.
        key: Key,
        /// The number of the connection that was given last.
        up_to: u32,
    },
    /// Take back all connections that a lane holds, and say so by [`Primary::taken_back`].
    TakeBack {
        /// Whose.
        worker: WorkerId,
        /// For which listener.
        key: Key,
        /// The number of the connection that was given last.
        up_to: u32,
    },
    /// Say on a lane that nothing more is given; what is in it can still be taken.
    FinishLane {
        /// Whose.
        worker: WorkerId,
        /// For which listener.
        key: Key,
    },
    /// End a lane: take back all connections that it holds, say so by [`Primary::taken_back`], forget it, and say that by
    /// [`Primary::lane_ended`].
    EndLane {
        /// Whose.
        worker: WorkerId,
        /// For which listener.
        key: Key,
        /// The number of the connection that was given last.
        up_to: u32,
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
    /// When connections come, accept as many of them as [`Primary::wants`] says then, and say so by [`Primary::accepted`].
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
