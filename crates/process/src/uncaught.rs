//! Errors and panics that reached the loop, since nobody caught them on the way.
//!
//! Rule: whoever watches is told first; then whoever listens, and the process goes on; without a listener the error is
//! printed and the process ends with code 1. An error that a listener throws itself ends it with code 7.
//!
//! In Node: [`'uncaughtException'`](https://nodejs.org/docs/latest-v20.x/api/process.html#event-uncaughtexception).

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Arc;

use crate::events::{UNCAUGHT, UNCAUGHT_MONITOR, emitter};

/// Any error, as a callback returns it.
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// What a callback gives back: nothing, or a `Result` whose error is an [uncaught](crate::UNCAUGHT) one; its value is dropped.
pub trait Outcome: sealed::Outcome {}

impl<T: sealed::Outcome> Outcome for T {}

pub(crate) mod sealed {
    use super::BoxError;

    /// Closes [`Outcome`](super::Outcome).
    pub trait Outcome {
        fn into_result(self) -> Result<(), BoxError>;
    }

    impl Outcome for () {
        fn into_result(self) -> Result<(), BoxError> {
            Ok(())
        }
    }

    impl<T, E: Into<BoxError>> Outcome for Result<T, E> {
        fn into_result(self) -> Result<(), BoxError> {
            self.map(drop).map_err(Into::into)
        }
    }
}

/// An error or a panic that nobody caught.
#[derive(Debug)]
pub struct Uncaught {
    cause: Cause,
    origin: Origin,
}

#[derive(Debug)]
enum Cause {
    Error(BoxError),
    Panic { message: String, place: Option<String> },
}

/// Where an uncaught error came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A callback: Node's `"uncaughtException"`.
    Callback,
    /// A task that failed, and that nobody waits for: Node's `"unhandledRejection"`.
    Task,
}

impl Uncaught {
    pub(crate) fn error(error: BoxError, origin: Origin) -> Self {
        let cause = Cause::Error(error);
        Self { cause, origin }
    }

    pub(crate) fn panic(payload: &(dyn Any + Send), origin: Origin) -> Self {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        let message = text.unwrap_or_else(|| "a panic without a message".to_owned());
        let place = PLACE.take();
        let cause = Cause::Panic { message, place };
        Self { cause, origin }
    }

    /// The error, if it is one and not a panic.
    #[must_use]
    pub fn as_error(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        match &self.cause {
            Cause::Error(error) => Some(&**error),
            Cause::Panic { .. } => None,
        }
    }

    /// Whether it is a panic.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        matches!(self.cause, Cause::Panic { .. })
    }

    /// The file and line of a panic.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        match &self.cause {
            Cause::Panic { place, .. } => place.as_deref(),
            Cause::Error(_) => None,
        }
    }

    /// Where it came from.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }
}

impl fmt::Display for Uncaught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Error(error) => write!(f, "{error}"),
            Cause::Panic { message, .. } => f.write_str(message),
        }
    }
}

/// Tells of an uncaught error. `Err` has the code with which the process is to end.
pub(crate) fn tell(uncaught: &Uncaught) -> Result<(), i32> {
    emit(|| emitter().emit(UNCAUGHT_MONITOR, uncaught))?;
    if emit(|| emitter().emit(UNCAUGHT, uncaught))? {
        return Ok(());
    }
    if let Some(error) = uncaught.as_error() {
        print(error);
    }
    // A panic was printed where it was raised: with the stack, if that was asked for.
    Err(1)
}

/// Code 7: Node's for an error in the handler of errors.
fn emit(call: impl FnOnce() -> bool) -> Result<bool, i32> {
    panic::catch_unwind(AssertUnwindSafe(call)).map_err(|_| 7)
}

fn print(error: &(dyn Error + 'static)) {
    let mut text = format!("Uncaught error: {error}\n");
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!("  because: {error}\n");
        cause = error.source();
    }
    // Where there is no standard error, there is nobody to tell.
    _ = std::io::stderr().write_all(text.as_bytes());
}

thread_local! {
    /// Whether what runs on this thread is called by the loop, which will hear of a panic.
    static IS_CALLED_BY_LOOP: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Calls what a panic in is the loop's affair.
pub(crate) fn catch<R>(call: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    let before = IS_CALLED_BY_LOOP.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(call));
    IS_CALLED_BY_LOOP.set(before);
    outcome
}

/// Whether the loop has called what runs now, and so looks after it by itself.
pub(crate) fn is_called_by_loop() -> bool {
    IS_CALLED_BY_LOOP.get()
}

type PanicHook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// While it lives, panics that a listener of [`UNCAUGHT`] will hear of are not printed as well.
pub(crate) struct QuietPanics(Arc<PanicHook>);

impl QuietPanics {
    pub(crate) fn begin() -> Self {
        let before: Arc<PanicHook> = Arc::from(panic::take_hook());
        let print = Arc::clone(&before);
        panic::set_hook(Box::new(move |info| {
            if IS_CALLED_BY_LOOP.get() {
                PLACE.set(info.location().map(ToString::to_string));
                if emitter().listener_count(UNCAUGHT) > 0 {
                    return;
                }
            }
            print(info);
        }));
        Self(before)
    }
}

impl Drop for QuietPanics {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let before = Arc::clone(&self.0);
            panic::set_hook(Box::new(move |info| before(info)));
        }
    }
}
