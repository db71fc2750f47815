//! The emitter of one thread keeps the promises of the shared one, where its `RefCell`s could break them.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use ferronode_events::local::EventEmitter;
use ferronode_events::{Event, Named};

const A: Event<u32> = Event::new("a");
const B: Event<u32> = Event::new("b");

#[test]
fn a_listener_may_do_anything_to_its_emitter() {
    let emitter = EventEmitter::new();
    let (weak, calls) = (emitter.downgrade(), Rc::new(Cell::new(0)));
    let count = calls.clone();
    emitter.once(A, move |depth| {
        let emitter = weak.upgrade().unwrap();
        count.set(count.get() + 1);
        let id = emitter.on(A, |_| {});
        emitter.prepend(A, |_| {});
        emitter.emit(A, depth);
        emitter.remove(id);
        emitter.remove_all_events();
        (0..20).for_each(|number| drop(emitter.key(Named::<u32>::new(&number.to_string()))));
        assert!(emitter.event_names().is_empty());
    });
    assert!(emitter.emit(A, &1));
    assert_eq!(calls.get(), 1);
}

#[test]
fn a_listener_may_use_its_emitter_when_it_is_dropped() {
    struct UseOnDrop(EventEmitter);
    impl Drop for UseOnDrop {
        fn drop(&mut self) {
            self.0.on(B, |_| {});
            self.0.emit(B, &1);
            self.0.remove_all_events();
        }
    }

    let emitter = EventEmitter::new();
    let bait = || {
        let bait = UseOnDrop(emitter.clone());
        move |_: &u32| {
            let _ = &bait;
        }
    };
    let id = emitter.on(A, bait());
    emitter.remove(id);
    emitter.on(A, bait());
    emitter.remove_all(A);
    emitter.once(A, bait());
    emitter.emit(A, &1);
    emitter.emit_kept(B, 1);
    let late = emitter.on(B, bait());
    emitter.remove(late);
    assert!(emitter.event_names().is_empty());
}

#[test]
fn a_panicking_listener_leaves_the_emitter_usable() {
    let emitter = EventEmitter::new();
    let bad = emitter.on(A, |_| panic!("a listener's own fault"));
    assert!(catch_unwind(AssertUnwindSafe(|| emitter.emit(A, &1))).is_err());
    assert!(emitter.remove(bad));
    emitter.on(A, |_| {});
    assert!(emitter.emit(A, &1));
}

#[test]
fn what_is_kept_is_told_to_the_late() {
    let emitter = EventEmitter::new();
    let woken = Rc::new(Cell::new(0));
    let count = woken.clone();
    emitter.on_late(move || count.set(count.get() + 1));
    assert!(!emitter.emit_kept(A, 7));
    let told = Rc::new(RefCell::new(Vec::new()));
    let notes = told.clone();
    emitter.on(A, move |payload| notes.borrow_mut().push(*payload));
    assert_eq!((woken.get(), emitter.deliver_late()), (1, 1));
    assert_eq!(*told.borrow(), [7]);
    assert_eq!(emitter.kept(A).as_deref(), Some(&7));
}
