//! Listeners are called synchronously, in order, on a snapshot.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use ferronode_events::{Event, EventEmitter, Listener, Manner, Named, REMOVED};

const A: Event<()> = Event::new("a");
const B: Event<()> = Event::new("b");

/// A list of marks that listeners leave.
#[derive(Clone, Default)]
struct Trace(Arc<Mutex<String>>);

impl Trace {
    fn mark(&self, mark: &'static str) -> impl Fn(&()) + Send + Sync + use<> {
        let trace = self.clone();
        move |()| trace.push(mark)
    }

    fn push(&self, mark: &str) {
        self.0.lock().unwrap().push_str(mark);
    }

    #[track_caller]
    fn check(&self, expected: &str) {
        assert_eq!(*self.0.lock().unwrap(), expected);
    }
}

#[test]
fn listeners_run_in_order_before_emit_returns() {
    let (emitter, trace) = (EventEmitter::new(), Trace::default());
    emitter.on(A, trace.mark("1"));
    emitter.on(A, trace.mark("2"));
    emitter.prepend(A, trace.mark("0"));
    assert!(emitter.emit(A, &()));
    trace.check("012");
    assert!(!emitter.emit(B, &()));
}

#[test]
fn the_payload_is_lent_as_it_is() {
    const LINE: Event<str> = Event::new("line");
    let (emitter, trace) = (EventEmitter::new(), Trace::default());
    let seen = trace.clone();
    emitter.on(LINE, move |line| seen.push(line));
    emitter.emit(LINE, "hello");
    emitter.emit(Named::<str>::new(&String::from("line")), " again");
    trace.check("hello again");
}

#[test]
fn one_name_with_two_payload_types_is_two_events() {
    let (emitter, trace) = (EventEmitter::new(), Trace::default());
    let seen = trace.clone();
    emitter.on(Event::<u32>::new("a"), move |_| seen.push("number"));
    assert!(!emitter.emit(A, &()));
    assert!(emitter.emit(Event::<u32>::new("a"), &1));
    trace.check("number");
}

#[test]
fn a_listener_added_by_a_listener_waits_for_the_next_emit() {
    let (emitter, trace) = (EventEmitter::new(), Trace::default());
    let (weak, more) = (emitter.downgrade(), trace.clone());
    emitter.once(A, move |()| {
        more.push("1");
        weak.upgrade().unwrap().on(A, more.mark("n"));
    });
    emitter.on(A, trace.mark("2"));
    emitter.emit(A, &());
    trace.push("|");
    emitter.emit(A, &());
    trace.check("12|2n");
}

#[test]
fn a_listener_removed_by_a_listener_still_runs_in_that_emit() {
    let (emitter, trace) = (EventEmitter::new(), Trace::default());
    let (weak, seen) = (emitter.downgrade(), trace.clone());
    emitter.on(A, move |()| {
        seen.push("1");
        weak.upgrade().unwrap().remove_all(A);
    });
    emitter.on(A, trace.mark("2"));
    emitter.emit(A, &());
    assert!(!emitter.emit(A, &()));
    trace.check("12");
}

#[test]
fn once_is_gone_before_it_runs() {
    let emitter = EventEmitter::new();
    let weak = emitter.downgrade();
    emitter.once(A, move |()| {
        let emitter = weak.upgrade().unwrap();
        assert_eq!(emitter.listener_count(A), 0);
        assert!(!emitter.emit(A, &()));
    });
    assert!(emitter.emit(A, &()));
    assert!(!emitter.emit(A, &()));
}

#[test]
fn a_once_listener_in_an_outer_snapshot_does_not_run_again() {
    let (emitter, trace) = (EventEmitter::new(), Trace::default());
    let (weak, seen) = (emitter.downgrade(), trace.clone());
    let nested = AtomicBool::new(false);
    emitter.on(A, move |()| {
        seen.push("x");
        if !nested.swap(true, Ordering::Relaxed) {
            weak.upgrade().unwrap().emit(A, &());
        }
    });
    emitter.once(A, trace.mark("o"));
    emitter.emit(A, &());
    trace.check("xxo");
}

#[test]
fn an_id_removes_its_own_registration_only() {
    let (emitter, trace) = (EventEmitter::new(), Trace::default());
    let first = emitter.on(A, trace.mark("1"));
    let second = emitter.on(A, trace.mark("2"));
    assert!(emitter.remove(first));
    assert!(!emitter.remove(first));
    assert!(!EventEmitter::new().remove(second));
    emitter.emit(A, &());
    trace.check("2");
    assert!(emitter.remove(second));
    assert!(emitter.event_names().is_empty());
}

