//! Every interleaving of two threads on one shared emitter, by loom.
//!
//! The crate is compiled here once more, with loom's locks and atomics in the place of the standard library's.
//! The lane of a list, which nobody waits for, is a loom mutex that is only ever tried.
#![allow(dead_code, unused_imports, unreachable_pub)]
#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

#[path = "../../src/core.rs"]
mod core;
#[path = "../../src/directory.rs"]
mod directory;
#[path = "../../src/emitter.rs"]
mod emitter;
#[path = "../../src/error_event.rs"]
mod error_event;
#[path = "../../src/event.rs"]
mod event;
#[path = "../../src/hook.rs"]
mod hook;
#[path = "../../src/kept.rs"]
mod kept;
#[path = "../../src/key.rs"]
mod key;
#[path = "../../src/limits.rs"]
mod limits;
#[path = "../../src/listener.rs"]
mod listener;
#[path = "../../src/local/mod.rs"]
mod local;
#[path = "../../src/meta.rs"]
mod meta;
#[path = "../../src/raw.rs"]
mod raw;
#[path = "../../src/removal.rs"]
mod removal;
#[path = "../../src/serial.rs"]
mod serial;
#[path = "../../src/sharing.rs"]
mod sharing;
#[path = "../../src/slot.rs"]
mod slot;
#[path = "../../src/snapshots.rs"]
mod snapshots;
#[path = "../../src/subscription.rs"]
mod subscription;

mod sync {
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    pub(crate) use loom::sync::{Mutex, MutexGuard};

    /// A lock that is only tried.
    pub(crate) struct TryLock<T>(Mutex<T>);

    impl<T> TryLock<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(Mutex::new(value))
        }

        pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            self.0.try_lock().ok()
        }
    }
}

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use loom::thread;

use emitter::{EventEmitter, WeakEmitter};
use event::{Event, EventName, Symbol};
use key::Key;
use listener::{Listener, ListenerId};
use raw::RawListener;
use subscription::Subscription;

const TICK: Event<u32> = Event::new("tick");

/// Explores all schedules with at most three preemptions, which is where such faults live.
fn explore(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

/// Counts calls; not a loom atomic, since it is the judge and no part of what is judged.
#[derive(Clone, Default)]
struct Calls(Arc<AtomicUsize>);

impl Calls {
    fn listener(&self) -> impl Fn(&u32) + Send + Sync + use<> {
        let calls = self.0.clone();
        move |_| {
            calls.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[test]
fn once_runs_once_when_two_threads_emit() {
    explore(|| {
        let (emitter, calls) = (EventEmitter::new(), Calls::default());
        emitter.once(TICK, calls.listener());
        let there = emitter.clone();
        let other = thread::spawn(move || there.emit(TICK, &1));
        emitter.emit(TICK, &1);
        other.join().unwrap();
        assert_eq!(calls.count(), 1);
        assert_eq!(emitter.listener_count(TICK), 0);
    });
}

#[test]
fn a_removed_listener_runs_in_no_later_emit_and_is_dropped() {
    explore(|| {
        let (emitter, calls) = (EventEmitter::new(), Calls::default());
        let id = emitter.on(TICK, calls.listener());
        let there = emitter.clone();
        let other = thread::spawn(move || there.emit(TICK, &1));
        assert!(emitter.remove(id));
        let before = calls.count();
        assert!(!emitter.emit(TICK, &1));
        other.join().unwrap();
        assert!(
            calls.count() <= before + 1,
            "only the emit of the other thread may still have called it"
        );
        emitter.emit(TICK, &1);
        assert_eq!(Arc::strong_count(&calls.0), 1, "nobody holds the listener any more");
    });
}

#[test]
fn who_listens_while_an_event_is_kept_hears_of_it_exactly_once() {
    explore(|| {
        let (emitter, calls) = (EventEmitter::new(), Calls::default());
        let there = emitter.clone();
        let other = thread::spawn(move || there.emit_kept(TICK, 1));
        emitter.on(TICK, calls.listener());
        other.join().unwrap();
        emitter.deliver_late();
        assert_eq!(calls.count(), 1);
    });
}

#[test]
fn who_listens_while_an_event_is_kept_for_later_hears_of_it_exactly_once() {
    explore(|| {
        let (emitter, calls) = (EventEmitter::new(), Calls::default());
        let there = emitter.clone();
        let other = thread::spawn(move || {
            there.keep(TICK, 1);
            there.deliver_late();
        });
        emitter.on(TICK, calls.listener());
        other.join().unwrap();
        emitter.deliver_late();
        assert_eq!(calls.count(), 1);
    });
}

#[test]
fn no_change_of_two_threads_is_lost() {
    explore(|| {
        let (emitter, calls) = (EventEmitter::new(), Calls::default());
        let first = emitter.on(TICK, calls.listener());
        let (there, added) = (emitter.clone(), calls.clone());
        let other = thread::spawn(move || {
            there.on(TICK, added.listener());
        });
        assert!(emitter.remove(first));
        other.join().unwrap();
        assert!(emitter.emit(TICK, &1));
        assert_eq!(calls.count(), 1);
    });
}

#[test]
fn a_listener_that_changes_its_list_meets_another_thread_that_emits() {
    explore(|| {
        let (emitter, calls) = (EventEmitter::new(), Calls::default());
        let (weak, added) = (emitter.downgrade(), calls.clone());
        emitter.once(TICK, move |_| {
            weak.upgrade().unwrap().on(TICK, added.listener());
        });
        let there = emitter.clone();
        let other = thread::spawn(move || there.emit(TICK, &1));
        emitter.emit(TICK, &1);
        other.join().unwrap();
        let before = calls.count();
        assert!(before <= 1, "the two emits ran one after the other, or side by side");
        emitter.emit(TICK, &1);
        assert_eq!(calls.count(), before + 1);
    });
}
