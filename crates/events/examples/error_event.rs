//! An error event with a listener and without: `cargo run -p ferronode-events --example error_event`.
//!
//! With a listener the program goes on. Without one the error comes back to the emitter's caller, who passes it on,
//! and so it ends the program with code 1, as in Node; only that here nobody is surprised: the types said so.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::fmt;

use ferronode_events::{Event, EventEmitter, Unhandled};

#[derive(Debug)]
struct Broken(&'static str);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Broken {}

fn main() -> Result<(), Unhandled<Broken>> {
    let emitter = EventEmitter::new();
    let listener = emitter.on(Event::error(), |error: &Broken| println!("handled: {error}"));
    emitter.emit_error(Broken("this is an error"))?;
    println!("the program goes on");

    emitter.remove(listener);
    emitter.emit_error(Broken("错误信息"))?;
    println!("never printed");
    Ok(())
}
