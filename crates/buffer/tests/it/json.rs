//! Through serde and back, as Node writes it.

use ferronode_buffer::Buffer;

#[test]
fn json_is_nodes() {
    let buffer = Buffer::from("hi");
    let json = serde_json::to_string(&buffer).unwrap();
    assert_eq!(json, buffer.to_json());
    assert_eq!(serde_json::from_str::<Buffer>(&json).unwrap(), buffer);
    assert_eq!(
        serde_json::from_str::<Buffer>(r#"{"data":[1],"type":"Buffer"}"#).unwrap(),
        [1]
    );
}

#[test]
fn other_objects_are_no_buffers() {
    for json in [
        r#"{"type":"Bluffer","data":[]}"#,
        r#"{"data":[1]}"#,
        r#"{"type":"Buffer","data":[256]}"#,
        "7",
    ] {
        assert!(serde_json::from_str::<Buffer>(json).is_err(), "{json}");
    }
}
