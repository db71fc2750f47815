//! What serde's types are written as.

use std::collections::BTreeMap;

use ferronode_buffer::Buffer;
use ferronode_v8_serialize::{Dialect, EncodeError, Options, from_slice, to_vec};
use serde::{Serialize, Serializer};

use crate::{payload, show};

#[track_caller]
fn check<T: Serialize + ?Sized>(value: &T, expected: &str) {
    let bytes = to_vec(value, &Options::default()).unwrap();
    assert_eq!(show(&bytes), show(&payload(expected)));
}

#[derive(Serialize)]
enum Shape {
    Unit,
    Newtype(u8),
    Tuple(u8, bool),
    Struct { a: u8 },
}

#[test]
fn integers_are_as_short_as_they_stay_exact() {
    check(&1_u8, "49 02");
    check(&i32::MIN, "49 ffffffff0f");
    check(&(1_u32 << 31), "4e 000000000000e041");
    check(&((1_i64 << 53) - 1), "4e ffffffffffff3f43");
    check(&(1_i64 << 53), "5a 10 0000000000002000");
    check(&(-(1_i64 << 53)), "5a 11 0000000000002000");
    check(&u64::MAX, "5a 10 ffffffffffffffff");
    check(&(1_u128 << 64), "5a 20 0000000000000000 0100000000000000");
    check(&-1_i128, "49 01");
    check(&1.0_f64, "4e 000000000000f03f");
    check(&0.5_f32, "4e 000000000000e03f");
}

#[test]
fn nothing_is_null() {
    check(&(), "30");
    check(&None::<u8>, "30");
    check(&Some(1), "49 02");
}

#[test]
fn enums_are_written_as_in_json() {
    check(&Shape::Unit, "22 04 556e6974");
    check(&Shape::Newtype(1), "6f 22 07 4e657774797065 4902 7b01");
    check(
        &Shape::Tuple(1, true),
        "6f 22 05 5475706c65 41 02 4902 54 24 00 02 7b01",
    );
    check(
        &Shape::Struct { a: 1 },
        "6f 22 06 537472756374 6f 220161 4902 7b01 7b01",
    );
}

#[test]
fn keys_are_text_or_indexes() {
    check(&BTreeMap::from([(7, 'x')]), "6f 490e 220178 7b01");
    check(&BTreeMap::from([("7", 'x')]), "6f 490e 220178 7b01");
    check(&BTreeMap::from([(u32::MAX - 1, ())]), "6f 4e0000c0ffffffef41 30 7b01");
    check(&BTreeMap::from([(-1, ())]), "6f 22022d31 30 7b01");
    check(&BTreeMap::from([(true, ())]), "6f 220474727565 30 7b01");
    let error = to_vec(&BTreeMap::from([((1, 2), ())]), &Options::default()).unwrap_err();
    assert_eq!(error, EncodeError::Key { found: "a tuple" });
}

#[test]
fn bytes_are_a_buffer_of_nodes() {
    check(&Buffer::from(&[1, 2]), "5c 00 0a 02 0102");
    let module = Options {
        dialect: Dialect::Module,
        ..Options::default()
    };
    assert_eq!(
        show(&to_vec(&Buffer::from(&[1, 2]), &module).unwrap()),
        "ff0f5c0a020102"
    );
}

/// A sequence that does not know how long it is.
struct Endless(u32);

impl Serialize for Endless {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..self.0).filter(|_| true))
    }
}

#[test]
fn a_sequence_without_a_length_is_given_room_for_one() {
    check(&Endless(1), "41 8180808000 4900 24 00 01");
    for count in [0, 1, 127, 128, 20_000] {
        let bytes = to_vec(&Endless(count), &Options::default()).unwrap();
        let back: Vec<u32> = from_slice(&bytes, &Options::default()).unwrap();
        assert_eq!(back, Vec::from_iter(0..count));
    }
}

/// A sequence that says a length and has another.
struct Liar;

impl Serialize for Liar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(Some(2))?;
        serde::ser::SerializeSeq::serialize_element(&mut items, &1)?;
        serde::ser::SerializeSeq::end(items)
    }
}

#[test]
fn a_sequence_that_miscounts_is_refused() {
    let error = to_vec(&Liar, &Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "expected 2 items, found 1");
}
