//! Swapping reverses each unit.
#![no_main]

use ferronode_buffer::{Buffer, at_every_level};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| at_every_level(|| check_all(data)));

fn check_all(data: &[u8]) {
    for width in [2, 4, 8] {
        let mut buffer = Buffer::from(data);
        let swapped = match width {
            2 => buffer.swap16().is_ok(),
            4 => buffer.swap32().is_ok(),
            _ => buffer.swap64().is_ok(),
        };
        assert_eq!(swapped, data.len() % width == 0);
        let expected: Vec<u8> = data.chunks(width).flat_map(|unit| unit.iter().rev().copied()).collect();
        assert_eq!(*buffer, if swapped { expected } else { data.to_vec() });
    }
}
