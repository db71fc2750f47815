//! The next event as a future: `events.once(emitter, name)`.
//!
//! The listener is there as soon as [`next`](EventEmitter::next) returns, not at the first poll,
//! so an event between the call and the `await` is not missed.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::emitter::EventEmitter;
use crate::event::EventName;
use crate::subscription::Subscription;

impl EventEmitter {
    /// Waits for the next event, and gives a clone of its payload; `None` if it cannot come any more.
    ///
    /// It cannot come when the emitter is gone, or when this listener was removed with all others.
    /// An event that has happened and was [kept](Self::emit_kept) is there at once.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future removes the listener. An event that came before the drop goes with it.
    ///
    /// In Node: [`events.once`](https://nodejs.org/docs/latest-v20.x/api/events.html#eventsonceemitter-name-options),
    /// which also fails if an error is emitted first; here, wait for the error event as well.
    #[doc(alias = "once")]
    #[track_caller]
    pub fn next<E>(&self, event: E) -> Next<E::Payload>
    where
        E: EventName<Payload: Clone + Send>,
    {
        let state = Arc::new(Mutex::new(State::Waiting(None)));
        let arrival = Arrival { state: state.clone() };
        let id = self.once(event, move |payload| {
            settle(&arrival.state, State::Here(payload.clone()));
        });
        let subscription = Subscription {
            emitter: self.downgrade(),
            id,
        };
        // Only now, so that an event kept in between is either heard by the listener or found here.
        if let Some(payload) = self.kept_clone(event) {
            settle(&state, State::Here(payload));
        }
        Next {
            state,
            _subscription: subscription,
        }
    }
}

/// A future of the next event of a kind: see [`EventEmitter::next`].
#[must_use = "a future does nothing unless it is awaited"]
pub struct Next<P> {
    state: Arc<Mutex<State<P>>>,
    _subscription: Subscription,
}

enum State<P> {
    Waiting(Option<Waker>),
    Here(P),
    Over,
}

/// What the listener holds; when it is dropped without having been called, nothing will come.
struct Arrival<P> {
    state: Arc<Mutex<State<P>>>,
}

impl<P> Drop for Arrival<P> {
    fn drop(&mut self) {
        settle(&self.state, State::Over);
    }
}

/// Ends the waiting, if it has not ended yet.
fn settle<P>(state: &Mutex<State<P>>, outcome: State<P>) {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let State::Waiting(waker) = &mut *state else { return };
    let waker = waker.take();
    *state = outcome;
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<P> Future for Next<P> {
    type Output = Option<P>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<P>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Waiting(waker) = &mut *state {
            match waker {
                Some(waker) => waker.clone_from(context.waker()),
                None => *waker = Some(context.waker().clone()),
            }
            return Poll::Pending;
        }
        match std::mem::replace(&mut *state, State::Over) {
            State::Here(payload) => Poll::Ready(Some(payload)),
            State::Over | State::Waiting(_) => Poll::Ready(None),
        }
    }
}

impl<P> fmt::Debug for Next<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").finish_non_exhaustive()
    }
}
