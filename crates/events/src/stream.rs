//! The events to come as a stream: `events.on(emitter, name)`, with a bound.
//!
//! A listener cannot wait, so a slow reader falls behind. Node's queue then grows without end;
//! here it has a capacity, and [`Lag`] says what gives way when it is full. What is missed is always told.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use crate::emitter::EventEmitter;
use crate::event::EventName;
use crate::subscription::Subscription;

/// What happens to an event that comes while as many wait as there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lag {
    /// The oldest event that waits gives way to the new one: for readers who want what is current.
    DropOldest,
    /// The new event is dropped: for readers who want what came first.
    DropNewest,
    /// The stream ends once what waits is read: for readers to whom a gap is a fault.
    End,
}

/// Events were missed, since their reader was too slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lagged {
    /// How many events were missed.
    pub missed: u64,
    /// How many may wait at most.
    pub capacity: usize,
}

impl fmt::Display for Lagged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { missed, capacity } = self;
        write!(f, "missed {missed} events: the reader was more than {capacity} behind")
    }
}

impl Error for Lagged {}

impl EventEmitter {
    /// Streams clones of the payloads of an event from now on, of which at most `capacity` wait to be read.
    ///
    /// A gap shows as [`Lagged`] in the place where the events are missing.
    /// The stream ends when the emitter is gone or all its listeners are removed, after what waits is read.
    /// Dropping it removes the listener.
    ///
    /// In Node: [`events.on`](https://nodejs.org/docs/latest-v20.x/api/events.html#eventsonemitter-eventname-options).
    #[doc(alias = "on")]
    #[track_caller]
    pub fn stream<E>(&self, event: E, capacity: usize, lag: Lag) -> EventStream<E::Payload>
    where
        E: EventName<Payload: Clone + Send>,
    {
        let queue = Arc::new(Mutex::new(Queue::new(capacity, lag)));
        let writer = Writer { queue: queue.clone() };
        let subscription = self.subscribe(event, move |payload: &E::Payload| writer.push(payload.clone()));
        EventStream {
            queue,
            _subscription: subscription,
        }
    }
}

/// The events of a kind, in order: see [`EventEmitter::stream`].
#[must_use = "a stream does nothing unless it is read"]
pub struct EventStream<P> {
    queue: Arc<Mutex<Queue<P>>>,
    _subscription: Subscription,
}

impl<P> EventStream<P> {
    /// Waits for the next event, or the next gap; `None` at the end.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub fn recv(&mut self) -> impl Future<Output = Option<Result<P, Lagged>>> + use<'_, P> {
        poll_fn(move |context| self.poll(context))
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Result<P, Lagged>>> {
        let mut queue = lock(&self.queue);
        if let Some(item) = queue.pop() {
            return Poll::Ready(Some(item));
        }
        if queue.ended {
            return Poll::Ready(None);
        }
        match &mut queue.reader {
            Some(reader) => reader.clone_from(context.waker()),
            None => queue.reader = Some(context.waker().clone()),
        }
        Poll::Pending
    }
}

impl<P> Stream for EventStream<P> {
    type Item = Result<P, Lagged>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<P> fmt::Debug for EventStream<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").finish_non_exhaustive()
    }
}

/// What waits to be read. A gap is before everything that waits, or after it, as the policy has it.
struct Queue<P> {
    waiting: VecDeque<P>,
    missed: u64,
    capacity: usize,
    lag: Lag,
    ended: bool,
    reader: Option<Waker>,
}

impl<P> Queue<P> {
    fn new(capacity: usize, lag: Lag) -> Self {
        Self {
            waiting: VecDeque::new(),
            missed: 0,
            capacity,
            lag,
            ended: false,
            reader: None,
        }
    }

    /// Takes in an event, and gives back the one that gives way.
    fn push(&mut self, payload: P) -> Option<P> {
        let has_gap_at_the_end = self.missed > 0 && self.lag != Lag::DropOldest;
        if self.ended || (self.waiting.len() < self.capacity && !has_gap_at_the_end) {
            if !self.ended {
                self.waiting.push_back(payload);
            }
            return None;
        }
        self.missed += 1;
        match self.lag {
            Lag::DropNewest => Some(payload),
            Lag::End => {
                self.ended = true;
                Some(payload)
            }
            Lag::DropOldest => {
                self.waiting.push_back(payload);
                self.waiting.pop_front()
            }
        }
    }

    /// Takes out the next event or gap.
    fn pop(&mut self) -> Option<Result<P, Lagged>> {
        let gap = Lagged {
            missed: self.missed,
            capacity: self.capacity,
        };
        let gap_is_next = self.missed > 0 && (self.lag == Lag::DropOldest || self.waiting.is_empty());
        if gap_is_next {
            self.missed = 0;
            return Some(Err(gap));
        }
        self.waiting.pop_front().map(Ok)
    }
}

/// What the listener holds; when it is dropped, the stream has an end.
struct Writer<P> {
    queue: Arc<Mutex<Queue<P>>>,
}

impl<P> Writer<P> {
    fn push(&self, payload: P) {
        let mut queue = lock(&self.queue);
        let dropped = queue.push(payload);
        let reader = queue.reader.take();
        drop(queue);
        drop(dropped);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl<P> Drop for Writer<P> {
    fn drop(&mut self) {
        let mut queue = lock(&self.queue);
        queue.ended = true;
        let reader = queue.reader.take();
        drop(queue);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

fn lock<P>(queue: &Mutex<Queue<P>>) -> MutexGuard<'_, Queue<P>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}
