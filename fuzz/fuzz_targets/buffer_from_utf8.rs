//! Text becomes the Latin-1 and UTF-16 that the standard library makes of it, in a buffer and in too little room.
#![no_main]

use ferronode_buffer::{Encoding, at_every_level};
use libfuzzer_sys::fuzz_target;

fn check(encoding: Encoding, text: &str, expected: &[u8], unit: usize) {
    assert_eq!(*encoding.encode(text), *expected);
    let mut target = vec![0xee; expected.len() + 40];
    let room = text.len() % target.len();
    let written = encoding.write(text, &mut target[..room]);
    assert_eq!(written, room.min(expected.len()) / unit * unit);
    assert_eq!(target[..written], expected[..written]);
    assert!(target[written..].iter().all(|&byte| byte == 0xee));
}

fuzz_target!(|text: &str| at_every_level(|| check_all(text)));

fn check_all(text: &str) {
    let latin1: Vec<u8> = text.encode_utf16().map(|unit| unit as u8).collect();
    check(Encoding::Latin1, text, &latin1, 1);
    let utf16le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(Encoding::Utf16le, text, &utf16le, 2);
}
