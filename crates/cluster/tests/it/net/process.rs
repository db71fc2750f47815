//! A worker, in the model of a cluster: its machine, and a program that listens at two places.

use std::collections::VecDeque;
use std::rc::Rc;

use ferronode_cluster::proto::{Frame, ListenerId, Opened, Record, Worker, WorkerId};

use super::place;
use super::wire::Wires;

/// A process that is a worker, and its channel.
pub(super) struct Process {
    pub(super) worker: Worker<Rc<u32>>,
    pub(super) listeners: [Listening; 2],
    pub(super) to_worker: VecDeque<(Frame, Option<Rc<u32>>)>,
    pub(super) to_primary: VecDeque<Frame>,
}

pub(super) struct Listening {
    pub(super) id: ListenerId,
    pub(super) way: Way,
    pub(super) open: usize,
    pub(super) most: Option<u32>,
}

/// How connections come to a listener.
pub(super) enum Way {
    /// Not yet, or not any more.
    None,
    Channel,
    Lane,
}

impl Process {
    pub(super) fn open_what_was_opened(&mut self) {
        for listener in &mut self.listeners {
            let is_open = matches!(self.worker.opened(listener.id), Opened::Open(_));
            if let (Way::None, true) = (&listener.way, is_open) {
                listener.way = self.worker.lane(listener.id).map_or(Way::Channel, |_| Way::Lane);
            }
        }
    }

    /// One call of `accept`: as far as it comes.
    pub(super) fn take(&mut self, id: WorkerId, which: usize, wires: &mut Wires) -> Option<Rc<u32>> {
        let (worker, listener) = (&mut self.worker, &mut self.listeners[which]);
        match &listener.way {
            Way::None => None,
            Way::Channel => worker.take(listener.id),
            Way::Lane if !worker.may_take(listener.id) => None,
            Way::Lane => {
                let Some(wire) = wires.get_mut(&(id, place(which).key())) else {
                    worker.lane_ended(listener.id);
                    return None;
                };
                let Some((record, connection)) = wire.queue.pop_front() else {
                    if wire.finished {
                        worker.lane_ended(listener.id);
                    }
                    return None;
                };
                if let Record::Connection { asks: true, .. } | Record::Question = record {
                    wire.to_primary.push_back(record);
                }
                let connection = connection?;
                worker.took(listener.id);
                Some(connection)
            }
        }
    }
}
