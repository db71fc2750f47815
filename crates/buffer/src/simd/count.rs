//! Counting, before room is made: the plain loops, compiled for wider registers.
//!
//! The compiler vectorises them for the processor that it is told of, which is the oldest x86-64 elsewhere.

use super::level::Level;
use crate::js_string::utf16_length_plain;

/// Makes a door that runs the loop for the best processor that there is.
macro_rules! door {
    ($(#[$doc:meta])* $name:ident, $plain:ident, $item:ty) => {
        $(#[$doc])*
        pub(crate) fn $name(items: &[$item]) -> usize {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn wide(items: &[$item]) -> usize {
                    $plain(items)
                }
                #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
                fn widest(items: &[$item]) -> usize {
                    $plain(items)
                }
                match Level::here() {
                    // SAFETY: the processor has AVX-512.
                    Level::Avx512 => return unsafe { widest(items) },
                    // SAFETY: the processor has AVX2.
                    Level::Avx2 => return unsafe { wide(items) },
                    Level::Plain => {}
                }
            }
            $plain(items)
        }
    };
}

door! {
    /// Counts the bytes of 80 and above.
    above_ascii, above_ascii_plain, u8
}
door! {
    /// Counts the bytes that units become as UTF-8. A pair counts as 6 and takes 4.
    utf8_length, utf8_length_plain, [u8; 2]
}
door! {
    /// Counts the units that UTF-8, or WTF-8, becomes.
    utf16_length, utf16_length_plain, u8
}

#[inline(always)]
fn above_ascii_plain(bytes: &[u8]) -> usize {
    // A chunk's sum fits a byte, so that many are counted at once.
    let chunk = |chunk: &[u8]| usize::from(chunk.iter().map(|byte| byte >> 7).sum::<u8>());
    bytes.chunks(192).map(chunk).sum()
}

#[inline(always)]
fn utf8_length_plain(units: &[[u8; 2]]) -> usize {
    let length = |&unit: &[u8; 2]| {
        let unit = u16::from_le_bytes(unit);
        1 + u16::from(unit >= 0x80) + u16::from(unit >= 0x800)
    };
    // A chunk's sum fits 16 bits.
    let chunk = |chunk: &[[u8; 2]]| usize::from(chunk.iter().map(length).sum::<u16>());
    units.chunks(0x5000).map(chunk).sum()
}
