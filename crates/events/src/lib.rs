//! Node's `EventEmitter`, typed: an event is a value that knows its name and what its listeners are lent.
//!
//! ```
//! use ferronode_events::{Event, EventEmitter};
//!
//! const WAKE: Event<str> = Event::new("wake");
//!
//! let emitter = EventEmitter::new();
//! emitter.on(WAKE, |who| println!("{who} wakes up"));
//! assert!(emitter.emit(WAKE, "Tom"));
//! ```
#![forbid(unsafe_code)]

mod core;
mod directory;
mod emitter;
mod error_event;
mod event;
mod hook;
mod key;
mod limits;
mod listener;
pub mod local;
mod meta;
mod once;
mod raw;
mod removal;
mod serial;
mod sharing;
mod single_flight;
mod slot;
mod snapshots;
mod stream;
mod subscription;
mod sync;
pub mod unhandled;

pub use emitter::{EventEmitter, WeakEmitter};
pub use error_event::{ERROR_MONITOR, Unhandled};
pub use event::{Event, EventId, EventName, Named, Symbol};
pub use key::Key;
pub use limits::{LeakWarning, default_max_listeners, set_default_max_listeners, set_leak_hook};
pub use listener::{Listener, ListenerId, Manner};
pub use meta::{ADDED, ListenerChange, REMOVED};
pub use once::Next;
pub use raw::RawListener;
pub use single_flight::{Pilot, Seat, SingleFlight};
pub use stream::{EventStream, Lag, Lagged};
pub use subscription::Subscription;
