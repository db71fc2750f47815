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
//!
//! # How it works
//!
//! ```text
//!   EventEmitter --> Core
//!                     |- Directory   name and payload type -> Slot; read without a lock
//!                     |               "exit",  ExitStatus  -> [ A, B ]
//!                     |               "error", SpawnError  -> [ C ]
//!                     '- Registry    a lock, held by who adds and removes, never by who emits
//!
//!   emit("exit", &status)
//!     1. find the slot            one hash that the compiler has computed, one comparison
//!     2. walk its list            a snapshot: who changes the list meanwhile copies it first
//!     3. call A(&status), B(&status), in order, on this thread, with nothing held that another call would wait for
//! ```
//!
//! An emit copies nothing and allocates nothing. Listeners are `Fn(&P)`, since a listener may emit the event that it
//! listens to, and `FnMut` cannot be lent twice; what a listener changes goes into a `Cell`, a lock or a channel.
//!
//! What happens once is kept: after [`emit_kept`](EventEmitter::emit_kept) a listener that comes late is called once,
//! on the driver's next turn, and [`kept`](EventEmitter::kept) and [`next`](EventEmitter::next) find the payload.
//! So nothing depends on registering a listener in time.
//!
//! # Reading order
//!
//! 1. `event.rs` — what names an event: [`Event`], [`Named`], [`Symbol`]
//! 2. `emitter.rs` — the face: [`EventEmitter`]; and [`local`], the same for one thread
//! 3. `core.rs`, `removal.rs`, `kept.rs` — how listeners come and go, and what is kept for the late
//! 4. `slot.rs`, `snapshots.rs` — one event's listeners, and a list that may change while it is walked
//! 5. `directory.rs` — from a name to its slot
//! 6. `sharing.rs` — how one core serves one thread and many
//! 7. `once.rs`, `stream.rs`, `single_flight.rs` — what is built on listeners
//!
//! # Node and Rust
//!
//! | Node | here |
//! | --- | --- |
//! | `e.on('exit', f)`, `addListener` | [`e.on(EXIT, f)`](EventEmitter::on), a [`ListenerId`] back |
//! | `e.once`, `prependListener`, `prependOnceListener` | [`once`](EventEmitter::once), [`prepend`](EventEmitter::prepend), [`prepend_once`](EventEmitter::prepend_once) |
//! | `e.off('exit', f)`, `removeListener` | [`e.remove(id)`](EventEmitter::remove), or [`e.off(EXIT, &f)`](EventEmitter::off) of a [`Listener`] |
//! | `e.removeAllListeners(…)` | [`remove_all`](EventEmitter::remove_all), [`remove_all_events`](EventEmitter::remove_all_events) |
//! | `e.emit('exit', status)` | [`e.emit(EXIT, &status)`](EventEmitter::emit), [`key.emit(&status)`](Key::emit) |
//! | `e.emit('error', err)` throws | [`e.emit_error(err)?`](EventEmitter::emit_error) gives it back as [`Unhandled`] |
//! | `errorMonitor`, `'newListener'`, `'removeListener'` | [`ERROR_MONITOR`], [`ADDED`], [`REMOVED`] |
//! | `e.listenerCount`, `eventNames`, `listeners`, `rawListeners` | [`listener_count`](EventEmitter::listener_count), [`event_names`](EventEmitter::event_names), [`listeners`](EventEmitter::listeners), [`raw_listeners`](EventEmitter::raw_listeners) |
//! | `e.setMaxListeners`, `EventEmitter.defaultMaxListeners` | [`set_max_listeners`](EventEmitter::set_max_listeners), [`set_default_max_listeners`] |
//! | `events.once(e, 'exit')`, `events.on(e, 'data')` | [`e.next(EXIT)`](EventEmitter::next), [`e.stream(DATA, 16, Lag::End)`](EventEmitter::stream) |
//! | the process's `'uncaughtException'` and `'warning'` | [`unhandled::set_hook`], [`set_leak_hook`] |
//!
//! # Why not call listeners as tasks?
//!
//! Because order is the point: when `emit` returns, everybody has heard, in the order in which they asked to,
//! and a listener that wants to be elsewhere can send itself there. A task per listener can promise neither.
//!
//! # Why not one enum of events per emitter?
//!
//! An enum is closed: who wraps an emitter cannot add an event, and every listener must match what it does not want.
//! A constant per event keeps Node's open set of names, and the compiler still knows what each is lent.
//!
//! # Why is a lane held while listeners run, if no lock is?
//!
//! A lock is something that others wait for. Nobody waits for the lane of a list (`snapshots.rs`): who finds it taken
//! goes another way. It makes an emit cost one atomic exchange, where counting references costs four.
#![forbid(unsafe_code)]

mod core;
mod directory;
mod emitter;
mod error_event;
mod event;
mod hook;
mod kept;
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

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
