//! The public face of `ferronode-crypto-demo`, a module per behaviour.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)]

mod authenticated;
mod blocks;
mod derived_keys;
mod examples;
mod hashing;
mod known_attacks;
mod lists;
mod signatures;
mod wiped_keys;

use ferronode_buffer::Encoding::Hex;
use ferronode_crypto_demo::NodeError;

/// Bytes from hexadecimal digits.
fn hex(digits: &str) -> Vec<u8> {
    Hex.encode(digits).to_vec()
}

/// The class, the code and the text that Node gives an error.
#[track_caller]
fn check_error(error: &impl NodeError, expected: (&str, Option<&str>, &str)) {
    let message = error.message();
    assert_eq!((error.name(), error.code(), message.as_str()), expected, "{error}");
}

/// Bytes that look random and are the same each time.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let byte = |_| {
        // Knuth's linear congruential generator; its high bits are the better ones.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..length).map(byte).collect()
}
