//! Prints payloads: of a type, of an object within itself, of a Buffer in both dialects; and reads what Node wrote.
//!
//! `cargo run -p ferronode-v8-serialize --example payload`
#![allow(clippy::print_stdout)]

use std::error::Error;

use ferronode_buffer::Buffer;
use ferronode_v8_serialize::{Dialect, Graph, Options, Properties, from_slice, to_vec};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct Message {
    cmd: String,
    seq: u32,
}

/// What `child.send(new Map([['a', [1, 'é', 7n]]]))` puts behind the four bytes of length.
const FROM_NODE: &[u8] = b"\xff\x0f;\"\x01aA\x03I\x02\"\x01\xe9Z\x10\x07\0\0\0\0\0\0\0$\0\x03:\x02";

fn show(what: &str, payload: &[u8]) {
    let hex: Vec<String> = payload.iter().map(|byte| format!("{byte:02x}")).collect();
    println!("{what:<16}{}", hex.join(" "));
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::default();

    let cmd = "online".to_owned();
    let payload = to_vec(&Message { cmd, seq: 1 }, &options)?;
    show("a struct", &payload);
    println!("{:<16}{:?}", "read as one", from_slice::<Message>(&payload, &options)?);

    let mut graph = Graph::new();
    let me = graph.add(Properties::new());
    graph.set(me, "self", me);
    graph.set_root(me);
    show("o.self = o", &graph.encode(&options)?);

    let mut buffer = Graph::new();
    let bytes = buffer.add(Buffer::from("hi"));
    buffer.set_root(bytes);
    show("to a channel", &buffer.encode(&options)?);
    let module = Options {
        dialect: Dialect::Module,
        ..options
    };
    show("v8.serialize", &buffer.encode(&module)?);

    let map = Graph::decode(FROM_NODE, &options)?;
    let list = map.root().get("a");
    println!("{:<16}{:?} {:?}", "from Node", list.at(0).as_f64(), list.at(1).as_str());
    let refused = from_slice::<(Vec<u8>,)>(FROM_NODE, &options).map_err(|error| error.to_string());
    println!("{:<16}{}", "and as a type", refused.err().unwrap_or_default());
    Ok(())
}
