//! Lanes, in the model of a cluster: what is in one stays there when its worker dies, for the primary has that end too.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use ferronode_cluster::proto::{Key, Record, WorkerId};

/// A pair of sockets between the primary and a worker.
#[derive(Default)]
pub(super) struct Wire {
    /// Which: the worker's end has the same number.
    pub(super) number: u32,
    pub(super) queue: VecDeque<(Record, Option<Rc<u32>>)>,
    pub(super) to_primary: VecDeque<Record>,
    /// The primary gives nothing more.
    pub(super) finished: bool,
    /// The worker has ended it.
    pub(super) closed: bool,
}

pub(super) type Wires = BTreeMap<(WorkerId, Key), Wire>;

impl Wire {
    /// Gives a record, and says whether it could.
    pub(super) fn give(&mut self, record: Record, connection: Option<Rc<u32>>) -> bool {
        let can = !self.finished && !self.closed;
        if can {
            self.queue.push_back((record, connection));
        }
        can
    }

    /// How many bytes are in it.
    pub(super) fn bytes(&self) -> usize {
        let length = |record: &Record| record.write(&mut [0; Record::LENGTH]).len();
        self.queue.iter().map(|(record, _)| length(record)).sum()
    }

    /// Takes back so many records at most: the connections that came with them.
    pub(super) fn take_back(&mut self, most: usize) -> Vec<Rc<u32>> {
        let most = most.min(self.queue.len());
        self.queue
            .drain(..most)
            .filter_map(|(_, connection)| connection)
            .collect()
    }
}
