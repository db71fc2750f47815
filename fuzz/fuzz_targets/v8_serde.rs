//! Whatever the bytes, a type of serde's is read or refused; what was read is written, and read as the same.
#![no_main]

use ferronode_v8_serialize::{Options, from_slice, to_vec};
use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    Numbers(Vec<i64>),
    Pair(String, Option<u8>),
    Message {
        cmd: String,
        seq: u64,
        data: Option<Box<Shape>>,
    },
}

fn check<T: Serialize + for<'de> Deserialize<'de> + PartialEq + std::fmt::Debug>(payload: &[u8], options: &Options) {
    if let Ok(value) = from_slice::<T>(payload, options) {
        let written = to_vec(&value, options).expect("what was read can be written");
        assert_eq!(from_slice::<T>(&written, options), Ok(value));
    }
}

fuzz_target!(|payload: &[u8]| {
    // What is referred to is read again: a bound keeps one input from taking all the time.
    let options = Options {
        nodes: 10_000,
        ..Options::default()
    };
    check::<Value>(payload, &options);
    check::<Shape>(payload, &options);
    check::<Vec<u16>>(payload, &options);
});
