//! What the primary tells of its workers: `primary.on(EXIT, |exited| …)`.
//!
//! In Node: [cluster's events](https://nodejs.org/docs/latest-v20.x/api/cluster.html#event-disconnect_1).
//! For one worker they come in this order: setup, fork, online, listening, disconnect, exit. The first two are told on the
//! driver's next turn, so that a listener that is added right behind `fork` hears of it.
//!
//! Whoever comes later asks the worker, which keeps what has happened to it: [`Worker::online`], [`Worker::listening`],
//! [`Worker::exited`]. Messages are the worker's process's ([`MESSAGE`](ferronode_child::MESSAGE), which wait for their first
//! listener), or all workers': [`Primary::on_message`](crate::Primary::on_message).

use ferronode_child::Exit;
use ferronode_events::Event;

use crate::address::Address;
use crate::primary::{Inner, lock};
use crate::proto::{Query, Told};
use crate::settings::Settings;
use crate::worker::Worker;

/// What workers are started from has been set, or is about to be used by [`Primary::fork`](crate::Primary::fork).
pub const SETUP: Event<Settings> = Event::new("setup");
/// A worker has been started. First of all that is told of it.
pub const FORK: Event<Worker> = Event::new("fork");
/// A worker has come to life.
pub const ONLINE: Event<Worker> = Event::new("online");
/// A worker listens.
pub const LISTENING: Event<Listening> = Event::new("listening");
/// A worker's channel has ended: it gets no connections any more.
pub const DISCONNECT: Event<Worker> = Event::new("disconnect");
/// A worker's process has ended.
pub const EXIT: Event<Exited> = Event::new("exit");

/// A worker listens.
#[derive(Debug, Clone)]
pub struct Listening {
    /// Who.
    pub worker: Worker,
    /// Where.
    pub address: Address,
}

/// A worker's process has ended.
#[derive(Debug, Clone)]
pub struct Exited {
    /// Who.
    pub worker: Worker,
    /// How.
    pub exit: Exit,
}

impl Inner {
    /// Tells the program, and keeps what a worker is asked for later.
    pub(crate) fn tell(&self, told: Told) {
        let (Told::Forked(id)
        | Told::Online(id)
        | Told::Listening(id, _)
        | Told::Disconnected { worker: id, .. }
        | Told::Exited { worker: id, .. }) = &told;
        let Some(worker) = self.worker(*id) else { return };
        if let Told::Exited { leaving, .. } = told {
            let _ = worker.kept.left.set(leaving);
        }
        if let Told::Disconnected { last: true, .. } | Told::Exited { last: true, .. } = told {
            lock(&self.workers).remove(id);
        }
        match told {
            Told::Forked(_) => {
                let settings = lock(&self.settings).clone();
                if let Some(settings) = settings {
                    self.emitter.emit(SETUP, &settings);
                }
                self.emitter.emit(FORK, &worker);
            }
            Told::Online(_) => {
                let _ = worker.kept.online.set(());
                self.emitter.emit(ONLINE, &worker);
            }
            Told::Listening(_, query) => {
                if let Some(address) = self.address_of(&query) {
                    let mut known = worker.kept.addresses();
                    if !known.contains(&address) {
                        known.push(address.clone());
                    }
                    drop(known);
                    self.emitter.emit(LISTENING, &Listening { worker, address });
                }
            }
            Told::Disconnected { .. } => _ = self.emitter.emit(DISCONNECT, &worker),
            Told::Exited { .. } => {
                let exit = worker.process.exit().unwrap_or(Exit::Unknown);
                self.emitter.emit(EXIT, &Exited { worker, exit });
            }
        }
    }

    /// Where a worker listens that says so.
    fn address_of(&self, query: &Query) -> Option<Address> {
        if query.descriptor().is_none() {
            return Address::of(query);
        }
        // Its port was none of the question.
        let asked = Query {
            port: None,
            ..query.clone()
        };
        Some(lock(&self.listeners).get(&asked.key())?.address.clone())
    }
}
