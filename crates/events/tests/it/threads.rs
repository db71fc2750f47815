//! The emitter is everybody's: threads add, remove and emit at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use ferronode_events::{Event, EventEmitter};

const TICK: Event<u32> = Event::new("tick");

#[test]
fn emitters_and_events_go_where_threads_go() {
    fn check<T: Send + Sync + 'static>() {}
    check::<EventEmitter>();
    check::<ferronode_events::WeakEmitter>();
    check::<Event<*const u8>>();
}

#[test]
fn once_runs_once_whatever_threads_emit() {
    for _ in 0..50 {
        let emitter = EventEmitter::new();
        let calls = Arc::new(AtomicUsize::new(0));
        let count = calls.clone();
        emitter.once(TICK, move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let start = Barrier::new(4);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    start.wait();
                    emitter.emit(TICK, &1);
                });
            }
        });
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }
}

#[test]
fn a_listener_in_time_or_late_hears_of_a_kept_event_exactly_once() {
    for _ in 0..200 {
        let emitter = EventEmitter::new();
        let calls = Arc::new(AtomicUsize::new(0));
        let start = Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| {
                start.wait();
                emitter.emit_kept(TICK, 1);
            });
            let count = calls.clone();
            start.wait();
            emitter.on(TICK, move |_| {
                count.fetch_add(1, Ordering::Relaxed);
            });
        });
        emitter.deliver_late();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }
}

#[test]
fn nobody_waits_for_a_listener() {
    let emitter = EventEmitter::new();
    let weak = emitter.downgrade();
    emitter.once(TICK, move |count| {
        let emitter = weak.upgrade().unwrap();
        let count = *count;
        // The other thread does everything that an emitter can do, while this listener waits for it.
        let other = thread::spawn(move || {
            let id = emitter.on(TICK, |_| {});
            emitter.emit(TICK, &count);
            emitter.key(TICK).emit(&count);
            emitter.remove(id);
            drop(emitter.next(TICK));
            emitter.emit_kept(Event::<u32>::new("kept"), count);
            emitter.deliver_late();
            emitter.remove_all_events();
            emitter.event_names().len()
        });
        assert_eq!(other.join().unwrap(), 0);
    });
    assert!(emitter.emit(TICK, &1));
}
