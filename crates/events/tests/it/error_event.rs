//! An error that nobody listens for comes back, intact.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ferronode_events::{ERROR_MONITOR, Event, EventEmitter, Unhandled};

#[derive(Debug, PartialEq)]
struct Broken(u32);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "broken {}", self.0)
    }
}

impl std::error::Error for Broken {}

#[test]
fn error_without_listener_is_returned() {
    let unhandled = EventEmitter::new().emit_error(Broken(7)).unwrap_err();
    assert_eq!(unhandled, Unhandled(Broken(7)));
    assert_eq!(unhandled.code(), "ERR_UNHANDLED_ERROR");
    assert_eq!(unhandled.to_string(), "Unhandled error. (broken 7)");
}

#[test]
fn error_with_listener_is_handled() {
    let emitter = EventEmitter::new();
    emitter.on(Event::error(), |error: &Broken| assert_eq!(error.0, 7));
    assert_eq!(emitter.emit_error(Broken(7)), Ok(()));
}

#[test]
fn a_monitor_sees_the_error_first_and_does_not_handle_it() {
    let emitter = EventEmitter::new();
    let seen = Arc::new(AtomicUsize::new(0));
    let (monitored, handled) = (seen.clone(), seen.clone());
    emitter.on(ERROR_MONITOR, move |error| {
        assert_eq!(error.to_string(), "broken 7");
        monitored.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(emitter.emit_error(Broken(7)), Err(Unhandled(Broken(7))));
    emitter.on(Event::error(), move |_: &Broken| {
        assert_eq!(handled.load(Ordering::Relaxed), 2);
    });
    assert_eq!(emitter.emit_error(Broken(7)), Ok(()));
    assert_eq!(seen.load(Ordering::Relaxed), 2);
}

#[test]
fn a_monitor_that_empties_the_emitter_does_not_stop_the_error() {
    let everything = EventEmitter::remove_all_events as fn(&EventEmitter);
    let the_last = |emitter: &EventEmitter| emitter.remove_all(Event::<Broken>::error());
    for (wipe, bystanders) in [(everything, 1), (the_last, 0)] {
        let emitter = EventEmitter::new();
        let weak = emitter.downgrade();
        emitter.once(ERROR_MONITOR, move |_| wipe(&weak.upgrade().unwrap()));
        emitter.on(Event::error(), |_: &Broken| {});
        for _ in 0..bystanders {
            emitter.on(Event::<()>::new("bystander"), |()| {});
        }
        assert_eq!(emitter.emit_error(Broken(7)), Ok(()));
        assert_eq!(emitter.emit_error(Broken(7)), Err(Unhandled(Broken(7))));
    }
}
