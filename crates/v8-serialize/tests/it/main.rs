//! The public face of the crate, one module per behaviour.
#![allow(clippy::unwrap_used)]

mod arrays;
mod examples;
mod graph;
mod hostile;
mod limits;
mod payloads;
mod serde_in;
mod serde_out;

/// Bytes of hexadecimal digits; spaces are for the reader.
#[track_caller]
fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// A payload, without its header.
#[track_caller]
fn payload(digits: &str) -> Vec<u8> {
    [vec![0xff, 0x0f], hex(digits)].concat()
}

fn show(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
