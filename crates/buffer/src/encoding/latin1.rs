//! Latin-1: one byte per unit. What is above U+00FF loses its high bits: "€" (U+20AC) becomes AC, as in Node.
//!
//! `low_bytes` is also how hex and base64 read text: Node looks at the low byte of each unit there.

use std::borrow::Cow;

use crate::js_string::JsStr;
#[cfg(feature = "simd")]
use crate::simd::{from_utf8::latin1_from_utf8, sink::Sink, to_utf8::latin1_to_string};

/// Writes the low byte of each unit, as many as fit.
#[cfg(feature = "simd")]
pub(super) fn write_to(text: JsStr<'_>, bytes: &mut Sink<'_>) {
    match text.as_str() {
        Some(text) => latin1_from_utf8(text, bytes),
        None => text.units().for_each(|unit| {
            bytes.push(unit as u8);
        }),
    }
}

/// The plain encoder: writes the low byte of each unit, as many as fit.
#[cfg(any(test, not(feature = "simd")))]
pub(super) fn write(text: JsStr<'_>, target: &mut [u8]) -> usize {
    let mut length = 0;
    for (byte, unit) in target.iter_mut().zip(text.units()) {
        *byte = unit as u8;
        length += 1;
    }
    length
}

/// The low byte of each unit of the text.
pub(super) fn low_bytes(text: JsStr<'_>) -> Cow<'_, [u8]> {
    let wtf8 = text.as_wtf8();
    if wtf8.is_ascii() {
        Cow::Borrowed(wtf8)
    } else {
        Cow::Owned(text.units().map(|unit| unit as u8).collect())
    }
}

pub(super) fn decode(bytes: &[u8]) -> String {
    #[cfg(feature = "simd")]
    return latin1_to_string(bytes);
    #[cfg(not(feature = "simd"))]
    return decode_plain(bytes);
}

/// The plain decoder.
#[cfg(any(test, not(feature = "simd")))]
fn decode_plain(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encoding::{Encoding, at_every_level};

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn bytes_are_read_as_the_plain_decoder_reads_them(ascii in "[ -~]{0,70}", bytes: Vec<u8>, end in "[ -~]{0,70}") {
            let bytes = [ascii.as_bytes(), &bytes, end.as_bytes()].concat();
            at_every_level(|| assert_eq!(decode(&bytes), decode_plain(&bytes)));
        }

        #[test]
        fn text_is_written_as_the_plain_encoder_writes_it(
            text in "[ -~]{0,40}[ -ÿ]{0,80}([ -~é]{0,30}|[€😀ł]{0,3}){0,5}[ -ÿ]{0,40}",
            room in 0..300_usize,
        ) {
            at_every_level(|| check(&text, room));
        }
    }

    /// The kernels make text and bytes of it as the plain code does, and touch nothing past them.
    #[track_caller]
    fn check(text: &str, room: usize) {
        let (mut fast, mut plain) = (vec![0xee; room], vec![0xee; room]);
        let length = write(text.into(), &mut plain);
        assert_eq!(Encoding::Latin1.write(text, &mut fast), length);
        assert_eq!(fast, plain, "{text} in {room}");
        assert_eq!(&Encoding::Latin1.encode(text)[..], &low_bytes(text.into())[..]);
    }

    #[test]
    fn a_character_of_any_length_is_written_wherever_it_stands() {
        for odd in ["\u{80}", "ÿ", "ł", "€", "😀"] {
            for at in 0..150 {
                let text = "a".repeat(at) + odd + &"é".repeat(150 - at) + odd;
                at_every_level(|| (0..8).for_each(|cut| check(&text, text.chars().count() + 2 - cut)));
            }
        }
    }
}
