//! Cuts do not matter: whatever the chunks, the text is the one of the bytes decoded whole.

use ferronode_buffer::{Encoding, JsString, StringDecoder};

/// Feeds bytes cut where `cuts` has a bit.
fn in_pieces(encoding: Encoding, bytes: &[u8], cuts: usize) -> JsString {
    let mut decoder = StringDecoder::new(encoding);
    let mut text = JsString::new();
    let mut start = 0;
    for end in 1..bytes.len() {
        if cuts >> (end - 1) & 1 == 1 {
            text.push_str(&decoder.write(&bytes[start..end]));
            start = end;
        }
    }
    text.push_str(&decoder.end_with(&bytes[start..]));
    text
}

/// Every input of up to `longest` bytes of the alphabet, cut in every way.
fn exhaust(encoding: Encoding, alphabet: &[u8], longest: u32) {
    for length in 0..=longest {
        for number in 0..alphabet.len().pow(length) {
            let digit = |place| alphabet[number / alphabet.len().pow(place) % alphabet.len()];
            let bytes: Vec<u8> = (0..length).map(digit).collect();
            let whole = encoding.decode(&bytes);
            for cuts in 0..1_usize << length.saturating_sub(1) {
                let pieces = in_pieces(encoding, &bytes, cuts);
                assert_eq!(pieces, whole, "{encoding}: {bytes:x?} cut at {cuts:b}");
            }
        }
    }
}

#[test]
fn exhaustive_utf8_is_the_same_however_it_is_cut() {
    // ASCII, a continuation, and first bytes of 2, 3 and 4; of 3 again, where ED A0 begins a surrogate.
    exhaust(Encoding::Utf8, &[0x41, 0xa0, 0xc3, 0xe2, 0xed, 0xf0], 6);
    // The edges: overlong, surrogate and too large, with continuations on both sides of each edge.
    exhaust(
        Encoding::Utf8,
        &[0x80, 0x8f, 0x90, 0x9f, 0xbf, 0xc0, 0xe0, 0xed, 0xf0, 0xf4],
        4,
    );
    exhaust(Encoding::Utf8, &[0x7f, 0x80, 0xc1, 0xf5, 0xf8, 0xff], 5);
}

#[test]
fn exhaustive_utf16le_is_the_same_however_it_is_cut() {
    exhaust(Encoding::Utf16le, &[0x00, 0x61, 0xd8, 0xdb, 0xdc, 0xe0], 6);
}

#[test]
fn exhaustive_the_others_are_the_same_however_they_are_cut() {
    for encoding in [
        Encoding::Base64,
        Encoding::Base64url,
        Encoding::Hex,
        Encoding::Latin1,
        Encoding::Ascii,
    ] {
        exhaust(encoding, &[0x00, 0x61, 0xfb], 6);
    }
}

#[track_caller]
fn check(encoding: Encoding, chunks: &[&[u8]], expected: &[&str]) {
    let mut decoder = StringDecoder::new(encoding);
    let mut got: Vec<JsString> = chunks.iter().map(|chunk| decoder.write(chunk)).collect();
    got.push(decoder.end());
    assert_eq!(got, expected);
}

#[test]
fn an_incomplete_character_is_held_and_ended_by_what_does_not_belong_to_it() {
    check(Encoding::Utf8, &[&[0xe2], &[0x82], &[0xac]], &["", "", "€", ""]);
    check(Encoding::Utf8, &[&[0xe2, 0x82], b"A"], &["", "\u{fffd}A", ""]);
    check(Encoding::Utf8, &[&[0xf0, 0x9f, 0x98]], &["", "\u{fffd}"]);
    check(Encoding::Utf8, &[&[0xc3], &[], &[0xa9]], &["", "", "é", ""]);
}

#[test]
fn a_sequence_that_can_no_longer_be_valid_is_awaited_all_the_same() {
    check(
        Encoding::Utf8,
        &[&[0xed], &[0xa0], &[0x80]],
        &["", "", "\u{fffd}\u{fffd}\u{fffd}", ""],
    );
}

#[test]
fn a_pair_is_held_when_its_first_half_ends_a_chunk() {
    let chunks: [&[u8]; 5] = [&[0x61], &[0, 0x3d, 0xd8], &[0, 0xde], &[0x3d, 0xd8], &[0, 0xde]];
    check(Encoding::Utf16le, &chunks, &["", "a", "😀", "", "😀", ""]);
}

#[test]
fn a_half_that_was_completed_from_an_odd_byte_comes_out_at_once() {
    let mut decoder = StringDecoder::new(Encoding::Utf16le);
    let chunks: [&[u8]; 4] = [&[0x61], &[0, 0x3d], &[0xd8], &[0, 0xde]];
    let units: Vec<Vec<u16>> = chunks
        .iter()
        .map(|chunk| decoder.write(chunk).units().collect())
        .collect();
    assert_eq!(units, [vec![], vec![0x61], vec![0xd83d], vec![0xde00]]);
}

#[test]
fn base64_comes_in_whole_groups() {
    check(Encoding::Base64, &[b"a", b"bc", b"de"], &["", "YWJj", "", "ZGU="]);
    check(Encoding::Base64url, &[&[0xfb]], &["", "-w"]);
}
