//! A graph built by hand, and looked into.

use ferronode_buffer::{Buffer, JsString};
use ferronode_v8_serialize::{
    BigInt, ErrorKind, ErrorObject, Graph, Object, Options, Properties, RegExp, Value, View, ViewKind,
};

use crate::{payload, show};

/// Writes a graph with `object` for its value, and compares; reads it back, and compares.
#[track_caller]
fn check(object: impl Into<Object>, expected: &str) {
    let mut graph = Graph::new();
    let id = graph.add(object);
    graph.set_root(id);
    let bytes = graph.encode(&Options::default()).unwrap();
    assert_eq!(show(&bytes), show(&payload(expected)));
    assert_eq!(Graph::decode(&bytes, &Options::default()).unwrap(), graph);
}

#[test]
fn every_kind_of_object_can_be_made() {
    check(Properties::new(), "6f 7b 00");
    check(vec![Value::from(true), Value::Null], "41 02 54 30 24 00 02");
    check(Object::Date(0.0), "44 0000000000000000");
    check(Object::Boolean(true), "79");
    check(Object::Number(1.0), "6e 000000000000f03f");
    check(Object::BigInt(BigInt::from(1_u64)), "7a 10 0100000000000000");
    check(Object::String("a".into()), "73 22 01 61");
    check(Object::RegExp(RegExp::new("a", "dv").unwrap()), "52 22 01 61 80 03");
    check(Object::Map(vec![("a".into(), 1.into())]), "3b 22 01 61 49 02 3a 02");
    check(Object::Set(vec![1.into()]), "27 49 02 2c 01");
    check(Object::ArrayBuffer(Buffer::from(&[1, 2])), "42 02 01 02");
    check(Buffer::from(&[1, 2]), "5c 00 0a 02 01 02");
    check(
        Object::View(View::new(ViewKind::Int16Array, &[1, 0]).unwrap()),
        "5c 00 03 02 01 00",
    );
    let bytes = Buffer::from(&[7]);
    check(
        Object::ResizableArrayBuffer { bytes, max_length: 300 },
        "7e 01 ac 02 07",
    );
}

#[test]
fn an_error_has_its_parts_in_any_order() {
    let error = ErrorObject {
        kind: ErrorKind::UriError,
        message: Some("m".into()),
        cause: Some(1.into()),
        stack: Some("S".into()),
    };
    check(error.clone(), "72 55 6d 22016d 63 4902 73 220153 2e");
    let newer = payload("72 55 6d 22016d 73 220153 63 4902 2e");
    let graph = Graph::decode(&newer, &Options::default()).unwrap();
    assert_eq!(graph.root().as_object(), Some(&Object::from(error)));
}

#[test]
fn half_a_surrogate_pair_is_kept() {
    let half = JsString::from_units([0x61, 0xd83d]);
    let mut graph = Graph::new();
    graph.set_root(half.clone());
    let bytes = graph.encode(&Options::default()).unwrap();
    assert_eq!(show(&bytes), "ff0f630461003dd8");
    let back = Graph::decode(&bytes, &Options::default()).unwrap();
    assert_eq!(back.root().as_js_string(), Some(&half));
    assert_eq!(back.root().as_str(), None);
}

#[test]
fn strings_take_one_byte_a_unit_if_all_fit() {
    for (text, expected) in [
        ("", "22 00"),
        ("aÿ", "22 02 61 ff"),
        ("aĀ", "63 04 6100 0001"),
        ("é€", "63 04 e900 ac20"),
    ] {
        let mut graph = Graph::new();
        graph.set_root(text);
        let bytes = graph.encode(&Options::default()).unwrap();
        assert_eq!(show(&bytes), show(&payload(expected)), "{text}");
        assert_eq!(
            Graph::decode(&bytes, &Options::default()).unwrap().root().as_str(),
            Some(text)
        );
    }
}

#[test]
fn text_of_two_bytes_lies_at_an_even_offset_of_its_payload() {
    for before in 0..4 {
        let mut out = vec![0; before];
        let graph = Graph::from([("ab", Value::from("€"))]);
        graph.encode_to(&mut out, &Options::default()).unwrap();
        assert_eq!(show(&out[before..]), "ff0f6f22026162006302ac207b01");
    }
}

#[test]
fn an_error_leaves_what_was_written_before() {
    let mut out = vec![1, 2, 3];
    let deep = Options {
        depth: 0,
        ..Options::default()
    };
    assert!(Graph::from([("a", Value::Null)]).encode_to(&mut out, &deep).is_err());
    assert_eq!(out, [1, 2, 3]);
}

#[test]
fn an_object_in_two_places_is_one() {
    let mut graph = Graph::new();
    let shared = graph.add(Properties::new());
    let list = graph.add(vec![Value::from(shared), Value::from(shared)]);
    graph.set_root(list);
    let bytes = graph.encode(&Options::default()).unwrap();
    assert_eq!(show(&bytes), "ff0f41026f7b005e01240002");
    let back = Graph::decode(&bytes, &Options::default()).unwrap();
    assert_eq!(back.root().at(0).value(), back.root().at(1).value());
    assert_eq!(back.object_count(), 2);
}

#[test]
fn indexes_come_first_and_references_follow_their_objects() {
    // { b: {}, 1: [the same] }: the key 1 is written first, so the object is too.
    let foreign = payload("6f 220162 6f7b00 4902 5e01 7b02");
    let graph = Graph::decode(&foreign, &Options::default()).unwrap();
    let bytes = graph.encode(&Options::default()).unwrap();
    assert_eq!(show(&bytes), show(&payload("6f 4902 6f7b00 220162 5e01 7b02")));
}

#[test]
fn a_map_is_asked_like_an_object() {
    let graph = Graph::decode(&payload("3b 220161 4902 4902 4904 3a 04"), &Options::default()).unwrap();
    assert_eq!(graph.root().get("a").as_f64(), Some(1.0));
    assert!(graph.root().get("1").is_undefined());
}

#[test]
fn a_value_of_another_graph_is_an_error() {
    let mut other = Graph::new();
    other.add(Properties::new());
    let foreign = other.add(Properties::new());
    let mut graph = Graph::new();
    graph.set_root(foreign);
    let error = graph.encode(&Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "expected one of 0 objects, found number 1");
}

#[test]
fn a_graph_is_made_of_a_type_and_read_as_one() {
    let graph = Graph::of(&serde_json::json!({ "cmd": "online", "list": [1, 2.5, null] })).unwrap();
    assert_eq!(graph.root().get("cmd").as_str(), Some("online"));
    assert_eq!(graph.root().get("list").items().len(), 3);
    let back: serde_json::Value = graph.to().unwrap();
    assert_eq!(back, serde_json::json!({ "cmd": "online", "list": [1, 2.5, null] }));
}
