//! How the loop calls a callback, and what becomes of one that fails.
//!
//! Rule 1: after a callback the ticks are drained, with those that ticks add.
//! Rule 2: a callback that failed, where a listener heard of it, does not stop the others: the next one of its phase runs
//! before the ticks that it left behind.
//! Rule 3: once the process is ending nothing is called any more.

use crate::event_loop::EventLoop;
use crate::exit;
use crate::uncaught::{self, BoxError, Origin, Uncaught};

impl EventLoop {
    /// Runs the ticks, with those that ticks add, until there is none or one fails.
    pub(crate) fn drain_ticks(&self) {
        while !exit::is_ending() {
            let tick = self.ticks.borrow_mut().pop_front();
            let Some(tick) = tick else { break };
            if !self.call(Origin::Callback, tick) {
                break;
            }
        }
    }

    /// Calls listeners, and then the ticks.
    pub(crate) fn tell<R>(&self, emit: impl FnOnce() -> R) {
        let emit = || {
            emit();
            Ok(())
        };
        if self.call(Origin::Callback, emit) {
            self.drain_ticks();
        }
    }

    /// Calls a callback; says whether it went well. If not, whoever listens was told, or the process is ending.
    pub(crate) fn call(&self, origin: Origin, job: impl FnOnce() -> Result<(), BoxError>) -> bool {
        let uncaught = match uncaught::catch(job) {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => Uncaught::error(error, origin),
            Err(payload) if exit::is_request(&*payload) => return false,
            Err(payload) => Uncaught::panic(&*payload, origin),
        };
        self.failed(&uncaught);
        false
    }

    pub(crate) fn failed(&self, uncaught: &Uncaught) {
        if exit::is_ending() {
            return;
        }
        match uncaught::tell(uncaught) {
            // Whatever ticks are left are to be run, even if nothing else is alive.
            Ok(()) => _ = self.add_immediate(Box::new(|| Ok(()))),
            Err(_) if exit::is_ending() => {}
            Err(code) => exit::begin(code),
        }
    }
}
