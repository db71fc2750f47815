//! The next event as a future.

use std::task::Poll;
use std::thread;

use ferronode_events::{Event, EventEmitter};

use crate::{block_on, poll_once};

const TICK: Event<u32> = Event::new("tick");

#[test]
fn an_event_before_the_first_poll_is_not_missed() {
    let emitter = EventEmitter::new();
    let next = emitter.next(TICK);
    assert_eq!(emitter.listener_count(TICK), 1);
    emitter.emit(TICK, &1);
    emitter.emit(TICK, &2);
    assert_eq!(emitter.listener_count(TICK), 0);
    assert_eq!(block_on(next), Some(1));
}

#[test]
fn another_thread_wakes_who_waits() {
    let emitter = EventEmitter::new();
    let mut next = emitter.next(TICK);
    assert!(poll_once(&mut next).is_pending());
    let there = emitter.clone();
    let emits = thread::spawn(move || there.emit(TICK, &7));
    assert_eq!(block_on(next), Some(7));
    assert!(emits.join().unwrap());
}

#[test]
fn dropping_the_future_removes_the_listener() {
    let emitter = EventEmitter::new();
    drop(emitter.next(TICK));
    assert_eq!(emitter.listener_count(TICK), 0);
}

#[test]
fn what_cannot_come_any_more_is_none() {
    let emitter = EventEmitter::new();
    let mut removed = emitter.next(TICK);
    assert!(poll_once(&mut removed).is_pending());
    emitter.remove_all(TICK);
    assert_eq!(block_on(removed), None);
    let orphaned = emitter.next(TICK);
    drop(emitter);
    assert_eq!(block_on(orphaned), None);
}

#[test]
fn a_kept_event_is_there_at_once() {
    let emitter = EventEmitter::new();
    emitter.emit_kept(TICK, 5);
    let mut next = emitter.next(TICK);
    assert_eq!(poll_once(&mut next), Poll::Ready(Some(5)));
    drop(next);
    assert_eq!(emitter.deliver_late(), 0);
}
