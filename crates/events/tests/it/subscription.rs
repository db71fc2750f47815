//! A listener that lives as long as its guard.

use ferronode_events::{Event, EventEmitter, local};

const TICK: Event<u32> = Event::new("tick");

#[test]
fn the_listener_goes_with_the_guard() {
    let emitter = EventEmitter::new();
    let guard = emitter.subscribe(TICK, |_| {});
    assert!(emitter.emit(TICK, &1));
    drop(guard);
    assert!(!emitter.emit(TICK, &1));
}

#[test]
fn a_guard_may_outlive_its_emitter() {
    let guard = EventEmitter::new().subscribe(TICK, |_| {});
    drop(guard);
    let guard = local::EventEmitter::new().subscribe(TICK, |_| {});
    drop(guard);
}

#[test]
fn a_guard_given_up_leaves_the_listener() {
    let emitter = EventEmitter::new();
    let id = emitter.subscribe(TICK, |_| {}).into_id();
    assert!(emitter.emit(TICK, &1));
    assert!(emitter.remove(id));
}
