//! The bytes of a buffer one by one: with their positions, the positions alone, and by `for`.
#![allow(clippy::print_stdout)] // An example talks to the terminal.

use ferronode_buffer::Buffer;

fn main() {
    let buffer = Buffer::from("buf");
    println!("values  {:?}", buffer.values().collect::<Vec<_>>());
    println!("keys    {:?}", buffer.keys().collect::<Vec<_>>());
    println!("entries {:?}", buffer.entries().collect::<Vec<_>>());
    for byte in &buffer {
        println!("for     {byte}");
    }
}
