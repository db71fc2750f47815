//! Node's rule for error events that nobody listens for: they are uncaught errors, while the loop runs.
//!
//! [`ferronode_events::unhandled`] is the hook where background tasks report them, from any thread.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ferronode_events::unhandled;

use crate::uncaught::{Origin, Uncaught};
use crate::wake;

/// How many errors wait for the loop. The first of them ends most programs.
const BOUND: usize = 64;

static WAITING: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// From now on such errors come to the loop.
pub(crate) fn begin() {
    unhandled::set_hook(|error| {
        let mut waiting = waiting();
        if waiting.len() == BOUND {
            tracing::error!(
                error = error as &(dyn Error + 'static),
                "more errors than the loop can be told"
            );
            return;
        }
        waiting.push_back(text(error));
        drop(waiting);
        wake::wake();
    });
}

pub(crate) fn end() {
    unhandled::unset_hook();
}

/// Takes the first error that waits.
pub(crate) fn take() -> Option<Uncaught> {
    let text = waiting().pop_front()?;
    Some(Uncaught::error(text.into(), Origin::Callback))
}

/// The hook is lent the error: its words are what can be kept.
fn text(error: &(dyn Error + Send + Sync + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text += ": ";
            text += &more;
        }
        cause = error.source();
    }
    text
}

fn waiting() -> MutexGuard<'static, VecDeque<String>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}
