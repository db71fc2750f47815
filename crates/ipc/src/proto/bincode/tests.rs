//! The frames, byte for byte, and the reader beside the crate's own.

use std::collections::BTreeMap;

use proptest::prelude::{Just, ProptestConfig, Strategy, any as any_of, prop_assert_eq, prop_oneof, proptest};
use serde::Deserialize;

use super::*;
use crate::proto::handle::HandleKind;

#[derive(Serialize)]
enum Golden {
    #[allow(dead_code)]
    Zero,
    One {
        number: u64,
        text: &'static str,
        maybe: Option<bool>,
        list: Vec<i32>,
    },
}

#[test]
fn the_bytes_are_frozen() {
    let value = Golden::One {
        number: 300,
        text: "hé",
        maybe: Some(true),
        list: vec![-1, 70_000],
    };
    let expected = [
        &[20, 0, 0, 0, 2, 3, 0, 0][..],
        &[
            1, 251, 0x2c, 0x01, 3, b'h', 0xc3, 0xa9, 1, 1, 2, 1, 252, 0xe0, 0x22, 0x02, 0x00,
        ],
    ];
    let mut expected = expected.concat();
    expected[0] = u8::try_from(expected.len() - HEADER).unwrap();
    let about = About {
        part: Part::Internal,
        handles: &[HandleKind::Native; 3],
        ..About::default()
    };
    let mut out = Vec::new();
    encode(&value, &about, &mut out).unwrap();
    assert_eq!(out, expected);
    assert_eq!(HELLO_FRAME, [4, 0, 0, 0, 0, 0, 0, 0, 0x46, 0x4e, 1, 1]);
}

#[test]
fn what_a_short_message_announces_gets_no_room_before_it_comes() {
    let text_of = |length: u32| [&[252][..], &length.to_le_bytes(), b"abc"].concat();
    let refused = |payload: &[u8]| decode::<String>(payload).unwrap_err().to_string();
    assert!(refused(&text_of(1 << 29)).ends_with("expected 536870912 more bytes, found 3"));
    assert!(refused(&text_of(70_000)).ends_with("expected 70000 more bytes, found 3"));
}

#[test]
fn the_bytes_of_a_question_with_bodies_are_frozen() {
    let about = About {
        part: Part::Request(0x0102),
        bodies: &[Bytes::from_static(b"body"), Bytes::new()],
        ..About::default()
    };
    let mut out = Vec::new();
    encode("?", &about, &mut out).unwrap();
    assert_eq!(
        out,
        [14, 0, 0, 0, 3, 0, 2, 0, 2, 1, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, b'?']
    );
}

/// A value within a value within a value.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Chain {
    End,
    Link(Box<Chain>),
}

