//! One text in each encoding, and back.
#![allow(clippy::print_stdout)] // An example talks to the terminal.

use ferronode_buffer::{Buffer, Encoding};

fn main() {
    let text = "hello wörld €";
    let buffer = Buffer::from(text);
    println!("{text:?} is {} bytes of utf8", buffer.len());
    for name in ["hex", "base64", "base64url", "latin1", "ascii", "utf16le", "utf8"] {
        let Some(encoding) = Encoding::parse(name) else {
            continue;
        };
        // To text and back: latin1 shows each byte as a character, ascii loses the top bit of each.
        let shown = buffer.to_string(encoding);
        let back = Buffer::from_string(&shown, encoding);
        let verdict = if back == buffer { "and back" } else { "and not back" };
        println!("{name:9} {shown:?}, {verdict}");
    }
}
