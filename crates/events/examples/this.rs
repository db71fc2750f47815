//! How a listener reaches its emitter: `cargo run -p ferronode-events --example this`.
//!
//! In Node an emitter hands itself to plain functions as `this`, and there are three ways to hand them something else.
//! In Rust a listener has what it captures, so all three become one: a closure that moves a handle in.
//! The handle is a weak one, since an emitter that owns a listener that owns the emitter would live for ever.
//! Beside it, `this.js` shows Node's ways.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use ferronode_events::{Event, EventEmitter};

const EVENT: Event<(char, char)> = Event::new("event");

/// Node's `function () { … this … }`: here `this` is an argument like any other.
fn listener(this: &EventEmitter, emitter: &EventEmitter, (a, b): (char, char)) {
    println!("{a} {b} {}", this == emitter);
}

fn main() {
    let emitter = EventEmitter::new();

    // `listener.bind(emitter)`: a closure that fills in the first argument.
    let (bound, same) = (emitter.downgrade(), emitter.downgrade());
    emitter.once(EVENT, move |payload| {
        if let (Some(this), Some(emitter)) = (bound.upgrade(), same.upgrade()) {
            listener(&this, &emitter, *payload);
        }
    });

    // A function that returns a function, and an arrow function: the closure itself.
    let that = emitter.downgrade();
    emitter.on(EVENT, move |(a, b)| {
        let listeners = that.upgrade().map(|that| that.listener_count(EVENT));
        println!("{a} {b} {listeners:?}");
    });

    emitter.emit(EVENT, &('a', 'b'));

    // What the weak handle is for: the emitter goes with its last owner.
    let weak = emitter.downgrade();
    drop(emitter);
    println!("alive: {}", weak.upgrade().is_some());
}
