//! What no honest peer sends: an error each, and nothing else.

use ferronode_v8_serialize::{DecodeError, Graph, Options, from_slice};
use proptest::prelude::*;
use serde::de::IgnoredAny;

use crate::payload;

/// Refused by the graph, by a type and by whoever passes over it, with the same words.
#[track_caller]
fn check(digits: &str, expected: &str) {
    let payload = payload(digits);
    let graph = Graph::decode(&payload, &Options::default()).map(drop);
    let ignored = from_slice::<IgnoredAny>(&payload, &Options::default()).map(drop);
    let json = from_slice::<serde_json::Value>(&payload, &Options::default()).map(drop);
    for (who, found) in [("graph", graph), ("ignored", ignored), ("json", json)] {
        assert_eq!(found.unwrap_err().to_string(), expected, "{who}");
    }
}

#[test]
fn what_is_announced_must_be_there() {
    check("", "at 2: expected 1 bytes, found 0");
    check("22 ffffffff0f 61", "at 8: expected 4294967295 bytes, found 1");
    check("63 feffffff0f 6100", "at 8: expected 4294967294 bytes, found 2");
    check("5a feffffff0f 00", "at 8: expected 2147483647 bytes, found 1");
    check("41 ffffffff0f 5f", "at 8: expected 4294967295 bytes, found 1");
    check("42 ffffffff0f 00", "at 8: expected 4294967295 bytes, found 1");
    check("7e 8001 ffffffff0f 00", "at 10: expected 128 bytes, found 1");
    check("5c 00 0a ffffffff0f 00", "at 10: expected 4294967295 bytes, found 1");
    check("4e 000000", "at 3: expected 8 bytes, found 3");
    check("41 8080808080", "at 8: expected 1 bytes, found 0");
}

#[test]
fn what_is_counted_must_be_right() {
    check("6f 220161 30 7b 02", "at 8: expected the count 1, found 2");
    check("41 01 30 24 01 01", "at 6: expected the count 0, found 1");
    check("41 01 30 24 00 02", "at 7: expected the count 1, found 2");
    check("27 30 2c 02", "at 5: expected the count 1, found 2");
}

#[test]
fn tags_and_numbers_must_be_known() {
    check("21", "at 2: expected the tag of a value, found 0x21");
    check("ff", "at 2: expected the tag of a value, found 0xff");
    check("56", "at 2: expected the tag of a value, found 0x56");
    check("2d", "at 2: expected the tag of a value, found 0x2d");
    check("63 01 61", "at 3: expected an even number of bytes, found 0x01");
    check("5c 02", "at 3: expected a host object of kind 0 or 1, found 0x02");
    check(
        "5c 00 0d 00",
        "at 4: expected the index of a typed array, from 0 to 12, found 0x0d",
    );
    check(
        "5c 00 05 03 000000",
        "at 5: expected a length of whole elements, found 0x03",
    );
    check("72 71 2e", "at 3: expected a part of an error, found 0x71");
    check("73 49 02", "at 3: expected a string, found 0x49");
    check(
        "7e 02 01 0000",
        "at 4: expected a greatest length that is not below the length, found 0x01",
    );
    check("5e 00", "at 3: expected one of 0 objects, found number 0");
    check(
        "6f 30 30 7b 01",
        "at 3: expected a key: a string or a number, found 0x30",
    );
}

#[test]
fn flags_of_a_regular_expression_must_be_javascripts() {
    let error = Graph::decode(&payload("52 220161 40"), &Options::default()).unwrap_err();
    let expected = "at 6: expected the flags of a regular expression, found 0x40";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_key_must_not_occur_twice() {
    let twice = payload("6f 220161 30 220161 30 7b 02");
    let error = Graph::decode(&twice, &Options::default()).unwrap_err();
    assert_eq!(error, DecodeError::DuplicateKey { offset: 13 });
}

#[test]
fn padding_and_old_marks_are_read_over() {
    let graph = Graph::decode(&payload("00 3f 8001 00 6f 00 7b 00"), &Options::default()).unwrap();
    assert!(graph.root().as_object().is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4000, ..ProptestConfig::default() })]

    /// Who reads a graph, a type and nothing agree on what is well formed, but for what only one of them looks at.
    #[test]
    fn any_bytes_are_an_error_or_a_value(
        bytes in prop::collection::vec(
            prop::sample::select(b"_0TFIUNZ\"cS^o{A$-a@DyxnzsR;:',rmcs.B~\\?\x00\x01\x02\x03\x04\x05\x0a\x7f\x80\xff".to_vec()), 0..40),
    ) {
        let payload = [b"\xff\x0f", &bytes[..]].concat();
        let json = from_slice::<serde_json::Value>(&payload, &Options::default());
        let ignored = from_slice::<IgnoredAny>(&payload, &Options::default());
        if let Ok(graph) = Graph::decode(&payload, &Options::default()) {
            prop_assert!(ignored.is_ok(), "{ignored:?} of {graph:?}");
            let written = graph.encode(&Options::default()).unwrap();
            let again = Graph::decode(&written, &Options::default()).unwrap();
            prop_assert_eq!(again.encode(&Options::default()).unwrap(), written);
        }
        if json.is_ok() {
            prop_assert!(ignored.is_ok(), "{ignored:?} of {json:?}");
        }
    }
}
