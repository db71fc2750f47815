//! The event loop: one thread, one turn after another, each in the same order.
//!
//! ```text
//!   main, ticks
//!   ┌─> timers that are due ──> poll: tasks, sockets, messages, signals ──> immediates ─┐
//!   └──────────────────────────── while something is alive <───────────────────────────┘
//!   beforeExit ── alive again? back to the timers ── exit ── what was written is written ── the exit code
//! ```
//!
//! Rule 1: after every callback the ticks are drained, with those that ticks add.
//! Rule 2: an immediate that an immediate sets runs in the next turn, and a timer that a timer sets, however short.
//! Rule 3: alive are timers, immediates, tasks of the runtime, and the channel while somebody listens to it.
//!
//! tokio's driver is the poll phase: it waits for descriptors, and runs the tasks that they wake. Nothing here decides for it.
//!
//! In Node: `src/api/embed_helpers.cc`, `SpinEventLoop`; in libuv: `uv_run`.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::io::Write;
use std::panic::panic_any;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use ferronode_ipc::Inherited;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{LocalSet, yield_now};

use crate::events::{BEFORE_EXIT, DISCONNECT, INTERNAL_MESSAGE, MESSAGE, emitter};
use crate::messages::{Messages, Step};
use crate::timers::Timers;
use crate::uncaught::{BoxError, Origin, Outcome, QuietPanics, Uncaught, sealed};
use crate::{exit, signals, stdio, unhandled, wake};

/// How many messages one turn delivers at most, so that a busy parent starves no timer.
const MESSAGES_A_TURN: usize = 64;

/// A callback that runs once.
pub(crate) type Job = Box<dyn FnOnce() -> Result<(), BoxError>>;

/// What a timer does when it is due.
pub(crate) enum TimerJob {
    Once(Job),
    Again(Box<dyn FnMut() -> Result<(), BoxError>>),
}

/// One loop: what is scheduled, and what runs.
pub(crate) struct EventLoop {
    pub(crate) ticks: RefCell<VecDeque<Job>>,
    /// Immediates of the next turn, by their numbers, and those of this one that have not run yet.
    pub(crate) immediates: RefCell<BTreeMap<u64, Job>>,
    running: RefCell<BTreeMap<u64, Job>>,
    pub(crate) timers: RefCell<Timers<TimerJob>>,
    serial: Cell<u64>,
    /// Tasks of [`spawn`](crate::spawn) that have not ended.
    pub(crate) tasks: Cell<usize>,
    pub(crate) local: LocalSet,
    messages: RefCell<Messages>,
    start: Instant,
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<EventLoop>>> = const { RefCell::new(None) };
}

/// A loop runs, on some thread.
static RUNNING: AtomicBool = AtomicBool::new(false);
/// The loop waits for nothing but the end of tasks.
static WAITS_FOR_TASKS: AtomicBool = AtomicBool::new(false);

/// Whether a loop runs, on whatever thread.
pub(crate) fn is_running() -> bool {
    RUNNING.load(Ordering::Acquire)
}

/// The loop of this thread.
pub(crate) fn current() -> Option<Rc<EventLoop>> {
    CURRENT.with_borrow(Clone::clone)
}

/// Calls `main`, turns the loop while anything is alive, and gives the exit code for `fn main` to return.
///
/// First of all it takes the channel of a forked child out of the environment: call it first in `main`, while the process
/// has one thread. Tasks of tokio run here too, and keep the loop alive; blocking ones do not.
/// While it runs it hears of every error event that nobody listens for ([`UNCAUGHT`](crate::UNCAUGHT)).
///
/// It returns when nothing is left to do, or after an uncaught error. After [`exit`](crate::exit) it ends the process itself.
///
/// # Panics
///
/// If a loop runs already, on this thread or another: there is one process. And within a tokio runtime: this is one.
///
/// In Node: [the event loop](https://nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick).
pub fn run<R: Outcome>(main: impl FnOnce() -> R) -> ExitCode {
    if RUNNING.swap(true, Ordering::AcqRel) {
        panic_any("process::run runs already: there is one process, and one loop");
    }
    let outcome = start(main);
    CURRENT.set(None);
    RUNNING.store(false, Ordering::Release);
    match outcome {
        Ok(End::Natural(code)) => ExitCode::from(code),
        Ok(End::Asked(code)) => std::process::exit(i32::from(code)),
        Err(error) => {
            _ = writeln!(std::io::stderr(), "the process cannot start: {error}");
            ExitCode::FAILURE
        }
    }
}

