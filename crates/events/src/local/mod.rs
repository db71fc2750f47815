//! The emitter of one thread: the same face, listeners that need not be `Send`, and not one atomic instruction.
//!
//! What crosses tasks and threads by its nature (futures, streams, single flight) is left to the shared emitter.
//!
//! ```
//! use std::cell::Cell;
//! use std::rc::Rc;
//! use ferronode_events::{Event, local::EventEmitter};
//!
//! const TICK: Event<u32> = Event::new("tick");
//! let (emitter, sum) = (EventEmitter::new(), Rc::new(Cell::new(0)));
//! let seen = Rc::clone(&sum);
//! emitter.on(TICK, move |count| seen.set(seen.get() + count));
//! emitter.emit(TICK, &3);
//! assert_eq!(sum.get(), 3);
//! ```

mod emitter;
mod listener;

pub use emitter::{EventEmitter, WeakEmitter};
pub use listener::{Key, Listener, RawListener, Subscription};
