//! Hexadecimal. Encoding stops at the first pair that is not two digits, without an error, and drops an odd last digit.
//!
//! A quirk of Node that is kept: of each unit only the low byte is looked at, so "BŁ" (U+0141, low byte "A") is BA.

use super::latin1;
use crate::js_string::JsStr;

pub(super) fn write(text: JsStr<'_>, target: &mut [u8]) -> usize {
    #[cfg(feature = "simd")]
    if let Some(written) = write_valid(text.as_wtf8(), target) {
        return written;
    }
    write_digits(&latin1::low_bytes(text), target)
}

/// Decodes text that has only digits, as most has.
#[cfg(feature = "simd")]
fn write_valid(digits: &[u8], target: &mut [u8]) -> Option<usize> {
    let length = target.len().min(digits.len() / 2);
    const_hex::decode_to_slice(&digits[..length * 2], &mut target[..length]).ok()?;
    Some(length)
}

/// Decodes pairs of digits until one is not, or until `target` is full.
fn write_digits(digits: &[u8], target: &mut [u8]) -> usize {
    let (pairs, _odd) = digits.as_chunks::<2>();
    let mut written = 0;
    for (byte, [high, low]) in target.iter_mut().zip(pairs) {
        let (Some(high), Some(low)) = (digit(*high), digit(*low)) else {
            break;
        };
        *byte = high << 4 | low;
        written += 1;
    }
    written
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        b'A'..=b'F' => Some(character - b'A' + 10),
        _ => None,
    }
}

pub(super) fn decode(bytes: &[u8]) -> String {
    #[cfg(feature = "simd")]
    return const_hex::encode(bytes);
    #[cfg(not(feature = "simd"))]
    return decode_plain(bytes);
}

#[cfg(any(test, not(feature = "simd")))]
fn decode_plain(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)])
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_read_as_the_plain_decoder_reads_it() {
        let digits = "0123456789abcdefABCDEF".repeat(5);
        for blemish in ["x", " ", "\u{141}", "\u{e9}", "G"] {
            for at in 0..=digits.len() {
                let text = digits[..at].to_owned() + blemish + &digits[at..];
                for room in [0, 1, 50, 60] {
                    let (mut fast, mut plain) = (vec![0xee; room], vec![0xee; room]);
                    let length = write_digits(&latin1::low_bytes(text.as_str().into()), &mut plain);
                    assert_eq!(write(text.as_str().into(), &mut fast), length, "{text}");
                    assert_eq!(fast[..length], plain[..length], "{text}");
                    assert!(
                        fast[length..].iter().all(|&byte| byte == 0xee),
                        "{text}: wrote past what it decoded"
                    );
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn bytes_are_written_as_the_plain_encoder_writes_them(bytes: Vec<u8>) {
            prop_assert_eq!(decode(&bytes), decode_plain(&bytes));
        }
    }
}
