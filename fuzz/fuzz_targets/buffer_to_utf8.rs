//! Latin-1 and UTF-16 become the text that the standard library makes of them.
#![no_main]

use ferronode_buffer::{Encoding, at_every_level};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| at_every_level(|| check_all(data)));

fn check_all(data: &[u8]) {
    let latin1: String = data.iter().copied().map(char::from).collect();
    assert_eq!(Encoding::Latin1.decode_lossy(data), latin1);
    let units: Vec<u16> = data
        .chunks_exact(2)
        .map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
        .collect();
    assert_eq!(Encoding::Utf16le.decode(data).units().collect::<Vec<_>>(), units);
    assert_eq!(Encoding::Utf16le.decode_lossy(data), String::from_utf16_lossy(&units));
}