#[test]
fn off_removes_the_newest_registration_of_a_listener_whatever_its_manner() {
    let (emitter, trace) = (EventEmitter::new(), Trace::default());
    let f = Listener::new(trace.mark("f"));
    let same = f.clone();
    let id = emitter.add(A, &f, Manner::ON);
    emitter.on(A, trace.mark("-"));
    emitter.add(A, &same, Manner::ONCE);
    assert_eq!(emitter.listener_count_of(A, &f), 2);
    assert!(emitter.off(A, &f));
    emitter.emit(A, &());
    emitter.emit(A, &());
    trace.check("f-f-");
    assert!(emitter.remove(id));
    assert!(!emitter.off(A, &f));
    assert_ne!(f, Listener::new(trace.mark("f")));
}

#[test]
fn a_panicking_listener_leaves_the_emitter_usable() {
    let (emitter, trace) = (EventEmitter::new(), Trace::default());
    let bad = emitter.on(A, |()| panic!("a listener's own fault"));
    emitter.on(A, trace.mark("2"));
    assert!(catch_unwind(AssertUnwindSafe(|| emitter.emit(A, &()))).is_err());
    trace.check("");
    assert_eq!(emitter.listener_count(A), 2);
    emitter.remove(bad);
    emitter.emit(A, &());
    trace.check("2");
}

#[test]
fn removed_closures_may_use_the_emitter_when_they_are_dropped() {
    struct EmitOnDrop(EventEmitter);
    impl Drop for EmitOnDrop {
        fn drop(&mut self) {
            self.0.emit(B, &());
            self.0.remove_all_events();
        }
    }

    let emitter = EventEmitter::new();
    for all in [false, true] {
        let bait = EmitOnDrop(emitter.clone());
        let id = emitter.on(A, move |()| {
            let _ = &bait;
        });
        if all {
            emitter.remove_all(A);
        } else {
            emitter.remove(id);
        }
    }
    assert!(emitter.event_names().is_empty());
}

#[test]
fn names_are_listed_as_node_lists_them() {
    let emitter = EventEmitter::new();
    let symbol = ferronode_events::Symbol::<()>::new("s");
    emitter.on(B, |()| {});
    emitter.on(symbol, |()| {});
    for name in ["10", "a", "2"] {
        emitter.on(Named::<()>::new(name), |()| {});
    }
    let names: Vec<String> = emitter.event_names().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["2", "10", "b", "a", "Symbol(s)"]);
}

#[test]
fn more_names_than_places_are_found_and_forgotten() {
    let emitter = EventEmitter::new();
    let names: Vec<String> = (0..1000).map(|number| format!("job {number}")).collect();
    let ids: Vec<_> = names
        .iter()
        .map(|name| emitter.on(Named::<u32>::new(name), |_| {}))
        .collect();
    assert!(names.iter().all(|name| emitter.emit(Named::new(name), &1u32)));
    assert_eq!(emitter.event_names().len(), 1000);
    assert!(ids.into_iter().all(|id| emitter.remove(id)));
    assert!(!names.iter().any(|name| emitter.emit(Named::new(name), &1u32)));
    assert!(emitter.event_names().is_empty());
}

#[test]
fn removals_are_heard_newest_first() {
    let (emitter, trace) = (EventEmitter::new(), Trace::default());
    let seen = trace.clone();
    emitter.on(REMOVED, move |change| {
        seen.push(if change.is_once() { "o" } else { "-" });
    });
    emitter.on(A, |()| {});
    emitter.once(A, |()| {});
    emitter.remove_all(A);
    trace.check("o-");
}

#[test]
fn those_who_hear_of_removals_hear_of_all_and_go_last() {
    let (emitter, trace) = (EventEmitter::new(), Trace::default());
    let seen = trace.clone();
    emitter.on(REMOVED, move |change| seen.push(change.event().name()));
    for event in [B, A, B] {
        emitter.on(event, |()| {});
    }
    emitter.remove_all_events();
    trace.check("bba");
    assert!(emitter.event_names().is_empty());
}

#[test]
fn a_removed_listener_is_dropped_when_its_last_emit_is_over() {
    let (emitter, token) = (EventEmitter::new(), Arc::new(()));
    let (weak, held) = (emitter.downgrade(), token.clone());
    emitter.on(A, move |()| {
        let _ = &held;
        weak.upgrade().unwrap().remove_all(A);
    });
    emitter.emit(A, &());
    assert_eq!(Arc::strong_count(&token), 1);
}

#[test]
fn lodgers_of_one_name_and_two_payload_types_are_two() {
    let (emitter, trace) = (EventEmitter::new(), Trace::default());
    for number in 0..20 {
        let name = number.to_string();
        let (text, count) = (trace.clone(), trace.clone());
        emitter.on(Named::<str>::new(&name), move |_| text.push("s"));
        emitter.on(Named::<u32>::new(&name), move |_| count.push("n"));
    }
    assert!(emitter.emit(Named::<u32>::new("19"), &1));
    assert!(emitter.emit(Named::<str>::new("19"), ""));
    trace.check("ns");
    assert_eq!(emitter.event_names().len(), 40);
}
