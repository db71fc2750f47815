//! What serde's types are read from.

use std::collections::BTreeMap;
use std::fmt::Debug;

use ferronode_buffer::Buffer;
use ferronode_v8_serialize::{DecodeError, Options, from_slice, to_vec};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::payload;

#[track_caller]
fn read<T: DeserializeOwned>(digits: &str) -> Result<T, DecodeError> {
    from_slice(&payload(digits), &Options::default())
}

#[track_caller]
fn check<T: DeserializeOwned + PartialEq + Debug>(digits: &str, expected: T) {
    assert_eq!(read::<T>(digits), Ok(expected));
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Message {
    cmd: String,
    seq: u64,
    data: Buffer,
    worker: Option<u32>,
}

#[test]
fn a_struct_comes_back() {
    let message = Message {
        cmd: "online €".into(),
        seq: 1 << 60,
        data: Buffer::from(&[1, 2, 3]),
        worker: None,
    };
    let bytes = to_vec(&message, &Options::default()).unwrap();
    assert_eq!(from_slice::<Message>(&bytes, &Options::default()), Ok(message));
}

#[test]
fn every_spelling_of_an_integer_is_read_as_one() {
    for one in [
        "49 02",
        "55 01",
        "4e 000000000000f03f",
        "5a 10 0100000000000000",
        "6e 000000000000f03f",
        "5a 02 01",
    ] {
        check(one, 1_u8);
        check(one, 1_i64);
        check(one, 1_i128);
        check(one, 1.0_f64);
        check(one, serde_json::json!(1));
    }
    check("4e 000000000000e041", 1_u32 << 31);
    check("5a 10 ffffffffffffffff", u64::MAX);
    check("5a 11 ffffffffffffffff", -i128::from(u64::MAX));
    check("5a 20 ffffffffffffffff ffffffffffffffff", u128::MAX);
    assert!(read::<u8>("4e 000000000000f83f").is_err(), "1.5");
    assert!(read::<u8>("49 8004").is_err(), "256");
    assert!(read::<i32>("4e 0000000000000080").is_err(), "-0");
    assert_eq!(read::<f64>("4e 0000000000000080").map(f64::is_sign_negative), Ok(true));
}

#[test]
fn undefined_and_null_are_nothing() {
    check("5f", None::<u8>);
    check("30", None::<u8>);
    check("00 5f", None::<u8>);
    check("5f", ());
    check("49 02", Some(1_u8));
}

#[test]
fn texts_are_borrowed_if_they_can_be() {
    let bytes = payload("22 03 616263");
    assert_eq!(from_slice::<&str>(&bytes, &Options::default()), Ok("abc"));
    check("22 02 c3a9", "Ã©".to_owned());
    check("53 02 c3a9", "é".to_owned());
    check("63 02 ac20", '€');
    check("53 02 61ff", "a\u{fffd}".to_owned());
    assert_eq!(
        read::<String>("63 02 3dd8"),
        Err(DecodeError::LoneSurrogate { offset: 6 })
    );
}

#[test]
fn arrays_of_every_form_are_sequences() {
    let expected = vec![Some(1), None, Some(3)];
    check("41 03 4902 2d 4906 24 00 03", expected.clone());
    check("61 03 4900 4902 4904 4906 40 02 03", expected.clone());
    check("61 03 4900 4902 4904 4906 220178 30 40 03 03", expected.clone());
    check("41 03 4902 5f 4906 220178 30 24 01 03", expected);
    check("61 03 40 00 03", vec![None::<u8>; 3]);
    check("27 4902 4904 2c 02", vec![1, 2]);
    assert!(
        read::<Vec<Option<u8>>>("61 03 4904 30 4900 30 40 02 03").is_err(),
        "in disorder"
    );
    assert!(
        read::<Vec<Option<u8>>>("61 01 490a 30 40 01 01").is_err(),
        "past the end"
    );
    assert!(
        read::<Vec<Option<u8>>>("41 01 2d 4900 4902 24 01 01").is_err(),
        "behind the hole"
    );
}

#[test]
fn a_tuple_takes_all_or_fails() {
    check("41 02 4902 54 24 00 02", (1, true));
    let error = read::<(u8,)>("41 02 4902 54 24 00 02").unwrap_err();
    assert_eq!(error.to_string(), "at 6: expected the end of the array, found 0x54");
    assert!(read::<(u8, u8)>("27 4902 2c 01").is_err());
    assert!(read::<(u8,)>("27 4902 4904 2c 02").is_err());
    assert!(read::<(u8,)>("61 02 4900 4902 4902 4902 40 02 02").is_err());
    assert!(read::<(u8,)>("5c 00 0a 02 0102").is_err());
}

#[test]
fn objects_and_maps_are_maps() {
    let expected = BTreeMap::from([("a".to_owned(), 1), ("7".to_owned(), 2)]);
    check("6f 490e 4904 220161 4902 7b02", expected.clone());
    check("3b 220161 4902 220137 4904 3a04", expected);
    check("6f 490e 4904 7b01", BTreeMap::from([(7_u16, 2)]));
    check("3b 490e 4904 3a02", BTreeMap::from([(7_u16, 2)]));
    check("6f 22022d31 4904 7b01", BTreeMap::from([(-1_i64, 2)]));
    check("6f 220474727565 4904 7b01", BTreeMap::from([(true, 2)]));
}

#[test]
fn views_are_bytes_or_elements() {
    check("5c 00 0a 02 0102", Buffer::from(&[1, 2]));
    check("5c 00 01 02 0102", vec![1_u8, 2]);
    check("42 02 0102", Buffer::from(&[1, 2]));
    check("7e 02 04 0102", vec![1_u8, 2]);
    check("41 02 4902 4904 24 00 02", Buffer::from(&[1, 2]));
    check("5c 00 08 08 000000000000f83f", vec![1.5]);
    check("5c 00 08 08 000000000000f83f", Buffer::from(&1.5_f64.to_le_bytes()));
    check("5c 00 03 04 0100feff", serde_json::json!([1, -2]));
    check("5c 00 08 08 0000000000000040", serde_json::json!([2]));
    check("5c 00 01 01 07", vec![Some(7)]);
    check("5c 00 0c 08 ffffffffffffffff", (u64::MAX,));
    check("5c 01 6f 7b00", BTreeMap::<String, u8>::new());
}

#[test]
fn wrapped_values_are_what_they_wrap() {
    check("79", true);
    check("7a 10 0500000000000000", 5);
    check("73 220161", "a".to_owned());
    check("52 220161 03", "/a/gi".to_owned());
    check("44 00000000006be840", 50_008);
    check("44 000000000000f87f", serde_json::Value::Null);
}

#[derive(Debug, PartialEq, Deserialize)]
struct Failure {
    name: String,
    message: Option<String>,
    #[serde(default)]
    cause: Option<Box<Failure>>,
}

#[test]
fn an_error_is_a_map_of_its_parts() {
    let cause = Failure {
        name: "Error".into(),
        message: None,
        cause: None,
    };
    let expected = Failure {
        name: "TypeError".into(),
        message: Some("m".into()),
        cause: Some(Box::new(cause)),
    };
    check("72 54 6d 22016d 63 72 73 220153 2e 73 220153 2e", expected);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    Newtype(u8),
    Tuple(u8, bool),
    Struct { a: Vec<u8> },
}

#[test]
fn enums_come_back() {
    let shapes = [
        Shape::Unit,
        Shape::Newtype(1),
        Shape::Tuple(1, true),
        Shape::Struct { a: vec![1] },
    ];
    let bytes = to_vec(&shapes, &Options::default()).unwrap();
    assert_eq!(from_slice::<[Shape; 4]>(&bytes, &Options::default()), Ok(shapes));
    check("6f 2204556e6974 30 7b01", Shape::Unit);
    assert!(read::<Shape>("6f 2204556e6974 30 220161 30 7b02").is_err());
    assert!(read::<Shape>("49 02").is_err());
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(u64),
    Text(String),
}

#[test]
fn a_type_that_buffers_its_value_sees_integers() {
    check("4e 000000000000e041", Either::Number(1 << 31));
    check("22 01 61", Either::Text("a".into()));
}

#[test]
fn an_object_that_is_referred_to_is_read_again() {
    // [{a: 1}, the same, [the same]]
    let expected = serde_json::json!([{ "a": 1 }, { "a": 1 }, [{ "a": 1 }]]);
    check("41 03 6f 220161 4902 7b01 5e01 41 01 5e01 24 00 01 24 00 03", expected);
    // Numbers go on behind what was read again: [[{}], the list, [], the last]
    check(
        "41 04 41 01 6f7b00 24 00 01 5e01 41 00 24 00 00 5e03 24 00 04",
        serde_json::json!([[{}], [{}], [], []]),
    );
    // And behind what came between: [[{}], [7], the first list, [8], the last]
    check(
        "41 05 41 01 6f7b00 24 00 01 41 01 490e 24 00 01 5e01 41 01 4910 24 00 01 5e04 24 00 05",
        serde_json::json!([[{}], [7], [{}], [8], [8]]),
    );
    // What was passed over can be referred to as well.
    check(
        "41 02 6f 220161 6f7b00 7b01 5e02 24 00 02",
        (Ignored, BTreeMap::<String, u8>::new()),
    );
    check(
        "41 02 6f 22055475706c65 41 02 4902 54 24 00 02 7b01 5e01 24 00 02",
        [Shape::Tuple(1, true), Shape::Tuple(1, true)],
    );
}

#[derive(Debug, PartialEq)]
struct Ignored;

impl<'de> Deserialize<'de> for Ignored {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[test]
fn an_object_within_itself_has_no_end() {
    let error = read::<serde_json::Value>("6f 220473656c66 5e00 7b01").unwrap_err();
    assert_eq!(error, DecodeError::Cycle { offset: 10, object: 0 });
    #[derive(Debug, PartialEq, Deserialize)]
    struct Other {
        a: u8,
    }
    check("6f 220473656c66 5e00 220161 4902 7b02", Other { a: 1 });
    // Passed over at first, then asked for: [cycle, cycle].
    let error = read::<(Ignored, serde_json::Value)>("41 02 6f 220473656c66 5e01 7b01 5e01 24 00 02").unwrap_err();
    assert_eq!(error, DecodeError::Cycle { offset: 12, object: 1 });
}
