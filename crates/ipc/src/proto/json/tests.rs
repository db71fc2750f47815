//! What lines are, and the reader beside serde_json.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::marker::PhantomData;

use proptest::prelude::{Just, Strategy, any, prop_assert_eq, prop_oneof, proptest};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::*;

#[test]
fn what_is_well_known_is_what_it_would_be_if_it_were_read_whole() {
    for text in [
        r#"{"cmd":"NODE_HANDLE_ACK"}"#,
        r#"{"cmd":"NODE_CLUSTER","ack":1,"accepted":true,"seq":3}"#,
        r#"{"cmd":"NODE_CLUSTER","cmd":"mine"}"#,
        r#"{"cmd":"NODE_CLUSTER","c\u006dd":"mine"}"#,
        r#"{"cmd":"NODE_CLUSTER","key":"\"cmd\""}"#,
        r#"{"cmd":"NODE_CLUSTER","msg":{"cmd":"NODE_HANDLE"}}"#,
        r#"{"cmd":"NODE_CLUSTERS","seq":3}"#,
        r#"{"cmd":"NODE_HANDLE_ACK","seq":3}"#,
    ] {
        let whole = || serde_json::from_str(text).map(Envelope::of).unwrap();
        assert_eq!(well_known(text.as_bytes()).unwrap_or_else(whole), whole(), "{text}");
    }
    assert!(well_known(ACK).is_some() && well_known(br#"{"cmd":"NODE_CLUSTER","seq":3}"#).is_some());
}

/// What a program might expect: one of everything that serde knows.
#[derive(Debug, PartialEq, Deserialize)]
enum Shape {
    Unit,
    New(u8),
    Tuple(i64, Option<String>),
    Struct {
        float: f32,
        double: f64,
        #[serde(default)]
        letter: char,
        next: Option<Box<Shape>>,
    },
}

fn read<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
    reader::read(text, PhantomData).ok()
}

/// The same type out of the same text, by both readers. As text, since what is no number equals nothing.
#[track_caller]
fn check_as<T: DeserializeOwned + Debug>(text: &[u8]) {
    let (ours, theirs) = (read::<T>(text), serde_json::from_slice::<T>(text).ok());
    let text = String::from_utf8_lossy(text);
    assert_eq!(format!("{ours:?}"), format!("{theirs:?}"), "{text}");
}

/// The same, as many types.
#[track_caller]
fn check(text: &[u8]) {
    check_as::<serde_json::Value>(text);
    check_as::<IgnoredAny>(text);
    check_as::<Box<RawValue>>(text);
    check_as::<String>(text);
    check_as::<Option<bool>>(text);
    check_as::<(u8, i16)>(text);
    check_as::<[u64; 2]>(text);
    check_as::<i64>(text);
    check_as::<u128>(text);
    check_as::<i128>(text);
    check_as::<f32>(text);
    check_as::<f64>(text);
    check_as::<()>(text);
    check_as::<Vec<Shape>>(text);
    check_as::<Shape>(text);
    check_as::<BTreeMap<String, IgnoredAny>>(text);
    check_as::<BTreeMap<u8, String>>(text);
    check_as::<BTreeMap<i128, ()>>(text);
    check_as::<BTreeMap<bool, f64>>(text);
    check_as::<BTreeMap<Option<char>, Shape>>(text);
}

#[test]
fn what_serde_json_reads_is_read_and_what_it_refuses_is_refused() {
    let long = "a".repeat(40);
    for text in [
        "",
        " ",
        "1",
        " 1 ",
        "1 2",
        "01",
        "-0",
        "-",
        "--1",
        "1.",
        ".5",
        "1.5",
        "1.5e3",
        "1e",
        "1e+",
        "1E-2",
        "1e400",
        "-1e400",
        "1e-400",
        "1e39",
        "3.4028236e38",
        "16777217",
        "16777217.0",
        "255",
        "256",
        "-1",
        "+1",
        "0x10",
        "NaN",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "340282366920938463463374607431768211455",
        "340282366920938463463374607431768211456",
        "9007199254740993.0",
        "null",
        "nul",
        "nullx",
        "true",
        "false",
        "tru",
        "TRUE",
        "[]",
        "[1,2]",
        "[1,2,3]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[",
        "]",
        "{}",
        r#"{"a":1}"#,
        r#"{"a":1,}"#,
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{a:1}"#,
        r#"{,"a":1}"#,
        r#"{"a":1 "b":2}"#,
        "{",
        r#"{"a":1,"a":2}"#,
        r#"{"1":"x"}"#,
        r#"{" 1":"x"}"#,
        r#"{"1 ":"x"}"#,
        r#"{"\u0031":"x"}"#,
        r#"{"-3":null}"#,
        r#"{"01":"x"}"#,
        r#"{"true":1.5}"#,
        r#"{"truex":1}"#,
        r#"{"":1}"#,
        r#"{"1.5":"x"}"#,
        r#"{ "1" : "x" }"#,
        r#""Unit""#,
        r#"{"Unit":null}"#,
        r#"{"Unit":1}"#,
        r#""New""#,
        r#"{"New":5}"#,
        r#"{"New":5,"x":1}"#,
        r#""Other""#,
        r#"{"Tuple":[1,"x"]}"#,
        r#"{"Tuple":[1]}"#,
        r#"{"Tuple":[1,null,2]}"#,
        r#"{"Struct":{"float":1,"double":2}}"#,
        r#"{"Struct":[0.1,0.1,"x",null]}"#,
        r#"{"Struct":{"float":1.1,"double":1.1,"letter":"xy"}}"#,
        r#"{"x":"Unit"}"#,
        r#"["Unit",{"Struct":{"float":0,"double":0,"next":{"New":1},"other":[{"deep":[]}]}}]"#,
        r#"{"Unit"}"#,
        "\"\"",
        "\"a",
        "\"a\nb\"",
        "\"\u{1f}\"",
        "\"\u{7f}\"",
        r#""\n\"\\\/\b\f\r\t""#,
        r#""\x""#,
        r#""\"#,
        r#""\u""#,
        r#""\u00e9\ud83d\ude00""#,
        r#""\ud83d""#,
        r#""\ud83dx""#,
        r#""\ud83d\n""#,
        r#""\ude00""#,
        r#""\ud83d\ud83d""#,
        r#""\udbff\udfff""#,
        r#""\udbff\udc00""#,
        r#""\udc00\udc00""#,
        r#""\ud800\ue000""#,
        r#""\ud800\udbff""#,
        r#""\ud7ff\ue000""#,
        r#""\u12""#,
        r#""\u+123""#,
        r#""\uD83D\uDE00""#,
        "\"é€😀\"",
        "\u{feff}1",
        "\u{a0}1",
        "\x0c1",
        "'a'",
        "/**/1",
        r#"{"$serde_json::private::RawValue":"1"}"#,
    ] {
        check(text.as_bytes());
        check(format!("[{text}]").as_bytes());
        check(format!("{{\"{long}\":{text}}}").as_bytes());
        // Behind enough to be looked at many at a time.
        check(text.replacen('"', &format!("\"{long}"), 1).as_bytes());
    }
}

#[test]
fn what_lies_deep_is_read_as_deep_as_serde_json_reads_it() {
    for depth in [126, 127, 128, 129, 100_000] {
        check_as::<serde_json::Value>(("[".repeat(depth) + &"]".repeat(depth)).as_bytes());
        check_as::<serde_json::Value>((r#"{"a":"#.repeat(depth) + "1" + &"}".repeat(depth)).as_bytes());
        let chain = r#"{"Struct":{"float":0,"double":0,"next":"#.repeat(depth) + "null" + &"}}".repeat(depth);
        assert_eq!(read::<Shape>(chain.as_bytes()).is_some(), depth < 64);
        assert!(read::<IgnoredAny>(chain.as_bytes()).is_some());
    }
    assert!(read::<IgnoredAny>("[".repeat(1_000_000).as_bytes()).is_none());
}

#[test]
fn what_is_no_utf8_is_no_text_even_where_it_is_passed_over() {
    for text in [&b"\"\xff\""[..], b"[\"\xed\xa0\x80\"]", b"{\"a\xc3\":1}", b"\xff"] {
        assert!(read::<IgnoredAny>(text).is_none());
    }
}

#[test]
fn a_short_text_announces_nothing_that_would_cost_memory() {
    let long = format!("\"{}", "x".repeat(1 << 20));
    assert!(read::<String>(long.as_bytes()).is_none());
}

/// Texts that are nearly JSON: what is written of a value, with a piece of it replaced.
fn nearly() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|truth| truth.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| format!("{number:e}")),
        "-?[0-9]{1,40}(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?",
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        "\"[ -~]{0,80}\"",
        "\"(\\\\u[0-9a-fA-F]{4}|\\\\ud83d|\\\\ude00|[a-z\"\\\\/]){0,6}\"",
        "[ \\[\\]{},:\"0-9a-z\\\\-]{0,6}",
    ];
    word.prop_recursive(4, 30, 4, |inner| {
        let members = proptest::collection::vec(("[a-z\\\\\"]{0,3}|-?[0-9]{1,4}|true", inner.clone()), 0..4);
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(|list| format!("[{}]", list.join(","))),
            members.prop_map(|members| {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, value)| format!(" \"{name}\" :{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_nearly_json_is_read_as_serde_json_reads_it(text in nearly(), at in any::<proptest::sample::Index>(), byte in 0..128u8) {
        check(text.as_bytes());
        let mut bytes = text.into_bytes();
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            check_if_utf8(&bytes[..at]);
            bytes[at] = byte;
            check_if_utf8(&bytes);
        }
    }

    #[test]
    fn every_number_comes_back(number in any::<f64>(), single in any::<f32>()) {
        let text = serde_json::to_vec(&number).unwrap();
        prop_assert_eq!(read::<Option<f64>>(&text).flatten(), number.is_finite().then_some(number));
        let text = serde_json::to_vec(&single).unwrap();
        prop_assert_eq!(read::<Option<f32>>(&text).flatten(), single.is_finite().then_some(single));
    }
}

fn check_if_utf8(text: &[u8]) {
    if std::str::from_utf8(text).is_ok() {
        check(text);
    }
}