/// How a loop has ended, and with which code.
pub(crate) enum End {
    Natural(u8),
    /// Somebody has called `exit`.
    Asked(u8),
}

fn start<R: Outcome>(main: impl FnOnce() -> R) -> Result<End, BoxError> {
    let inherited = Inherited::take()?;
    let runtime = runtime()?;
    let messages = {
        let _entered = runtime.enter();
        Messages::open(inherited)?
    };
    let event_loop = Rc::new(EventLoop::new(messages));
    CURRENT.set(Some(Rc::clone(&event_loop)));
    let _quiet = QuietPanics::begin();
    unhandled::begin();
    runtime.block_on(event_loop.local.run_until(event_loop.live(main)));
    let code = exit::end();
    unhandled::end();
    stdio::forget();
    // A thread that reads standard input may wait for ever: it ends with the process.
    runtime.shutdown_background();
    Ok(code)
}

fn runtime() -> std::io::Result<Runtime> {
    let mut builder = Builder::new_current_thread();
    // A task that ends wakes nobody. But nothing can end any more once the thread goes to sleep.
    builder.on_thread_park(|| {
        if WAITS_FOR_TASKS.load(Ordering::Relaxed) && tasks_of_runtime() == 0 {
            WAITS_FOR_TASKS.store(false, Ordering::Relaxed);
            wake::wake();
        }
    });
    builder.enable_all().build()
}

fn tasks_of_runtime() -> usize {
    Handle::try_current().map_or(0, |handle| handle.metrics().num_alive_tasks())
}

impl EventLoop {
    fn new(messages: Messages) -> Self {
        Self {
            ticks: RefCell::default(),
            immediates: RefCell::default(),
            running: RefCell::default(),
            timers: RefCell::new(Timers::new()),
            serial: Cell::new(0),
            tasks: Cell::new(0),
            local: LocalSet::new(),
            messages: RefCell::new(messages),
            start: Instant::now(),
        }
    }

    /// The whole life of the loop.
    async fn live<R: Outcome>(&self, main: impl FnOnce() -> R) {
        self.call(Origin::Callback, || sealed::Outcome::into_result(main()));
        self.drain_ticks();
        while !exit::is_ending() {
            self.turn_while_alive().await;
            if exit::is_ending() {
                break;
            }
            let code = exit::exit_code().unwrap_or(0);
            self.tell(|| emitter().emit(BEFORE_EXIT, &code));
            if !exit::is_ending() && !self.is_alive() {
                exit::begin_naturally();
            }
        }
        stdio::flush().await;
        exit::flush_channel(poll_fn(|context| self.poll_flush(context))).await;
    }

    async fn turn_while_alive(&self) {
        if self.is_alive() {
            self.run_timers();
        }
        while !exit::is_ending() && self.is_alive() {
            self.poll().await;
            self.run_immediates();
            self.run_timers();
        }
    }

    fn is_alive(&self) -> bool {
        self.is_alive_by_itself() || tasks_of_runtime() > 0
    }

    fn is_alive_by_itself(&self) -> bool {
        self.timers.borrow().has_refs()
            || self.has_immediates()
            || !self.ticks.borrow().is_empty()
            || self.tasks.get() > 0
            || self.messages.borrow().is_ref()
    }

    fn has_immediates(&self) -> bool {
        !self.immediates.borrow().is_empty()
    }

