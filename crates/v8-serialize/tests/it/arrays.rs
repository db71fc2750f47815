//! Arrays as they come, and as they are written.

use ferronode_v8_serialize::{Array, Graph, Key, Object, Options, Value};

use crate::{payload, show};

/// What comes in the first form is written in the second.
#[track_caller]
fn check(come: &str, written: &str) {
    let graph = Graph::decode(&payload(come), &Options::default()).unwrap();
    let bytes = graph.encode(&Options::default()).unwrap();
    assert_eq!(show(&bytes), show(&payload(written)));
}

#[test]
fn a_sparse_array_with_all_its_elements_is_a_list() {
    check("61 02 4900 4902 4902 4904 40 02 02", "41 02 4902 4904 24 00 02");
    check("61 00 40 00 00", "41 00 24 00 00");
    check("61 01 4900 4902 220178 54 40 02 01", "41 01 4902 220178 54 24 01 01");
}

#[test]
fn a_list_with_a_hole_is_sparse() {
    check("41 03 4902 2d 4904 24 00 03", "61 03 4900 4902 4904 4904 40 02 03");
    check("41 01 2d 24 00 01", "61 01 40 00 01");
}

#[test]
fn a_hole_may_be_filled_from_behind() {
    check("41 02 2d 5f 4900 30 24 01 02", "41 02 30 5f 24 00 02");
}

#[test]
fn an_index_past_the_end_makes_the_array_longer() {
    check("41 01 4902 490a 4904 24 01 01", "61 06 4900 4902 490a 4904 40 02 06");
    check("61 01 490a 4902 40 01 01", "61 06 490a 4902 40 01 06");
    check("41 01 4902 4902 4904 24 01 01", "41 02 4902 4904 24 00 02");
}

#[test]
fn an_array_may_be_far_longer_than_it_has_elements() {
    let longest = "61 ffffffff0f 4e 0000c0ffffffef41 4902 40 01 ffffffff0f";
    check(longest, longest);
}

#[test]
fn no_element_and_no_name_is_there_twice() {
    for twice in [
        "41 01 4902 4900 4904 24 01 01",
        "61 01 4900 4902 4900 4904 40 02 01",
        "41 00 220178 30 220178 30 24 02 00",
        "41 00 22066c656e677468 4902 24 01 00",
    ] {
        let error = Graph::decode(&payload(twice), &Options::default()).unwrap_err();
        assert!(error.to_string().ends_with("a key occurs twice"), "{twice}: {error}");
    }
}

#[test]
fn elements_and_properties_are_set() {
    let mut array: Array = [1, 2].into_iter().collect();
    assert!(array.set(Key::from("0"), 3.into()));
    assert!(array.set(Key::Index(2), 4.into()));
    assert!(array.set(Key::from("x"), Value::Null));
    assert!(!array.set(Key::from("length"), 1.into()));
    assert_eq!(array.items(), Some(&[3.into(), 2.into(), 4.into()][..]));
    assert_eq!(array.properties().len(), 1);
    let mut graph = Graph::new();
    let id = graph.add(array);
    assert!(graph.set(id, 5, true));
    let Some(Object::Array(array)) = graph.object(id) else {
        panic!()
    };
    assert_eq!((array.len(), array.at(4), array.at(5)), (6, None, Some(&true.into())));
}
