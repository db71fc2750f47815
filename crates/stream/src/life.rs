//! What every stream has: listeners, an end that happens once, and an error that is not lost.
//!
//! Rule 1: a stream ends once: finished (`end` or `finish`), or destroyed, with an error or without. `close` follows.
//! Rule 2: what has happened is kept, so a listener that comes late is called all the same, on the stream's next turn.
//! Rule 3: an error is told to whoever listens for it, and is the result of one call: the one that met it, else the next.
//! An error that met no call and no listener goes to the program's hook; without a hook it is logged, and the next call has it.
//!
//! ```text
//!            finish: END or FINISH, then CLOSE
//!          ┌──────────────────────────────────> finished
//!   open ──┤
//!          └──────────────────────────────────> destroyed
//!            destroy: ERROR if there was one, then CLOSE
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use ferronode_events::{Event, EventEmitter, EventName, Unhandled, unhandled};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::error::StreamError;

/// The stream is done, and what it stood upon is closed. Happens once, last of all, and is kept.
pub const CLOSE: Event<()> = Event::new("close");
/// The stream has failed. Happens at most once, before [`CLOSE`], and is kept.
pub const ERROR: Event<StreamError> = Event::error();

pub(crate) struct Life {
    pub(crate) emitter: EventEmitter,
    runtime: Handle,
    state: Mutex<State>,
    ended: Notify,
    /// Calls that wait and will hear of an error by their result.
    attended: AtomicUsize,
    /// How many turns have been asked for. One task takes them all.
    turns: AtomicUsize,
    /// The other half of a duplex, which is destroyed with this one.
    other_half: OnceLock<Box<dyn Fn(StreamError) + Send + Sync>>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// An error that no call has had as its result yet.
    untold: Option<StreamError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    Finished,
    Destroyed,
}

impl Life {
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[track_caller]
    pub(crate) fn new() -> Arc<Self> {
        let life = Arc::new(Self {
            emitter: EventEmitter::new(),
            runtime: Handle::current(),
            state: Mutex::new(State {
                phase: Phase::Open,
                untold: None,
            }),
            ended: Notify::new(),
            attended: AtomicUsize::new(0),
            turns: AtomicUsize::new(0),
            other_half: OnceLock::new(),
        });
        let late = Arc::downgrade(&life);
        life.emitter.on_late(move || {
            if let Some(life) = late.upgrade() {
                life.take_turn();
            }
        });
        life
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }

    pub(crate) fn on_failure(&self, destroy_other_half: impl Fn(StreamError) + Send + Sync + 'static) {
        // A half has one other half, and is told of it when both are made.
        let _ = self.other_half.set(Box::new(destroy_other_half));
    }

    pub(crate) fn phase(&self) -> Phase {
        self.state().phase
    }

    pub(crate) fn is_open(&self) -> bool {
        self.phase() == Phase::Open
    }

    /// Ends the stream well: `event`, then [`CLOSE`].
    pub(crate) fn finish(self: &Arc<Self>, event: Event<()>) {
        if self.leave_open(Phase::Finished, None) {
            self.emitter.keep(event, ());
            self.close();
        }
    }

    /// Ends the stream before its end. An error that a call gets as its result is not kept for another call.
    pub(crate) fn destroy(self: &Arc<Self>, error: Option<StreamError>, a_call_has_it: bool) -> bool {
        let untold = error.clone().filter(|_| !a_call_has_it);
        if !self.leave_open(Phase::Destroyed, untold) {
            return false;
        }
        if let Some(error) = error {
            if let Some(destroy) = self.other_half.get() {
                destroy(error.clone());
            }
            self.emitter.keep(ERROR, error);
        }
        self.close();
        true
    }

    /// Ends this half since the other one has failed, which has told of it: here the next call has the error.
    pub(crate) fn follow(self: &Arc<Self>, error: StreamError) {
        if self.leave_open(Phase::Destroyed, Some(error)) {
            self.close();
        }
    }

    /// As [`destroy`](Self::destroy), for a background task: it has no caller, so the program may have to hear of it.
    pub(crate) fn fail(self: &Arc<Self>, error: StreamError) {
        let is_heard = self.emitter.listener_count(ERROR) > 0 || self.attended.load(Ordering::Acquire) > 0;
        if self.destroy(Some(error.clone()), false) && !is_heard {
            // Without a hook it has been logged, and the next call has it for its result.
            let _ = unhandled::report(Unhandled(error));
        }
    }

    /// Emits in a task: a panic has been printed, and ends its listener's call, not the stream.
    pub(crate) fn emit<E: EventName>(&self, event: E, payload: &E::Payload) {
        let _ = catch_unwind(AssertUnwindSafe(|| self.emitter.emit(event, payload)));
    }

    /// Says that a call waits on this stream: its result tells of an error.
    pub(crate) fn attend(&self) -> Attendance<'_> {
        self.attended.fetch_add(1, Ordering::AcqRel);
        Attendance(&self.attended)
    }

    /// What a call on a stream that is not open any more has for its result.
    pub(crate) fn outcome(&self) -> Result<(), StreamError> {
        let mut state = self.state();
        match (state.phase, state.untold.take()) {
            (_, Some(error)) => Err(error),
            (Phase::Destroyed, None) => Err(StreamError::Destroyed),
            (Phase::Open | Phase::Finished, None) => Ok(()),
        }
    }

    /// Waits until the stream is not open any more.
    pub(crate) async fn ended(&self) {
        loop {
            let ended = self.ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            if !self.is_open() {
                return;
            }
            ended.await;
        }
    }

    fn leave_open(&self, phase: Phase, untold: Option<StreamError>) -> bool {
        let mut state = self.state();
        if state.phase != Phase::Open {
            return false;
        }
        *state = State { phase, untold };
        true
    }

    fn close(self: &Arc<Self>) {
        self.emitter.keep(CLOSE, ());
        self.ended.notify_waiters();
        self.take_turn();
    }

    /// Calls, in a task, the listeners of what was kept: those that were there, and those that have come late.
    fn take_turn(self: &Arc<Self>) {
        if self.turns.fetch_add(1, Ordering::AcqRel) > 0 {
            return; // The task that runs will see it.
        }
        let life = Arc::clone(self);
        self.spawn(async move {
            loop {
                let asked = life.turns.load(Ordering::Acquire);
                let delivered = catch_unwind(AssertUnwindSafe(|| life.emitter.deliver_late()));
                // A panic has been printed. It ends its listener's call; the others are called in another turn.
                if delivered.is_ok() && life.turns.fetch_sub(asked, Ordering::AcqRel) == asked {
                    break;
                }
            }
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that waits, as long as it does.
pub(crate) struct Attendance<'a>(&'a AtomicUsize);

impl Drop for Attendance<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
