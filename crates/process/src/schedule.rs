//! What is to run later on the loop: ticks, immediates, timers, tasks.
//!
//! Rule: these belong to the thread of [`run`](crate::run), whose order they have; elsewhere they are [`NoLoop`].
//! So a callback need not be `Send`.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::event_loop::{EventLoop, Job, TimerJob, current};
use crate::uncaught::{self, Origin, Outcome, sealed};
use crate::wake;

/// There is no [`run`](crate::run) on this thread, whose order the callback would have had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoLoop;

impl fmt::Display for NoLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no process::run on this thread: its loop is where callbacks are scheduled")
    }
}

impl std::error::Error for NoLoop {}

impl From<NoLoop> for io::Error {
    fn from(error: NoLoop) -> Self {
        Self::other(error)
    }
}

/// A callback that was to run in the next turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Immediate(u64);

/// A timer, of one run or of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timeout(u64);

/// Runs a callback as soon as the one that runs now has ended, before anything else of the loop.
///
/// # Errors
///
/// [`NoLoop`].
///
/// In Node: [`process.nextTick`](https://nodejs.org/docs/latest-v20.x/api/process.html#processnexttickcallback-args).
#[doc(alias = "nextTick")]
pub fn next_tick<R: Outcome>(callback: impl FnOnce() -> R + 'static) -> Result<(), NoLoop> {
    let event_loop = this_loop()?;
    event_loop.ticks.borrow_mut().push_back(job(callback));
    wake_from_outside();
    Ok(())
}

/// Runs a callback after the poll phase: of this turn, or of the next where it is set by an immediate.
///
/// # Errors
///
/// [`NoLoop`].
///
/// In Node: [`setImmediate`](https://nodejs.org/docs/latest-v20.x/api/timers.html#setimmediatecallback-args).
#[doc(alias = "setImmediate")]
pub fn set_immediate<R: Outcome>(callback: impl FnOnce() -> R + 'static) -> Result<Immediate, NoLoop> {
    let number = this_loop()?.add_immediate(job(callback));
    wake_from_outside();
    Ok(Immediate(number))
}

/// Runs a callback once, `after` that time or a little later; in whole milliseconds, and at least one.
///
/// # Errors
///
/// [`NoLoop`].
///
/// In Node: [`setTimeout`](https://nodejs.org/docs/latest-v20.x/api/timers.html#settimeoutcallback-delay-args).
#[doc(alias = "setTimeout")]
pub fn set_timeout<R: Outcome>(after: Duration, callback: impl FnOnce() -> R + 'static) -> Result<Timeout, NoLoop> {
    set_timer(after, TimerJob::Once(job(callback)))
}

/// Runs a callback again and again, with at least that time between two beginnings. One that fails goes on, if somebody
/// listens for the error.
///
/// # Errors
///
/// [`NoLoop`].
///
/// In Node: [`setInterval`](https://nodejs.org/docs/latest-v20.x/api/timers.html#setintervalcallback-delay-args).
#[doc(alias = "setInterval")]
pub fn set_interval<R: Outcome>(every: Duration, mut callback: impl FnMut() -> R + 'static) -> Result<Timeout, NoLoop> {
    let job = move || sealed::Outcome::into_result(callback());
    set_timer(every, TimerJob::Again(Box::new(job)))
}

fn set_timer(after: Duration, job: TimerJob) -> Result<Timeout, NoLoop> {
    let event_loop = this_loop()?;
    let milliseconds = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
    let number = event_loop.timers.borrow_mut().set(event_loop.now(), milliseconds, job);
    wake_from_outside();
    Ok(Timeout(number))
}

/// Clears an immediate; false if it has run, was cleared, or belongs to another thread's loop.
#[doc(alias = "clearImmediate")]
pub fn clear_immediate(immediate: Immediate) -> bool {
    current().is_some_and(|event_loop| event_loop.clear_immediate(immediate.0))
}

/// Clears a timer, an interval too; false if it has run, was cleared, or belongs to another thread's loop.
#[doc(alias = "clearTimeout")]
#[doc(alias = "clearInterval")]
#[doc(alias = "clear_interval")]
pub fn clear_timeout(timeout: Timeout) -> bool {
    let Some(event_loop) = current() else { return false };
    // What the callback holds may have something to schedule when it is dropped: so not while the timers are borrowed.
    let cleared = event_loop.timers.borrow_mut().clear(timeout.0);
    wake_from_outside();
    cleared.is_some()
}

impl Timeout {
    /// Does not keep the loop alive any more. It still runs, if the loop lives that long.
    ///
    /// In Node: [`timeout.unref`](https://nodejs.org/docs/latest-v20.x/api/timers.html#timeoutunref).
    pub fn unref(self) {
        self.set_ref(false);
    }

    /// Keeps the loop alive again, as it does from the start.
    #[doc(alias = "ref")]
    pub fn keep_alive(self) {
        self.set_ref(true);
    }

    fn set_ref(self, is_ref: bool) {
        if let Some(event_loop) = current() {
            event_loop.timers.borrow_mut().set_ref(self.0, is_ref);
            wake_from_outside();
        }
    }
}

/// Starts a task on the loop's thread, which keeps the loop alive until it ends. It need not be `Send`.
///
/// A poll of it is a callback of the loop: ticks are drained after each. An error that it ends with, and a panic, is an
/// [uncaught](crate::UNCAUGHT) one: Node's unhandled rejection.
///
/// # Errors
///
/// [`NoLoop`].
pub fn spawn<F>(future: F) -> Result<(), NoLoop>
where
    F: Future<Output: Outcome> + 'static,
{
    let event_loop = this_loop()?;
    event_loop.tasks.set(event_loop.tasks.get() + 1);
    let counted = Counted;
    event_loop.local.spawn_local(async move {
        let _counted = counted;
        let mut future = pin!(future);
        poll_fn(|context| poll(future.as_mut(), context)).await;
    });
    wake_from_outside();
    Ok(())
}

/// Polls a task as a callback of the loop; one that failed is done.
fn poll<F: Future<Output: Outcome>>(future: Pin<&mut F>, context: &mut Context<'_>) -> Poll<()> {
    // Tasks are polled by their loop alone, while it is this thread's.
    let Some(event_loop) = current() else {
        return Poll::Pending;
    };
    let mut is_done = Poll::Pending;
    let went_well = event_loop.call(Origin::Task, || match future.poll(context) {
        Poll::Pending => Ok(()),
        Poll::Ready(outcome) => {
            is_done = Poll::Ready(());
            sealed::Outcome::into_result(outcome)
        }
    });
    if went_well {
        event_loop.drain_ticks();
    } else {
        is_done = Poll::Ready(());
    }
    wake::wake();
    is_done
}

/// A task that counts among the living, until it is dropped. With the loop gone there is nothing to count.
struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(event_loop) = current() {
            event_loop.tasks.set(event_loop.tasks.get() - 1);
            wake::wake();
        }
    }
}

fn this_loop() -> Result<Rc<EventLoop>, NoLoop> {
    current().ok_or(NoLoop)
}

fn job<R: Outcome>(callback: impl FnOnce() -> R + 'static) -> Job {
    Box::new(move || sealed::Outcome::into_result(callback()))
}

/// What is scheduled by a callback of the loop is seen when it returns; a task of somebody else's has to say so.
fn wake_from_outside() {
    if !uncaught::is_called_by_loop() {
        wake::wake();
    }
}
