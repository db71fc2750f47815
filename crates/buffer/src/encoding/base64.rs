//! Base64, in both alphabets.
//!
//! Text to bytes is lenient, as in Node: both alphabets are accepted, mixed too; whatever is not a digit is skipped;
//! padding is optional and `=` ends the text; a last digit that carries less than a byte is dropped.
//! Bytes to text is strict: `Standard` pads, `Url` does not.
//!
//! The plain code here reads anything; the vectorised one takes over where there are only digits for a while.

use super::latin1;
use crate::js_string::JsStr;
#[cfg(feature = "simd")]
use crate::simd::{base64_decode::decode_front, sink::Sink};

/// The 64 digits, and whether the text is padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alphabet {
    Standard,
    Url,
}

impl Alphabet {
    pub(crate) const fn digits(self) -> &'static [u8; 64] {
        match self {
            Self::Standard => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            Self::Url => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        }
    }
}

/// Decodes text, as much as fits.
#[cfg(feature = "simd")]
pub(super) fn write_to(text: JsStr<'_>, bytes: &mut Sink<'_>) {
    // Most text is ASCII, and its bytes are its low bytes. If it turns out not to be, the work is done again.
    if decode(text.as_wtf8(), bytes, true).is_none() {
        bytes.clear();
        decode(&latin1::low_bytes(text), bytes, false);
    }
}

/// Decodes digits, as many as fit; `None` if a byte is not ASCII and has to be.
#[cfg(feature = "simd")]
fn decode(text: &[u8], bytes: &mut Sink<'_>, is_ascii: bool) -> Option<()> {
    /// A block that the kernel leaves is read at least so far before the kernel is asked again.
    const BLOCK: usize = 32;
    let mut rest = text;
    while !rest.is_empty() {
        rest = decode_groups(decode_front(rest, bytes), bytes);
        rest = decode_plain(rest, BLOCK, is_ascii, |byte| bytes.push(byte))?;
    }
    Some(())
}

/// Decodes groups of four digits, as long as there is nothing else, and gives the text that is left.
#[cfg(feature = "simd")]
fn decode_groups<'a>(text: &'a [u8], bytes: &mut Sink<'_>) -> &'a [u8] {
    let (groups, _rest) = text.as_chunks::<4>();
    let mut read = 0;
    for group in groups {
        let values = group.map(|character| VALUES[usize::from(character)]);
        let [first, second, third, fourth] = values.map(u32::from);
        let is_decoded = values.iter().all(|&value| value < 64) && {
            let [_, high, middle, low] = (first << 18 | second << 12 | third << 6 | fourth).to_be_bytes();
            bytes.extend([high, middle, low])
        };
        if !is_decoded {
            break;
        }
        read += 4;
    }
    &text[read..]
}

/// Decodes text, as much as fits.
#[cfg(not(feature = "simd"))]
pub(super) fn write(text: JsStr<'_>, target: &mut [u8]) -> usize {
    decode_to_slice(&latin1::low_bytes(text), target)
}

/// The plain decoder.
#[cfg(any(test, not(feature = "simd")))]
pub(crate) fn decode_to_slice(digits: &[u8], target: &mut [u8]) -> usize {
    let mut written = 0;
    let push = |byte| match target.get_mut(written) {
        Some(place) => {
            (*place, written) = (byte, written + 1);
            true
        }
        None => false,
    };
    decode_plain(digits, usize::MAX, false, push);
    written
}

/// Decodes text, at least `enough` characters of it and on to the end of a group of four digits; gives what is left.
/// Ends at `=`, and when `push` has no room. `None` at the first byte that is not ASCII, if it has to be.
fn decode_plain(text: &[u8], enough: usize, is_ascii: bool, mut push: impl FnMut(u8) -> bool) -> Option<&[u8]> {
    let (mut bits, mut count) = (0_u32, 0);
    for (at, &character) in text.iter().enumerate() {
        if at >= enough && count == 0 {
            return Some(&text[at..]);
        }
        let value = VALUES[usize::from(character)];
        if value < 64 {
            (bits, count) = (bits << 6 | u32::from(value), count + 6);
            if count >= 8 {
                count -= 8;
                if !push((bits >> count) as u8) {
                    return Some(&[]);
                }
            }
        } else if character == b'=' {
            return Some(&[]);
        } else if is_ascii && !character.is_ascii() {
            return None;
        }
    }
    Some(&[])
}

