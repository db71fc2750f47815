//! Base64 in both directions is what the plainest code makes of it, and nothing is written past what was decoded.
#![no_main]

use ferronode_buffer::{Encoding, at_every_level};
use libfuzzer_sys::fuzz_target;

/// Digits of either alphabet up to `=`, by their low bytes; anything else is skipped.
fn decoded(text: &str) -> Vec<u8> {
    let digits = |unit: u16| match unit as u8 {
        digit @ b'A'..=b'Z' => Some(digit - b'A'),
        digit @ b'a'..=b'z' => Some(digit - b'a' + 26),
        digit @ b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let sextets: Vec<u8> = text
        .encode_utf16()
        .take_while(|&unit| unit as u8 != b'=')
        .filter_map(digits)
        .collect();
    let bit = |at: usize| sextets[at / 6] >> (5 - at % 6) & 1;
    (0..sextets.len() * 6 / 8)
        .map(|byte| (0..8).fold(0, |value, at| value << 1 | bit(byte * 8 + at)))
        .collect()
}

fuzz_target!(|data: &[u8]| at_every_level(|| check_all(data)));

fn check_all(data: &[u8]) {
    for encoding in [Encoding::Base64, Encoding::Base64url] {
        assert_eq!(encoding.encode(&encoding.decode(data)), data);
    }
    let text = String::from_utf8_lossy(data);
    let expected = decoded(&text);
    assert_eq!(*Encoding::Base64.encode(&*text), expected);
    let mut target = vec![0xee; expected.len() + 40];
    let room = data.len() % target.len();
    let written = Encoding::Base64.write(&*text, &mut target[..room]);
    assert_eq!(target[..written], expected[..room.min(expected.len())]);
    assert!(target[written..].iter().all(|&byte| byte == 0xee));
}
