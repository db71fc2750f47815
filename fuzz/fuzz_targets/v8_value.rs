//! Whatever the bytes, a payload is an error or a graph; what the graph is written as says the same again.
#![no_main]

use ferronode_v8_serialize::{Dialect, Graph, Options, from_slice};
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;

fuzz_target!(|payload: &[u8]| {
    for dialect in [Dialect::Channel, Dialect::Module] {
        let options = Options {
            dialect,
            ..Options::default()
        };
        let Ok(graph) = Graph::decode(payload, &options) else {
            continue;
        };
        from_slice::<IgnoredAny>(payload, &options).expect("what is a graph can be passed over");
        // In JavaScript's order of keys an object may be met at a deeper place than it came.
        let Ok(written) = graph.encode(&options) else { continue };
        let again = Graph::decode(&written, &options).expect("what is written can be read");
        assert_eq!(again.encode(&options).as_ref(), Ok(&written));
    }
});
