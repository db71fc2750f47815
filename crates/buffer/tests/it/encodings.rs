//! Text to bytes and back. The numbers are those of the statements about Node 20 in `conformance`.

use ferronode_buffer::{Buffer, Encoding, JsString};

#[track_caller]
fn check(encoding: Encoding, text: &str, hex: &str) {
    let bytes = Buffer::from_string(text, encoding);
    assert_eq!(bytes.to_string(Encoding::Hex), hex, "{text:?} as {encoding}");
}

#[test]
fn text_becomes_bytes_as_in_node() {
    check(Encoding::Utf8, "é€😀", "c3a9e282acf09f9880");
    check(Encoding::Utf16le, "aé", "6100e900");
    check(Encoding::Latin1, "Ł€😀", "41ac3d00");
    check(Encoding::Ascii, "éŁ", "e941");
    check(Encoding::Hex, "aBCdEF", "abcdef");
    check(Encoding::Base64, "aGk=", "6869");
}

#[test]
fn hex_stops_at_the_first_bad_pair_and_drops_an_odd_digit() {
    for (text, hex) in [("abc", "ab"), ("abxxcd", "ab"), ("zz", ""), ("a", ""), ("0aG1", "0a")] {
        check(Encoding::Hex, text, hex);
    }
}

#[test]
fn hex_looks_at_the_low_byte_of_each_unit() {
    check(Encoding::Hex, "B\u{141}", "ba");
    check(Encoding::Hex, "B\u{241}\u{130}\u{131}", "ba01");
}

#[test]
fn base64_skips_garbage_takes_both_alphabets_and_stops_at_padding() {
    let text = |text| Buffer::from_string(text, Encoding::Base64).to_string(Encoding::Utf8);
    assert_eq!(text("aGVs bG8g\nd29y*bGQ="), "hello world");
    assert_eq!(text("aGk"), "hi");
    assert_eq!(text("aGk=aGk="), "hi");
    assert_eq!(text("aG=k"), "h");
    check(Encoding::Base64, "-_+/", "fbffbf");
    check(Encoding::Base64url, "-_+/", "fbffbf");
    check(Encoding::Base64, "a", "");
    check(Encoding::Base64, "aGkaa", "68691a");
}

#[test]
fn base64_pads_and_base64url_does_not() {
    let bytes = Buffer::from_bytes(&[0xfb, 0xff]);
    assert_eq!(bytes.to_string(Encoding::Base64), "+/8=");
    assert_eq!(bytes.to_string(Encoding::Base64url), "-_8");
}

#[test]
fn invalid_utf8_gives_one_replacement_per_maximal_part() {
    let cases: [(&[u8], &str); 6] = [
        (b"\xe2\x82", "\u{fffd}"),
        (b"\xf0\x9f\x98", "\u{fffd}"),
        (b"\xe2\x82A", "\u{fffd}A"),
        (b"\xc0\x80", "\u{fffd}\u{fffd}"),
        (b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}"),
        (b"\xf4\x90\x80\x80", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(Encoding::Utf8.decode(bytes), expected, "{bytes:x?}");
    }
}

#[test]
fn utf16le_keeps_lone_surrogates_and_drops_an_odd_byte() {
    let text = Encoding::Utf16le.decode(&[0x3d, 0xd8, 0x61]);
    assert_eq!(text, JsString::from_units([0xd83d]));
    assert_eq!(Encoding::Utf16le.encode(&text), [0x3d, 0xd8]);
    assert_eq!(Encoding::Utf8.encode(&text), [0xef, 0xbf, 0xbd]);
}

#[test]
fn ascii_decoding_drops_the_top_bit() {
    assert_eq!(Encoding::Ascii.decode(&[0xe9, 0xc1, 0x41, 0x80]), "iAA\0");
    assert_eq!(Encoding::Latin1.decode(&[0xe9]), "é");
}

#[test]
fn byte_length_of_base64_is_an_estimate() {
    let length = |text| Encoding::Base64.byte_length(text);
    assert_eq!([length("aGk="), length("a G k ="), length("aGk")], [2, 4, 2]);
    assert_eq!(Encoding::Utf8.byte_length(&JsString::from_units([0xd800])), 3);
    assert_eq!(Encoding::Utf16le.byte_length("a€"), 4);
    assert_eq!(Encoding::Hex.byte_length("zzz"), 1);
}

#[test]
fn writing_stops_before_a_character_that_does_not_fit() {
    let mut target = *b"....";
    assert_eq!(Encoding::Utf8.write("€€", &mut target), 3);
    assert_eq!(&target, b"\xe2\x82\xac.");
    let mut target = [0; 5];
    assert_eq!(Encoding::Utf16le.write("abc", &mut target), 4);
    assert_eq!(&target, b"a\0b\0\0");
}

#[test]
fn names_are_known_in_any_case() {
    for name in [
        "UTF-8",
        "Ucs-2",
        "utf-16le",
        "BINARY",
        "Latin1",
        "HEX",
        "Base64Url",
        "ascii",
    ] {
        assert!(Encoding::parse(name).is_some(), "{name}");
    }
    for name in ["utf16", "latin-1", "buffer", "", "utf-16be", " utf8"] {
        let error = name.parse::<Encoding>().expect_err(name);
        assert_eq!(error.code(), "ERR_UNKNOWN_ENCODING");
    }
}