#[test]
fn what_lies_too_deep_is_refused_before_the_stack_ends() {
    let chain_of = |links: usize| [vec![1; links], vec![0]].concat();
    assert!(decode::<Chain>(&chain_of(255)).is_ok());
    for links in [256, 1_000_000] {
        let refused = decode::<Chain>(&chain_of(links)).unwrap_err().to_string();
        assert!(refused.contains("256 deep"), "{refused}");
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Maybe(Option<Box<Maybe>>);
    assert!(decode::<Maybe>(&vec![1; 1_000_000]).is_err());
    // A text of none, and a list of one, without end.
    assert!(decode::<Any>(&[5, 0, 1].repeat(100_000)).is_err());
}

#[test]
fn what_has_a_depth_is_left_again() {
    let values = vec![vec![Some(1u8); 3]; 1_000];
    assert_eq!(decode::<Vec<Vec<Option<u8>>>>(&encoded(&values)).unwrap(), values);
}

#[test]
fn no_count_keeps_a_reader_with_nothing() {
    let units = |count: u64| decode::<Vec<()>>(&encoded(&count)).map(|units| units.len());
    assert_eq!(units(1_000).unwrap(), 1_000);
    let refused = units(u64::MAX).unwrap_err().to_string();
    assert!(refused.ends_with("found 18446744073709551615"), "{refused}");
}

#[test]
fn a_number_wider_than_its_type_is_refused() {
    for (mark, width) in [(251, 2), (252, 4), (253, 8), (254, 16)] {
        let bytes = [vec![mark, 1], vec![0; width - 1]].concat();
        assert!(decode::<u8>(&bytes).is_err());
        assert_eq!(decode::<u16>(&bytes).ok(), (width <= 2).then_some(1));
        assert_eq!(decode::<i32>(&bytes).ok(), (width <= 4).then_some(-1));
        assert_eq!(decode::<u64>(&bytes).ok(), (width <= 8).then_some(1));
        assert_eq!(decode::<i128>(&bytes).ok(), Some(-1));
    }
    assert!(decode::<u128>(&[255, 0, 0]).is_err());
}

#[test]
fn a_type_that_wants_to_be_told_what_comes_is_refused() {
    let refused = decode::<serde_json::Value>(&[1, 2]).unwrap_err().to_string();
    assert!(refused.contains("says what it is made of"), "{refused}");
}

/// One of everything that serde knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Any {
    Unit,
    Numbers(u8, u16, u32, u64, u128),
    Signed(i8, i16, i32, i64, i128),
    Newtype(Newtype),
    Few {
        float: f32,
        double: f64,
        truth: bool,
        letter: char,
        nothing: (),
    },
    Many {
        text: String,
        list: Vec<Any>,
        map: BTreeMap<String, Option<u16>>,
        array: [u16; 2],
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Newtype(Option<String>);

fn any() -> impl Strategy<Value = Any> {
    let number = || prop_oneof![0..300u128, any_of::<u64>().prop_map(u128::from), any_of::<u128>()];
    let leaf = prop_oneof![
        Just(Any::Unit),
        number().prop_map(|n| Any::Numbers(n as u8, n as u16, n as u32, n as u64, n)),
        number().prop_map(|n| Any::Signed(n as i8, n as i16, n as i32, n as i64, n as i128)),
        any_of::<Option<String>>().prop_map(|text| Any::Newtype(Newtype(text))),
        (-1e9..1e9f32, -1e300..1e300f64, any_of::<bool>(), any_of::<char>()).prop_map(
            |(float, double, truth, letter)| Any::Few {
                float,
                double,
                truth,
                letter,
                nothing: ()
            }
        ),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        let text = (0..300usize, any_of::<char>()).prop_map(|(count, letter)| letter.to_string().repeat(count));
        let list = proptest::collection::vec(inner, 0..4);
        (
            text,
            list,
            any_of::<BTreeMap<String, Option<u16>>>(),
            any_of::<[u16; 2]>(),
        )
            .prop_map(|(text, list, map, array)| Any::Many { text, list, map, array })
    })
}

fn encoded<T: Serialize>(value: &T) -> Vec<u8> {
    let mut frame = Vec::new();
    encode(value, &About::default(), &mut frame).unwrap();
    frame.split_off(HEADER)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn what_the_crate_writes_is_read_and_what_it_refuses_is_refused(
        value in any(),
        at in any_of::<proptest::sample::Index>(),
        byte in prop_oneof![0..3u8, 250..=255u8, any_of::<u8>()],
    ) {
        let mut bytes = encoded(&value);
        prop_assert_eq!(decode::<Any>(&bytes).unwrap(), value);
        let at = at.index(bytes.len());
        prop_assert_eq!(decode::<Any>(&bytes[..at]).ok(), read_by_the_crate::<Any>(&bytes[..at]));
        bytes[at] = byte;
        // As text, since what is no number equals nothing.
        prop_assert_eq!(format!("{:?}", decode::<Any>(&bytes).ok()), format!("{:?}", read_by_the_crate::<Any>(&bytes)));
    }
}
