//! A listener of a worker's machine: what has become of its query, and who waits in it.

use std::collections::VecDeque;

use super::message::{Key, SocketName};
use super::query::Query;
use super::worker_lane::Lane;

/// A listener of this worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListenerId(pub(crate) u32);

/// Whether a listener has been opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// The primary has not answered yet.
    Waiting,
    /// It is open, at this address.
    Open(Option<SocketName>),
    /// It is this worker's as much as others': [`Worker::shared`](super::Worker::shared) gives it, once.
    Shared,
    /// It could not be opened: an errno, positive.
    Failed(i32),
    /// It is closed.
    Closed,
}

#[derive(Debug)]
pub(crate) struct Listener<C> {
    pub(crate) query: Query,
    /// The number of the query, until it is answered.
    pub(crate) asked: Option<u32>,
    pub(crate) key: Option<Key>,
    /// Where it was opened.
    pub(crate) name: Option<SocketName>,
    pub(crate) opened: Opened,
    /// Connections that came and were not yet taken, with the number to say it by.
    pub(crate) waiting: VecDeque<(u32, C)>,
    /// Our end of its lane, until the driver has it.
    pub(crate) lane: Lane<C>,
    /// The listener itself, where the workers share it.
    pub(crate) shared: Option<C>,
    /// Whether the primary wants to hear when connections end.
    pub(crate) reports: bool,
    /// Connections that the program has taken from it and not yet let go.
    pub(crate) connections: u32,
    /// Connections that it has let go, all in all.
    pub(crate) ended: u64,
    /// How many it wants at once.
    pub(crate) most: Option<u32>,
}

impl<C> Listener<C> {
    pub(crate) fn new(query: Query, asked: Option<u32>, opened: Opened) -> Self {
        Self {
            query,
            asked,
            key: None,
            name: None,
            opened,
            waiting: VecDeque::new(),
            lane: Lane::None,
            shared: None,
            reports: false,
            connections: 0,
            ended: 0,
            most: None,
        }
    }

    /// Whether it has as many connections as it wants.
    pub(crate) fn is_full(&self) -> bool {
        self.most.is_some_and(|most| self.connections >= most)
    }
}
