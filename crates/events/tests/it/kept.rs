//! What happens once is kept: who comes late is called once, on the driver's next turn.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ferronode_events::{Event, EventEmitter};

const EXIT: Event<i32> = Event::new("exit");

/// What listeners note down: their mark and the status they were lent.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<(char, i32)>>>);

impl Notes {
    fn listener(&self, mark: char) -> impl Fn(&i32) + Send + Sync + use<> {
        let notes = self.clone();
        move |status| notes.0.lock().unwrap().push((mark, *status))
    }

    #[track_caller]
    fn check(&self, expected: &[(char, i32)]) {
        assert_eq!(*self.0.lock().unwrap(), expected);
    }
}

#[test]
fn a_listener_in_time_is_called_at_once() {
    let emitter = EventEmitter::new();
    let notes = Notes::default();
    emitter.on(EXIT, notes.listener('a'));
    assert!(emitter.emit_kept(EXIT, 3));
    notes.check(&[('a', 3)]);
    assert_eq!(emitter.deliver_late(), 0);
    assert_eq!(emitter.kept(EXIT).as_deref(), Some(&3));
}

#[test]
fn late_listeners_are_called_once_in_order_on_the_next_turn() {
    let emitter = EventEmitter::new();
    let notes = Notes::default();
    assert!(!emitter.emit_kept(EXIT, 3));
    emitter.on(EXIT, notes.listener('a'));
    emitter.once(EXIT, notes.listener('b'));
    emitter.prepend(EXIT, notes.listener('c'));
    assert_eq!(emitter.listener_count(EXIT), 0);
    notes.check(&[]);
    assert_eq!(emitter.deliver_late(), 3);
    assert_eq!(emitter.deliver_late(), 0);
    notes.check(&[('a', 3), ('b', 3), ('c', 3)]);
}

#[test]
fn an_event_is_kept_once() {
    let emitter = EventEmitter::new();
    let notes = Notes::default();
    emitter.on(EXIT, notes.listener('a'));
    assert!(emitter.emit_kept(EXIT, 3));
    assert!(!emitter.emit_kept(EXIT, 4));
    assert_eq!(emitter.kept(EXIT).as_deref(), Some(&3));
    notes.check(&[('a', 3)]);
}

#[test]
fn a_late_listener_can_be_taken_back() {
    let emitter = EventEmitter::new();
    let notes = Notes::default();
    emitter.emit_kept(EXIT, 3);
    let id = emitter.on(EXIT, notes.listener('a'));
    emitter.on(EXIT, notes.listener('b'));
    assert!(emitter.remove(id));
    assert!(!emitter.remove(id));
    assert_eq!(emitter.deliver_late(), 1);
    notes.check(&[('b', 3)]);
    emitter.on(EXIT, notes.listener('c'));
    emitter.remove_all(EXIT);
    assert_eq!(emitter.deliver_late(), 0);
}

#[test]
fn who_comes_late_during_a_delivery_waits_for_the_next() {
    let emitter = EventEmitter::new();
    let notes = Notes::default();
    emitter.emit_kept(EXIT, 3);
    let (weak, later) = (emitter.downgrade(), notes.clone());
    emitter.on(EXIT, move |_| {
        weak.upgrade().unwrap().on(EXIT, later.listener('b'));
    });
    assert_eq!(emitter.deliver_late(), 1);
    notes.check(&[]);
    assert_eq!(emitter.deliver_late(), 1);
    notes.check(&[('b', 3)]);
}

#[test]
fn the_hook_hears_of_every_late_listener() {
    let emitter = EventEmitter::new();
    emitter.emit_kept(EXIT, 3);
    emitter.on(EXIT, |_| {});
    let woken = Arc::new(AtomicUsize::new(0));
    let (count, weak) = (woken.clone(), emitter.downgrade());
    emitter.on_late(move || {
        // Nothing is held meanwhile: the hook may ask the emitter itself.
        assert!(weak.upgrade().unwrap().kept(EXIT).is_some());
        count.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(woken.load(Ordering::Relaxed), 1, "one was waiting already");
    emitter.on(EXIT, |_| {});
    assert_eq!(woken.load(Ordering::Relaxed), 2);
}

#[test]
fn a_late_listener_that_panics_does_not_lose_the_others() {
    let emitter = EventEmitter::new();
    let notes = Notes::default();
    emitter.emit_kept(EXIT, 3);
    emitter.on(EXIT, |_| panic!("a listener's own fault"));
    emitter.on(EXIT, notes.listener('b'));
    assert!(catch_unwind(AssertUnwindSafe(|| emitter.deliver_late())).is_err());
    assert_eq!(emitter.deliver_late(), 1);
    notes.check(&[('b', 3)]);
}

#[test]
fn what_is_kept_quietly_is_told_on_the_next_turn_after_what_the_driver_has_to_deliver_first() {
    let emitter = EventEmitter::new();
    let notes = Notes::default();
    emitter.on(EXIT, notes.listener('a'));
    emitter.once(EXIT, notes.listener('b'));
    assert!(emitter.keep(EXIT, 3));
    assert!(!emitter.keep(EXIT, 4) && !emitter.emit_kept(EXIT, 5));
    emitter.on(EXIT, notes.listener('c'));
    notes.check(&[]);
    assert_eq!(emitter.kept(EXIT).as_deref(), Some(&3));
    let (late, first) = (emitter.clone(), notes.listener('m'));
    let listener = notes.listener('d');
    let called = emitter.deliver_late_after(move || {
        first(&0);
        late.on(EXIT, listener);
    });
    assert_eq!(
        called, 2,
        "the list, and one who was late; the one who came meanwhile waits"
    );
    notes.check(&[('m', 0), ('a', 3), ('b', 3), ('c', 3)]);
    assert_eq!(emitter.deliver_late(), 1);
    notes.check(&[('m', 0), ('a', 3), ('b', 3), ('c', 3), ('d', 3)]);
}

#[test]
fn a_listener_taken_back_during_a_delivery_makes_no_room_for_one_that_came_meanwhile() {
    let emitter = EventEmitter::new();
    let notes = Notes::default();
    emitter.emit_kept(EXIT, 3);
    let (weak, later) = (emitter.downgrade(), notes.clone());
    let doomed = Arc::new(Mutex::new(None));
    let id = doomed.clone();
    emitter.on(EXIT, move |_| {
        let emitter = weak.upgrade().unwrap();
        let id = id.lock().unwrap().take();
        assert!(emitter.remove(id.unwrap()));
        emitter.on(EXIT, later.listener('b'));
    });
    *doomed.lock().unwrap() = Some(emitter.on(EXIT, notes.listener('a')));
    assert_eq!(emitter.deliver_late(), 1);
    notes.check(&[]);
    assert_eq!(emitter.deliver_late(), 1);
    notes.check(&[('b', 3)]);
}

#[test]
fn a_payload_that_comes_too_late_to_be_kept_is_dropped_with_nothing_held() {
    struct AskOnDrop(EventEmitter);
    impl Drop for AskOnDrop {
        fn drop(&mut self) {
            // It would wait for ever if its dropper held the emitter.
            self.0.set_max_listeners(3);
        }
    }

    const LAST: Event<AskOnDrop> = Event::new("last");
    let (emitter, other) = (EventEmitter::new(), EventEmitter::new());
    assert!(other.keep(LAST, AskOnDrop(emitter.clone())));
    assert!(!other.keep(LAST, AskOnDrop(other.clone())));
    assert!(!other.emit_kept(LAST, AskOnDrop(other.clone())));
    assert_eq!(other.max_listeners(), 3);
}
