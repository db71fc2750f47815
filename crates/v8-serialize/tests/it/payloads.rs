//! What Node wrote is read, and written again byte for byte.

use ferronode_v8_serialize::{Dialect, Graph, Options};

use crate::{hex, payload, show};

const CHANNEL: Options = Options {
    dialect: Dialect::Channel,
    depth: 128,
    bytes: 61 << 20,
    nodes: 1 << 20,
};
const MODULE: Options = Options {
    dialect: Dialect::Module,
    ..CHANNEL
};

/// A name, the payload of a channel, and that of `v8.serialize`.
fn recorded() -> impl Iterator<Item = (&'static str, Vec<u8>, Vec<u8>)> {
    let lines = include_str!("../data/v8-payloads.txt").lines();
    lines.filter(|line| !line.starts_with('#')).map(|line| {
        let mut fields = line.split('\t');
        let (name, channel) = (fields.next().unwrap(), fields.next().unwrap());
        let module = fields.next().unwrap_or(channel);
        (name, hex(channel), hex(module))
    })
}

#[track_caller]
fn check(name: &str, payload: &[u8], options: &Options) {
    let graph = Graph::decode(payload, options).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(show(&graph.encode(options).unwrap()), show(payload), "{name}");
}

#[test]
fn every_recorded_payload_comes_back() {
    let mut count = 0;
    for (name, channel, module) in recorded() {
        check(name, &channel, &CHANNEL);
        check(name, &module, &MODULE);
        count += 1;
    }
    assert_eq!(count, 104);
}

#[test]
fn a_payload_cut_anywhere_is_an_error() {
    for (name, payload, _) in recorded() {
        for length in 0..payload.len() {
            let cut = Graph::decode(&payload[..length], &CHANNEL);
            assert!(cut.is_err(), "{name} cut at {length}: {cut:?}");
        }
    }
}

#[test]
fn what_follows_the_value_is_not_looked_at() {
    for (name, payload, _) in recorded() {
        let graph = Graph::decode(&[&payload[..], b"rest"].concat(), &CHANNEL).unwrap();
        assert_eq!(show(&graph.encode(&CHANNEL).unwrap()), show(&payload), "{name}");
    }
}

#[test]
fn versions_from_13_to_15_are_read() {
    let version = |version| Graph::decode(&[0xff, version, b'I', 2], &CHANNEL);
    for good in [13, 14, 15] {
        assert_eq!(version(good).unwrap().root().as_f64(), Some(1.0));
    }
    assert_eq!(
        version(12).unwrap_err().to_string(),
        "expected a version from 13 to 15, found 12"
    );
    assert_eq!(
        version(16).unwrap_err().to_string(),
        "expected a version from 13 to 15, found 16"
    );
}

/// As Node reads such a thing: it is the plain object behind it from then on.
#[test]
fn an_object_of_the_hosts_is_its_properties() {
    let port = Graph::decode(&hex("ff 0f 5c 01 6f 7b 00"), &CHANNEL).unwrap();
    assert_eq!(show(&port.encode(&CHANNEL).unwrap()), "ff0f6f7b00");
    // [port, port, port], by both of its numbers.
    let payload = payload("41 03 5c01 6f7b00 5e01 5e02 24 00 03");
    let ports = Graph::decode(&payload, &CHANNEL).unwrap();
    assert_eq!(show(&ports.encode(&CHANNEL).unwrap()), "ff0f41036f7b005e015e01240003");
}
