//! How a worker is started, and how the primary comes to hear of it.
//!
//! Rule: what happens to a worker comes in here, and nowhere else: its frames by the child's internal messages, its end and
//! its failures by the child's events.

use std::ffi::OsString;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ferronode_child::{self as child, ChildProcess, ForkError};
use ferronode_ipc::{RecvError, UNIQUE_ID};

use crate::primary::{Inner, MessageListener, lock};
use crate::proto::WorkerId;
use crate::settings::Settings;
use crate::worker::Worker;

impl Inner {
    pub(crate) fn fork(self: &Arc<Self>, env: Vec<(OsString, OsString)>) -> Result<Worker, ForkError> {
        let id = WorkerId(self.next_id.fetch_add(1, Ordering::Relaxed));
        let worker = {
            // A worker may speak before we know its name: whoever hears it waits here until we do.
            let mut core = lock(&self.core);
            let process = self.start(id, env)?;
            let worker = Worker {
                id,
                process,
                primary: Arc::downgrade(self),
                kept: Arc::default(),
            };
            let listeners = lock(&self.message_listeners);
            lock(&self.workers).insert(id, worker.clone());
            for listener in &*listeners {
                self.hear(&worker, listener);
            }
            self.untold.fetch_add(1, Ordering::AcqRel);
            core.machine.forked(id);
            worker
        };
        // Told on the next turn: a listener that is added right behind this call hears of it.
        let primary = Arc::clone(self);
        self.runtime.spawn(async move { primary.step(|_| ()) });
        self.listen_to(&worker);
        Ok(worker)
    }

    /// Has a listener hear what a worker says.
    pub(crate) fn hear(self: &Arc<Self>, worker: &Worker, listener: &MessageListener) {
        let (primary, id, listener) = (Arc::downgrade(self), worker.id, Arc::clone(listener));
        worker.process.on(child::MESSAGE, move |message| {
            // Not the worker itself: it would keep itself alive.
            if let Some(worker) = primary.upgrade().and_then(|primary| primary.worker(id)) {
                listener(&worker, message);
            }
        });
    }

    fn start(self: &Arc<Self>, id: WorkerId, env: Vec<(OsString, OsString)>) -> Result<ChildProcess, ForkError> {
        let settings = self.settled().map_err(|error| ForkError {
            program: "this program".into(),
            reason: child::ForkErrorReason::Channel(error),
        })?;
        let mut fork = settings.fork();
        for (name, value) in env {
            fork.env(name, value);
        }
        fork.env(UNIQUE_ID, id.to_string());
        let primary = Arc::downgrade(self);
        fork.on_internal(move |message| {
            if let Some(primary) = primary.upgrade() {
                primary.received(id, &message);
            }
        });
        fork.spawn()
    }

    /// The settings, which are those of this program if nobody has set others.
    fn settled(&self) -> io::Result<Settings> {
        let mut settings = lock(&self.settings);
        if let Some(settings) = &*settings {
            return Ok(settings.clone());
        }
        let policy = self.policy;
        Ok(settings
            .insert(Settings {
                policy,
                ..Settings::this_program()?
            })
            .clone())
    }

    /// Passes on what the child's driver tells. What happened before is told all the same, and in order.
    fn listen_to(self: &Arc<Self>, worker: &Worker) {
        let id = worker.id;
        let primary = || Arc::downgrade(self);
        let on_disconnect = primary();
        worker.process.on(child::DISCONNECT, move |()| {
            let Some(primary) = on_disconnect.upgrade() else { return };
            primary.step(|core| core.disconnected(id));
        });
        let on_error = primary();
        worker.process.on(child::ERROR, move |failed| {
            tracing::warn!(error = %failed, "the channel to a worker");
            // What the program has sent itself is none of the cluster's.
            let (RecvError::HandleNotReceived { internal: true }, Some(primary)) = (&failed.error, on_error.upgrade())
            else {
                return;
            };
            let now = primary.now();
            primary.step(|core| core.undelivered(id, now));
        });
        let on_exit = primary();
        worker.process.on(child::EXIT, move |_| {
            let Some(primary) = on_exit.upgrade() else { return };
            primary.step(|core| core.exited(id));
        });
    }
}
