//! Text that is cut in the middle of a character, and how a `StringDecoder` puts it together.
#![allow(clippy::print_stdout)] // An example talks to the terminal.

use ferronode_buffer::{Buffer, Encoding, StringDecoder};

fn main() {
    let buffer = Buffer::from("Node.js 技术栈");
    println!("{} bytes: {buffer:?}", buffer.len());
    // A character of three bytes starts at 8: up to 9 it is cut, up to 11 it is whole.
    println!("0..9   {}", buffer.to_string_range(Encoding::Utf8, 0..9));
    println!("0..11  {}", buffer.to_string_range(Encoding::Utf8, 0..11));

    let mut decoder = StringDecoder::new(Encoding::Utf8);
    for chunk in [buffer.slice(0, 9), buffer.slice(9, 13), buffer.slice(13, None)] {
        println!("chunk  {}", decoder.write(chunk));
    }
    println!("end    {:?}", decoder.end());
}
