//! A leak is warned of once per list, and the warning says where the listeners came from.

use std::sync::{Mutex, PoisonError};

use ferronode_events::{
    Event, EventEmitter, LeakWarning, default_max_listeners, local, set_default_max_listeners, set_leak_hook,
};

const A: Event<()> = Event::new("leak");
const B: Event<()> = Event::new("drip");

/// The hook is the program's, so the tests that set it take turns.
static TURN: Mutex<()> = Mutex::new(());
static HEARD: Mutex<Vec<LeakWarning>> = Mutex::new(Vec::new());

/// Returns what this thread's `act` was warned of.
fn warnings_of(act: impl FnOnce()) -> Vec<LeakWarning> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    HEARD.lock().unwrap().clear();
    set_leak_hook(|warning| HEARD.lock().unwrap().push(warning.clone()));
    act();
    let ours = |warning: &LeakWarning| warning.event().is(A) || warning.event().is(B);
    HEARD.lock().unwrap().drain(..).filter(ours).collect()
}

#[test]
fn the_eleventh_listener_is_warned_of_once() {
    let warnings = warnings_of(|| {
        let emitter = EventEmitter::new();
        for _ in 0..13 {
            emitter.on(A, |()| {});
        }
    });
    let [warning] = &warnings[..] else {
        panic!("one warning, not {}", warnings.len())
    };
    assert_eq!((warning.count(), warning.max()), (11, 10));
    assert_eq!(
        warning.to_string(),
        "Possible EventEmitter memory leak detected. 11 leak listeners added to [EventEmitter]. \
         MaxListeners is 10. Use emitter.setMaxListeners() to increase limit"
    );
    assert!(warning.places().iter().all(|place| place.file().ends_with("limits.rs")));
}

#[test]
fn a_limit_of_none_is_never_passed() {
    let warnings = warnings_of(|| {
        let emitter = local::EventEmitter::new();
        emitter.set_max_listeners(0);
        for _ in 0..50 {
            emitter.on(A, |()| {});
        }
    });
    assert!(warnings.is_empty());
}

#[test]
fn a_list_that_shrank_to_one_may_be_warned_of_again() {
    let warnings = warnings_of(|| {
        let emitter = EventEmitter::new();
        emitter.set_max_listeners(1);
        emitter.on(A, |()| {});
        let second = emitter.on(A, |()| {});
        emitter.remove(second);
        emitter.on(A, |()| {});
    });
    assert_eq!(warnings.len(), 2);
}

#[test]
fn the_default_is_for_emitters_without_a_limit_of_their_own() {
    let warnings = warnings_of(|| {
        let (plain, limited) = (EventEmitter::new(), EventEmitter::new());
        limited.set_max_listeners(3);
        set_default_max_listeners(20);
        assert_eq!((plain.max_listeners(), limited.max_listeners()), (20, 3));
        for _ in 0..15 {
            plain.on(A, |()| {});
        }
        set_default_max_listeners(10);
        plain.on(A, |()| {});
    });
    assert_eq!(warnings.iter().map(LeakWarning::count).collect::<Vec<_>>(), [16]);
    assert_eq!(default_max_listeners(), 10);
}

#[test]
fn every_event_is_warned_of_for_itself() {
    let warnings = warnings_of(|| {
        let emitter = EventEmitter::new();
        for _ in 0..13 {
            emitter.on(A, |()| {});
            emitter.on(B, |()| {});
        }
    });
    let names: Vec<_> = warnings.iter().map(|warning| warning.event().name()).collect();
    assert_eq!(names, ["leak", "drip"]);
}