/// The six bits of each digit of either alphabet, 64 for what is none.
static VALUES: [u8; 256] = {
    let mut values = [64; 256];
    let alphabets = [Alphabet::Standard.digits(), Alphabet::Url.digits()];
    let mut value = 0;
    while value < 64 {
        values[alphabets[0][value] as usize] = value as u8;
        values[alphabets[1][value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// The length of the text that so many bytes become.
pub(crate) fn text_length(bytes: usize, alphabet: Alphabet) -> usize {
    match alphabet {
        Alphabet::Standard => bytes.div_ceil(3) * 4,
        Alphabet::Url => (bytes * 4).div_ceil(3),
    }
}

/// Encodes bytes.
pub(super) fn encode(bytes: &[u8], alphabet: Alphabet) -> String {
    #[cfg(feature = "simd")]
    return crate::simd::base64_encode::encode(bytes, alphabet);
    #[cfg(not(feature = "simd"))]
    return encode_to_string(bytes, alphabet);
}

/// The plain encoder.
#[cfg(any(test, not(feature = "simd")))]
pub(crate) fn encode_to_string(bytes: &[u8], alphabet: Alphabet) -> String {
    let mut text = String::with_capacity(text_length(bytes.len(), alphabet));
    encode_plain(bytes, alphabet, |digits| {
        text.extend(digits.iter().copied().map(char::from));
    });
    text
}

/// Encodes bytes, three at a time, and gives the digits in pieces.
pub(crate) fn encode_plain(bytes: &[u8], alphabet: Alphabet, mut push: impl FnMut(&[u8])) {
    let digits = alphabet.digits();
    let digit = |bits: u32, shift: u32| digits[(bits >> shift & 0x3f) as usize];
    let group = |bytes| {
        let bits = u32::from_be_bytes(bytes);
        [18, 12, 6, 0].map(|shift| digit(bits, shift))
    };
    let (groups, rest) = bytes.as_chunks::<3>();
    for &[first, second, third] in groups {
        push(&group([0, first, second, third]));
    }
    let mut last = [0; 4];
    last[1..=rest.len()].copy_from_slice(rest);
    if !rest.is_empty() {
        push(&group(last)[..=rest.len()]);
        if alphabet == Alphabet::Standard {
            push(&b"=="[rest.len() - 1..]);
        }
    }
}

/// Node's estimate of the decoded length: three quarters of the text without up to two `=` at its end.
pub(super) fn estimate(text: JsStr<'_>) -> usize {
    let padding = text
        .as_wtf8()
        .iter()
        .rev()
        .take(2)
        .take_while(|&&byte| byte == b'=')
        .count();
    (text.utf16_len() - padding) * 3 / 4
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encoding::{Encoding, at_every_level};

    fn check(text: &str) {
        at_every_level(|| check_once(text));
    }

    fn check_once(text: &str) {
        let mut expected = vec![0; text.len() + 3];
        let length = decode_to_slice(&latin1::low_bytes(text.into()), &mut expected);
        assert_eq!(*Encoding::Base64.encode(text), expected[..length], "{text:?}");
        for room in [0, 1, length / 2, length.saturating_sub(1)] {
            let mut target = vec![0xee; room + 40];
            let written = Encoding::Base64.write(text, &mut target[..room]);
            assert_eq!(
                (written, &target[..written]),
                (room.min(length), &expected[..room.min(length)]),
                "{text:?}"
            );
            assert!(
                target[written..].iter().all(|&byte| byte == 0xee),
                "{text:?}: wrote past what it decoded"
            );
        }
    }

    #[test]
    fn a_blemish_at_any_place_is_read_as_the_plain_decoder_reads_it() {
        let digits: String = (0..5).map(|_| "ABCDWXYZabcdwxyz0123456789+/-_").collect();
        for blemish in ["=", "\n", "*", "\u{141}", "\u{7f}", "\u{80}", "\0", "==", "-"] {
            for at in 0..=digits.len() {
                check(&(digits[..at].to_owned() + blemish + &digits[at..]));
            }
        }
    }

    #[test]
    fn every_length_is_written_as_the_plain_encoder_writes_it() {
        let bytes: Vec<u8> = (0..200_u8).map(|at| at.wrapping_mul(89) ^ 0xa5).collect();
        at_every_level(|| {
            for length in 0..=bytes.len() {
                for alphabet in [Alphabet::Standard, Alphabet::Url] {
                    let bytes = &bytes[..length];
                    assert_eq!(encode(bytes, alphabet), encode_to_string(bytes, alphabet), "{length}");
                }
            }
        });
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn text_is_read_as_the_plain_decoder_reads_it(text in "[A-Za-z0-9+/_-]{0,200}[ -~é€\n]{0,8}[A-Za-z0-9+/]{0,200}={0,2}") {
            check(&text);
        }

        #[test]
        fn bytes_are_written_as_the_plain_encoder_writes_them(bytes: Vec<u8>) {
            at_every_level(|| for alphabet in [Alphabet::Standard, Alphabet::Url] {
                assert_eq!(encode(&bytes, alphabet), encode_to_string(&bytes, alphabet));
            });
        }
    }
}