    /// The poll phase: runs what is ready, or waits until something is.
    async fn poll(&self) {
        // The driver looks at its descriptors, then the tasks run that they have woken.
        for _ in 0..2 {
            yield_now().await;
        }
        let has_come = poll_fn(|context| Poll::Ready(self.poll_messages(context).is_ready())).await;
        let has_come = self.tell_what_came() || has_come;
        if has_come || exit::is_ending() || self.has_immediates() || !self.is_alive() {
            return;
        }
        let due = self.timers.borrow().next_due();
        let due = due.map(|due| tokio::time::Instant::from_std(self.start + Duration::from_millis(due)));
        WAITS_FOR_TASKS.store(!self.is_alive_by_itself(), Ordering::Relaxed);
        tokio::select! {
            biased;
            () = poll_fn(|context| self.poll_messages(context)) => {}
            () = wake::woken() => {}
            () = tokio::time::sleep_until(due.unwrap_or_else(tokio::time::Instant::now)), if due.is_some() => {}
        }
        WAITS_FOR_TASKS.store(false, Ordering::Relaxed);
        self.tell_what_came();
    }

    /// Calls listeners of what has come from outside of the loop; says whether there was anything.
    fn tell_what_came(&self) -> bool {
        // Ticks of tasks that are not the loop's own: nobody else has drained them.
        let mut any = !self.ticks.borrow().is_empty();
        self.drain_ticks();
        any |= signals::deliver(|emit| self.tell(emit));
        while let Some(uncaught) = unhandled::take() {
            any = true;
            self.failed(&uncaught);
        }
        exit::begin_if_asked();
        if !exit::is_ending() {
            self.tell(|| any |= emitter().deliver_late() > 0);
        }
        any
    }

    /// Delivers messages, ready when some were, or the channel has ended.
    fn poll_messages(&self, context: &mut Context<'_>) -> Poll<()> {
        for count in 0..MESSAGES_A_TURN {
            let step = self.messages.borrow_mut().step(context);
            match step {
                Step::Message(message) => self.tell(|| emitter().emit(MESSAGE, &message)),
                Step::Internal(message) => self.tell(|| emitter().emit(INTERNAL_MESSAGE, &message)),
                Step::Ended => self.tell(|| emitter().emit_kept(DISCONNECT, ())),
                Step::Failed(error) => self.failed(&Uncaught::error(error.into(), Origin::Callback)),
                Step::Flushed => {}
                Step::Wait if count == 0 => return Poll::Pending,
                Step::Wait => break,
            }
            if exit::is_ending() {
                break;
            }
        }
        Poll::Ready(())
    }

    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<()> {
        self.messages.borrow_mut().poll_flush(context)
    }

    fn run_timers(&self) {
        let now = self.now();
        let mut any = false;
        while !exit::is_ending() {
            let due = self.timers.borrow_mut().take_due(now);
            let Some((number, job)) = due else { break };
            any = true;
            if self.run_timer(number, job) {
                self.drain_ticks();
            }
        }
        if any {
            self.drain_ticks();
        }
    }

    fn run_timer(&self, number: u64, job: TimerJob) -> bool {
        match job {
            TimerJob::Once(job) => {
                self.timers.borrow_mut().end(number);
                self.call(Origin::Callback, job)
            }
            TimerJob::Again(mut job) => {
                let start = self.now();
                let went_well = self.call(Origin::Callback, &mut job);
                let job = TimerJob::Again(job);
                // What is dropped may have something to schedule: so not while the timers are borrowed.
                let cleared = self.timers.borrow_mut().set_again(number, start, job);
                drop(cleared);
                went_well
            }
        }
    }

    fn run_immediates(&self) {
        let mut failed = true;
        while std::mem::take(&mut failed) && !exit::is_ending() {
            let queue = std::mem::take(&mut *self.immediates.borrow_mut());
            self.running.borrow_mut().extend(queue);
            while let Some(job) = self.next_immediate() {
                failed = !self.call(Origin::Callback, job);
                if !failed {
                    self.drain_ticks();
                }
                if exit::is_ending() {
                    return;
                }
            }
        }
    }

    fn next_immediate(&self) -> Option<Job> {
        self.running.borrow_mut().pop_first().map(|(_, job)| job)
    }

    pub(crate) fn clear_immediate(&self, number: u64) -> bool {
        let job = self.immediates.borrow_mut().remove(&number);
        let job = job.or_else(|| self.running.borrow_mut().remove(&number));
        job.is_some()
    }

    pub(crate) fn add_immediate(&self, job: Job) -> u64 {
        let number = self.serial.get() + 1;
        self.serial.set(number);
        self.immediates.borrow_mut().insert(number, job);
        number
    }

    /// The time of this loop, in milliseconds.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
