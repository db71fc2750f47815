//! What listeners share with the program that they belong to: where to find it, and how to throw.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::{Rc, Weak};
use std::sync::Once;

use ferronode_events::{LeakWarning, ListenerChange, set_leak_hook};
use serde_json::Value as Json;

/// An exception on its way up, as the log will show it.
pub(super) struct Exception(Json);

pub(super) fn throw(what: Json) -> ! {
    // No panic hook runs: to the program this is an exception, not a fault.
    resume_unwind(Box::new(Exception(what)))
}

/// Runs `action` and gives what it throws; any other panic is a fault of ours and goes on.
pub(super) fn catch(action: impl FnOnce()) -> Option<Json> {
    let panic = catch_unwind(AssertUnwindSafe(action)).err()?;
    match panic.downcast::<Exception>() {
        Ok(exception) => Some(exception.0),
        Err(other) => resume_unwind(other),
    }
}

/// Where listeners and warnings find the program that they belong to:
/// a listener must be `Send` for the shared emitter, so it carries its letter only.
pub(super) trait Stage {
    fn call(&self, letter: &str, values: Vec<Json>);
    fn change(&self, letter: &str, change: &ListenerChange);
    fn warn(&self, warning: &LeakWarning);
}

thread_local! {
    static STAGE: RefCell<Option<Weak<dyn Stage>>> = const { RefCell::new(None) };
}

pub(super) fn on_stage(act: impl FnOnce(&dyn Stage)) {
    let stage = STAGE.with_borrow(|stage| stage.as_ref().and_then(Weak::upgrade));
    if let Some(stage) = stage {
        act(&*stage);
    }
}

/// Lets the program whose stage it is hear of leaks.
fn send_warnings_to_the_stage() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| set_leak_hook(|warning| on_stage(|stage| stage.warn(warning))));
}

/// Makes a program the one that its listeners and warnings find.
pub(super) fn enter(stage: &Rc<dyn Stage>) {
    send_warnings_to_the_stage();
    STAGE.set(Some(Rc::downgrade(stage)));
}
