//! A CSV file as a spreadsheet wants it: UTF-8 that begins with a byte order mark.
//!
//! `csv_bom IN OUT` converts a file from Latin-1, or from UTF-8 if it is valid UTF-8; without arguments it shows two lines.
#![allow(clippy::print_stdout)] // An example talks to the terminal.

use std::{env, fs, io};

use ferronode_buffer::{Buffer, Encoding, is_utf8};

/// U+FEFF at the start says "this is UTF-8" to programs that would guess otherwise.
const BYTE_ORDER_MARK: &str = "\u{feff}";

fn with_mark(csv: &[u8]) -> Buffer {
    let encoding = if is_utf8(csv) { Encoding::Utf8 } else { Encoding::Latin1 };
    let text = encoding.decode_lossy(csv);
    // A mark that is there already stays alone.
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    Buffer::concat(&[BYTE_ORDER_MARK.as_bytes(), text.as_bytes()])
}

fn main() -> io::Result<()> {
    let mut paths = env::args_os().skip(1);
    if let (Some(from), Some(to)) = (paths.next(), paths.next()) {
        return fs::write(to, with_mark(&fs::read(from)?));
    }
    let csv = Buffer::from_string("name;city\nJörg;Köln\n", Encoding::Latin1);
    let marked = with_mark(&csv);
    println!("{} bytes of latin1, {} of utf8", csv.len(), marked.len());
    println!("begins with {:?}", Buffer::from(&marked[..3]));
    print!("{}", marked.to_string_range(Encoding::Utf8, 3..));
    Ok(())
}
