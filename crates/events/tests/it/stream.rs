//! The events to come as a stream, with a bound.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use ferronode_events::{Event, EventEmitter, EventStream, Lag};
use futures_core::Stream;

use crate::block_on;

const TICK: Event<u32> = Event::new("tick");

/// Reads what is there: numbers, or a gap as `-missed`; a `.` at the end of the stream.
fn read(stream: &mut EventStream<u32>) -> String {
    let mut text = String::new();
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(item) = Pin::new(&mut *stream).poll_next(&mut context) {
        match item {
            Some(Ok(number)) => text += &format!("{number} "),
            Some(Err(gap)) => text += &format!("-{} ", gap.missed),
            None => return text + ".",
        }
    }
    text
}

#[track_caller]
fn check(lag: Lag, expected: &str) {
    let emitter = EventEmitter::new();
    let mut stream = emitter.stream(TICK, 2, lag);
    (1..=5).for_each(|number| {
        emitter.emit(TICK, &number);
    });
    let mut text = read(&mut stream);
    emitter.emit(TICK, &6);
    drop(emitter);
    text += &read(&mut stream);
    assert_eq!(text, expected, "{lag:?}");
}

#[test]
fn a_gap_shows_where_the_events_are_missing() {
    check(Lag::DropOldest, "-3 4 5 6 .");
    check(Lag::DropNewest, "1 2 -3 6 .");
    check(Lag::End, "1 2 -1 ..");
}

#[test]
fn what_comes_after_a_gap_waits_until_the_gap_is_told() {
    let emitter = EventEmitter::new();
    let mut stream = emitter.stream(TICK, 2, Lag::DropNewest);
    for number in 1..=3 {
        emitter.emit(TICK, &number);
    }
    assert_eq!(block_on(stream.recv()), Some(Ok(1)));
    emitter.emit(TICK, &4);
    assert_eq!(read(&mut stream), "2 -2 ");
    emitter.emit(TICK, &5);
    assert_eq!(read(&mut stream), "5 ");
}

#[test]
fn a_stream_without_room_only_tells_gaps() {
    let emitter = EventEmitter::new();
    for lag in [Lag::DropOldest, Lag::DropNewest] {
        let mut stream = emitter.stream(TICK, 0, lag);
        emitter.emit(TICK, &1);
        emitter.emit(TICK, &2);
        assert_eq!(read(&mut stream), "-2 ");
    }
}

#[test]
fn dropping_the_stream_removes_the_listener() {
    let emitter = EventEmitter::new();
    let stream = emitter.stream(TICK, 8, Lag::End);
    assert_eq!(emitter.listener_count(TICK), 1);
    drop(stream);
    assert_eq!(emitter.listener_count(TICK), 0);
}

#[test]
fn a_reader_is_woken_by_another_thread_and_sees_the_end() {
    let emitter = EventEmitter::new();
    let mut stream = emitter.stream(TICK, 100, Lag::End);
    let writer = thread::spawn(move || (1..=50).all(|number| emitter.emit(TICK, &number)));
    let sum = block_on(async {
        let mut sum = 0;
        while let Some(number) = stream.recv().await {
            sum += number.unwrap();
        }
        sum
    });
    assert_eq!(sum, 50 * 51 / 2);
    assert!(writer.join().unwrap());
}
