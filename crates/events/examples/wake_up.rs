//! An emitter, a listener, an event with an argument: `cargo run -p ferronode-events --example wake_up`.
//!
//! Beside it, `wake_up.js` is the same in Node.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use ferronode_events::{Event, EventEmitter};

const WAKE_UP: Event<str> = Event::new("起床");

fn main() {
    let emitter = EventEmitter::new();
    emitter.on(WAKE_UP, |time| println!("早上{time}开始起床，新的一天加油"));
    emitter.emit(WAKE_UP, "6:00");
}
