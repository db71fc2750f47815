//! A listener for one call beside one for all: `cargo run -p ferronode-events --example once`.
//!
//! It prints `once`, `on`, `on`, `on`. Beside it, `once.js` is the same in Node.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use ferronode_events::{Event, EventEmitter};

const TEST: Event<()> = Event::new("test");

fn main() {
    let emitter = EventEmitter::new();
    emitter.once(TEST, |()| println!("once"));
    emitter.on(TEST, |()| println!("on"));
    for _ in 0..3 {
        emitter.emit(TEST, &());
    }
}
