//! The bounds hold in both directions, and before memory or stack is used.

use std::thread;

use ferronode_v8_serialize::{DecodeError, EncodeError, Graph, Limit, Options, Properties, Value, from_slice, to_vec};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::payload;

/// So many arrays within each other.
fn nested(depth: usize) -> Vec<u8> {
    payload(&format!("{}5f{}", "4101".repeat(depth), "240001".repeat(depth)))
}

#[derive(Debug, Serialize, Deserialize)]
struct Nested(Option<Box<(Nested,)>>);

/// Two MiB are what Rust gives a thread.
fn in_a_small_thread(run: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap();
    thread.join().unwrap();
}

#[test]
fn the_deepest_value_allowed_fits_a_threads_stack() {
    in_a_small_thread(|| {
        let deepest = nested(128);
        let graph = Graph::decode(&deepest, &Options::default()).unwrap();
        assert_eq!(graph.encode(&Options::default()).unwrap(), deepest);
        from_slice::<IgnoredAny>(&deepest, &Options::default()).unwrap();
        let json: serde_json::Value = from_slice(&deepest, &Options::default()).unwrap();
        assert_eq!(to_vec(&json, &Options::default()).unwrap().len(), deepest.len());
        let typed: Nested = from_slice(&deepest, &Options::default()).unwrap();
        assert_eq!(to_vec(&typed, &Options::default()).unwrap().len(), deepest.len());
    });
}

#[test]
fn a_level_more_is_an_error() {
    in_a_small_thread(|| {
        for depth in [129, 100_000] {
            let too_deep = nested(depth);
            let expected = DecodeError::Limit(Limit::Depth(128));
            assert_eq!(Graph::decode(&too_deep, &Options::default()).unwrap_err(), expected);
            let ignored = from_slice::<IgnoredAny>(&too_deep, &Options::default());
            assert_eq!(ignored.unwrap_err(), expected);
            let typed = from_slice::<Nested>(&too_deep, &Options::default());
            assert_eq!(typed.unwrap_err(), expected);
        }
    });
}

#[test]
fn a_deep_value_of_our_own_is_an_error_too() {
    let mut graph = Graph::new();
    let mut inner = Value::Null;
    for _ in 0..129 {
        inner = graph.add(vec![inner]).into();
    }
    graph.set_root(inner);
    let expected = EncodeError::Limit(Limit::Depth(128));
    assert_eq!(graph.encode(&Options::default()).unwrap_err(), expected);
    let typed = (0..129).fold(Nested(None), |inner, _| Nested(Some(Box::new((inner,)))));
    assert_eq!(to_vec(&typed, &Options::default()).unwrap_err(), expected);
}

#[test]
fn bytes_are_bounded_both_ways() {
    let few = Options {
        bytes: 10,
        ..Options::default()
    };
    assert_eq!(
        to_vec("seven..", &few).unwrap_err(),
        EncodeError::Limit(Limit::Bytes(10))
    );
    let ten = to_vec("six...", &few).unwrap();
    assert_eq!(ten.len(), 10);
    assert_eq!(from_slice::<&str>(&ten, &few).unwrap(), "six...");
    let eleven = to_vec("seven..", &Options::default()).unwrap();
    let error = from_slice::<&str>(&eleven, &few).unwrap_err();
    assert_eq!(error, DecodeError::Limit(Limit::Bytes(10)));
    assert_eq!(
        to_vec(&vec![0.5; 1000], &few).unwrap_err(),
        EncodeError::Limit(Limit::Bytes(10))
    );
    assert_eq!(to_vec("€€€€", &few).unwrap_err(), EncodeError::Limit(Limit::Bytes(10)));
}

#[test]
fn values_are_counted() {
    let few = Options {
        nodes: 3,
        ..Options::default()
    };
    let three = to_vec(&(1, 2), &few).unwrap();
    Graph::decode(&three, &few).unwrap();
    from_slice::<(u8, u8)>(&three, &few).unwrap();
    let four = to_vec(&(1, 2, 3), &few).unwrap();
    let expected = DecodeError::Limit(Limit::Nodes(3));
    assert_eq!(Graph::decode(&four, &few).unwrap_err(), expected);
    assert_eq!(from_slice::<(u8, u8, u8)>(&four, &few).unwrap_err(), expected);
}

/// Fifty bytes that would be 4 billion elements.
#[test]
fn holes_are_counted() {
    let endless = payload("61 ffffffff0f 40 00 ffffffff0f");
    let error = from_slice::<Vec<Option<u8>>>(&endless, &Options::default()).unwrap_err();
    assert_eq!(error, DecodeError::Limit(Limit::Nodes(1 << 20)));
    assert!(Graph::decode(&endless, &Options::default()).is_ok());
}

/// Each of forty lists holds the one before it twice: a trillion readings of the first.
#[test]
fn what_is_read_again_is_counted_again() {
    let mut graph = Graph::new();
    let mut inner = graph.add(Properties::new());
    for _ in 0..40 {
        inner = graph.add(vec![Value::from(inner), Value::from(inner)]);
    }
    graph.set_root(inner);
    let payload = graph.encode(&Options::default()).unwrap();
    assert_eq!(Graph::decode(&payload, &Options::default()).unwrap().object_count(), 41);
    let error = from_slice::<serde_json::Value>(&payload, &Options::default()).unwrap_err();
    assert_eq!(error, DecodeError::Limit(Limit::Nodes(1 << 20)));
    from_slice::<IgnoredAny>(&payload, &Options::default()).unwrap();
}
