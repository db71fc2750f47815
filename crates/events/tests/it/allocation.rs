//! An emit allocates nothing, whatever it is given and whoever listens.

use allocation_counter::measure;
use ferronode_events::{Event, EventEmitter, Named, Symbol, local};

const TICK: Event<u32> = Event::new("tick");
const LINE: Event<str> = Event::new("line");

#[track_caller]
fn check(emit: impl Fn()) {
    // The first emit after a change refills what the change has emptied.
    emit();
    let counted = measure(|| (0..100).for_each(|_| emit()));
    assert_eq!(counted.count_total, 0);
}

#[test]
fn an_emit_of_the_shared_emitter_allocates_nothing() {
    let emitter = EventEmitter::new();
    for _ in 0..10 {
        emitter.on(TICK, |_| {});
        emitter.on(LINE, |_| {});
    }
    let names: Vec<String> = (0..50).map(|number| format!("name {number}")).collect();
    for name in &names {
        emitter.on(Named::<u32>::new(name), |_| {});
    }
    let key = emitter.key(TICK);
    check(|| assert!(key.emit(&1)));
    check(|| assert!(emitter.emit(TICK, &1)));
    check(|| assert!(emitter.emit(LINE, "hello")));
    check(|| assert!(names.iter().all(|name| emitter.emit(Named::new(name), &1_u32))));
    check(|| assert!(!emitter.emit(Named::new("nobody"), &1_u32)));
}

#[test]
fn an_emit_of_the_local_emitter_allocates_nothing() {
    let emitter = local::EventEmitter::new();
    for _ in 0..10 {
        emitter.on(TICK, |_| {});
    }
    let names: Vec<String> = (0..50).map(|number| format!("name {number}")).collect();
    for name in &names {
        emitter.on(Named::<u32>::new(name), |_| {});
    }
    let key = emitter.key(TICK);
    check(|| assert!(key.emit(&1)));
    check(|| assert!(emitter.emit(TICK, &1)));
    check(|| assert!(names.iter().all(|name| emitter.emit(Named::new(name), &1_u32))));
}

#[test]
fn a_nested_emit_of_the_same_event_allocates_nothing() {
    let emitter = EventEmitter::new();
    let weak = emitter.downgrade();
    emitter.on(TICK, move |depth| {
        if *depth > 0 {
            weak.upgrade().unwrap().emit(TICK, &(depth - 1));
        }
    });
    check(|| assert!(emitter.emit(TICK, &5)));
}

#[test]
fn an_emitter_without_listeners_has_allocated_itself_only() {
    let counted = measure(|| drop(EventEmitter::new()));
    assert_eq!(counted.count_total, 1);
}

#[test]
fn names_and_symbols_that_come_and_go_leave_no_memory_behind() {
    let emitter = EventEmitter::new();
    let come_and_go = |round: usize| {
        let names: Vec<String> = (0..100).map(|number| format!("{round} {number}")).collect();
        for name in &names {
            emitter.once(Named::<u32>::new(name), |_| {});
            emitter.emit(Named::<u32>::new(name), &1);
            emitter.once(Symbol::<u32>::new("symbol"), |_| {});
        }
        emitter.remove_all_events();
    };
    // What is needed once is made in the first rounds.
    (0..3).for_each(come_and_go);
    let counted = measure(|| (3..10).for_each(come_and_go));
    assert_eq!(counted.bytes_current, 0);
}
