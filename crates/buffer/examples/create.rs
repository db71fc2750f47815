//! The ways to make a buffer.
#![allow(clippy::print_stdout)] // An example talks to the terminal.

use ferronode_buffer::{Buffer, Encoding, FillError};

fn main() -> Result<(), FillError> {
    // Numbers are taken modulo 256.
    println!("numbers      {:?}", Buffer::from_numbers([1, 2, 257, -1]));
    println!("bytes        {:?}", Buffer::from(&[0x62, 0x75, 0x66]));
    println!("text         {:?}", Buffer::from("tést"));
    println!("latin1       {:?}", Buffer::from_string("tést", Encoding::Latin1));
    println!("alloc        {:?}", Buffer::alloc(5));
    println!("alloc filled {:?}", Buffer::alloc_filled(5, 1)?);
    println!("filled       {:?}", Buffer::alloc_filled(5, "ab")?);
    // Fast, since it is not cleared; what it holds is anybody's guess, so it is written before it is read.
    let mut scratch = Buffer::alloc_unsafe(5);
    scratch.fill("x")?;
    println!("alloc_unsafe {scratch:?}");
    Ok(())
}
