//! UTF-16, low byte first. No mark is looked for or written, and nothing is replaced: a lone surrogate passes both ways.
//!
//! Only whole units are written, and an odd last byte is not read. A pair may be cut in two.

use crate::js_string::{JsStr, JsString};
#[cfg(feature = "simd")]
use crate::simd::{from_utf8::utf16le_from_utf8, sink::Sink, to_utf8::utf16le_to_string};

/// Writes the units, as many as fit.
#[cfg(feature = "simd")]
pub(super) fn write_to(text: JsStr<'_>, bytes: &mut Sink<'_>) {
    match text.as_str() {
        Some(text) => utf16le_from_utf8(text, bytes),
        None => text.units().for_each(|unit| {
            bytes.extend(unit.to_le_bytes());
        }),
    }
}

/// The plain encoder: writes the units, as many as fit.
#[cfg(any(test, not(feature = "simd")))]
pub(super) fn write(text: JsStr<'_>, target: &mut [u8]) -> usize {
    let mut written = 0;
    for (bytes, unit) in target.chunks_exact_mut(2).zip(text.units()) {
        bytes.copy_from_slice(&unit.to_le_bytes());
        written += 2;
    }
    written
}

pub(super) fn decode(bytes: &[u8]) -> JsString {
    let (units, _odd) = bytes.as_chunks::<2>();
    #[cfg(feature = "simd")]
    if let Some(text) = utf16le_to_string(units) {
        return text.into();
    }
    JsString::from_units(units.iter().copied().map(u16::from_le_bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encoding::{Encoding, at_every_level};

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn units_are_read_as_the_plain_decoder_reads_them(
            ascii in "[ -~]{0,40}",
            units in prop::collection::vec(prop_oneof![0..0x80_u16, 0..0x900_u16, 0xd700..0xe100_u16, any::<u16>()], 0..60),
            text in "[ -~é€😀]{0,80}",
        ) {
            let units: Vec<u16> = ascii.encode_utf16().chain(units).chain(text.encode_utf16()).collect();
            let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            at_every_level(|| {
                assert_eq!(decode(&bytes), JsString::from_units(units.iter().copied()));
                assert!(decode(&text).as_str().is_some());
            });
        }

        #[test]
        fn text_is_written_as_the_plain_encoder_writes_it(
            text in "[ -~]{0,40}[ -߿]{0,80}([ -~é]{0,30}|[€😀ł]{0,3}){0,5}[ -ÿ]{0,40}",
            room in 0..500_usize,
        ) {
            at_every_level(|| check(&text, room));
        }
    }

    /// The kernels make text and units of it as the plain code does, and touch nothing past them.
    #[track_caller]
    fn check(text: &str, room: usize) {
        let (mut fast, mut plain) = (vec![0xee; room], vec![0xee; room]);
        let length = write(text.into(), &mut plain);
        assert_eq!(Encoding::Utf16le.write(text, &mut fast), length);
        assert_eq!(fast, plain, "{text} in {room}");
        assert_eq!(decode(&Encoding::Utf16le.encode(text)), text);
    }

    #[test]
    fn a_character_of_any_length_is_written_wherever_it_stands() {
        for (odd, others) in [("é", "a"), ("€", "é"), ("😀", "€"), ("😀", "a"), ("a", "😀")] {
            for at in 0..70 {
                let text = others.repeat(at) + odd + &others.repeat(70 - at) + odd;
                let length = 2 * text.encode_utf16().count();
                at_every_level(|| (0..8).for_each(|cut| check(&text, length + 3 - cut)));
            }
        }
    }

    #[test]
    fn a_half_that_stands_alone_is_kept_wherever_it_stands() {
        for half in [0xd800, 0xdbff, 0xdc00, 0xdfff] {
            for at in 0..70 {
                let mut units: Vec<u16> = "€a😀".encode_utf16().cycle().take(70).collect();
                units[at] = half;
                let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
                at_every_level(|| assert_eq!(decode(&bytes), JsString::from_units(units.iter().copied()), "{at}"));
            }
        }
    }
}
