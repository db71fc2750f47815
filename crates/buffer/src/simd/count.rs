//! Counting, before room is made for a text.

use super::level::Level;
use crate::js_string::utf16_length_plain;

/// Makes a door.
macro_rules! door {
    ($(#[$doc:meta])* $name:ident, $plain:ident, $item:ty) => {
        $(#[$doc])*
        #[inline]
        pub(crate) fn $name(items: &[$item]) -> usize {
            #[cfg(target_arch = "x86_64")]
            if Level::here() >= Level::Avx512 {
                // SAFETY: the processor has AVX-512.
                return unsafe { super::avx512::count::$name(items) };
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

fn above_ascii_plain(bytes: &[u8]) -> usize {
    // A chunk's sum fits a byte, so that many are counted at once.
    let chunk = |chunk: &[u8]| usize::from(chunk.iter().map(|byte| byte >> 7).sum::<u8>());
    bytes.chunks(192).map(chunk).sum()
}

fn utf8_length_plain(units: &[[u8; 2]]) -> usize {
    let length = |&unit: &[u8; 2]| {
        let unit = u16::from_le_bytes(unit);
        1 + u16::from(unit >= 0x80) + u16::from(unit >= 0x800)
    };
    // A chunk's sum fits 16 bits.
    let chunk = |chunk: &[[u8; 2]]| usize::from(chunk.iter().map(length).sum::<u16>());
    units.chunks(0x5000).map(chunk).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::at_every_level;

    #[test]
    fn any_length_is_counted_as_the_plain_loops_count_it() {
        let bytes: Vec<u8> = "aé€😀ÿ\u{80}\0".bytes().cycle().take(300).collect();
        for length in 0..=bytes.len() {
            let bytes = &bytes[..length];
            let units = bytes.as_chunks().0;
            at_every_level(|| {
                assert_eq!(above_ascii(bytes), above_ascii_plain(bytes));
                assert_eq!(utf8_length(units), utf8_length_plain(units));
                assert_eq!(utf16_length(bytes), utf16_length_plain(bytes));
            });
        }
    }
}
