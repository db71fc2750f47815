//! A key is an event already looked up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ferronode_events::{Event, EventEmitter, Named, local};

const TICK: Event<u32> = Event::new("tick");

#[test]
fn a_key_made_before_the_listener_reaches_it() {
    let emitter = EventEmitter::new();
    let tick = emitter.key(TICK);
    assert!(!tick.emit(&1));
    let sum = Arc::new(AtomicU32::new(0));
    let seen = sum.clone();
    let id = emitter.on(TICK, move |count| {
        seen.fetch_add(*count, Ordering::Relaxed);
    });
    assert!(tick.clone().emit(&2));
    emitter.remove(id);
    assert!(!tick.emit(&4));
    assert_eq!(sum.load(Ordering::Relaxed), 2);
}

#[test]
fn a_key_of_a_name_beyond_the_first_eight_survives_its_last_listener() {
    let emitter = local::EventEmitter::new();
    for number in 0..20 {
        emitter.on(Named::<u32>::new(&format!("other {number}")), |_| {});
    }
    let late = Named::<u32>::new("late");
    let key = emitter.key(late);
    let id = emitter.on(late, |_| {});
    assert!(emitter.remove(id));
    emitter.on(late, |_| {});
    assert!(key.emit(&1), "the key and the name are still one event");
}
