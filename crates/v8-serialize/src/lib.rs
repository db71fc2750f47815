//! V8's serialization format, as Node 20 writes it between processes: read and written without V8.
//!
//! ```
//! use ferronode_v8_serialize::{Graph, Options, from_slice, to_vec};
//!
//! let bytes = to_vec(&("seq", 1), &Options::default())?;
//! let (key, number): (&str, u32) = from_slice(&bytes, &Options::default())?;
//! assert_eq!((key, number), ("seq", 1));
//! let graph = Graph::decode(&bytes, &Options::default())?;
//! assert_eq!(graph.root().at(1).as_f64(), Some(1.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It is pure: bytes in, values out, and the other way. No I/O, no clock, no unsafe code.
//!
//! # How it works
//!
//! A payload is a version and one value. A value is a tag, a byte that says what follows; an object has its parts behind
//! it, and a tag and a count at its end.
//!
//! ```text
//!   ff 0f  o   " 03 c m d   " 06 o n l i n e   " 03 s e q   I 02   {  02
//!   ──┬──  ┬   ─────┬────   ───────┬────────   ─────┬────   ──┬─   ┬  ─┬
//!  version │       key           value             key      value  │   two properties
//!          object 0                                         1 folded
//!                                                                  end
//! ```
//!
//! An object that occurs again is `^` and its number, so that a value can lie within itself:
//!
//! ```text
//!   o.self = o      ff 0f  o  " 04 s e l f  ^ 00  {  01
//! ```
//!
//! Two ways lead in and out. [`Graph`] holds all that JavaScript can say: identity, cycles, holes, `Map`, `Date`, half a
//! surrogate pair. [`to_vec`] and [`from_slice`] go straight from and to a type of serde's, and say what JSON can say,
//! and bytes.
//!
//! # Reading order
//!
//! 1. `tag.rs` and `varint.rs` — the letters of the format, and its numbers
//! 2. `reader.rs`, `writer.rs`, `text.rs` — the atoms; no length is believed
//! 3. [`Graph`] — `graph.rs`: values, and the objects that they refer to
//! 4. [`Object`] — `object.rs`: what has identity; [`Array`] and [`Properties`] have rules of their own
//! 5. `decode.rs`, `encode.rs` — a graph from a payload, and back
//! 6. [`to_vec`] — `serialize/`: from serde, as it comes
//! 7. [`from_slice`] — `deserialize/`: to serde; `follow.rs` has what becomes of references
//!
//! # Node and Rust
//!
//! | Node | here |
//! | --- | --- |
//! | `child.send(value)` with `serialization: 'advanced'` | [`to_vec`] or [`Graph::encode`], behind four bytes of length |
//! | `process.on('message', …)` | [`from_slice`] or [`Graph::decode`] |
//! | `v8.serialize(value)`, `v8.deserialize(buffer)` | the same, with [`Dialect::Module`] |
//! | `message.worker?.id` | [`graph.root().get("worker").get("id")`](Node::get) |
//! | `{ cmd: 'online' }` | `Graph::from([("cmd", Value::from("online"))])` |
//! | `1n` | [`BigInt`] |
//! | `Buffer`, `Uint8Array`, `Float64Array`, … | [`View`], or bytes and sequences of serde's |
//! | `[1, , 3]` | [`Array`] |
//! | `new Error('no', { cause })` | [`ErrorObject`] |
//! | `/a/g` | [`RegExp`] |
//! | "Unable to deserialize cloned data." | [`DecodeError`], which says what and where |
//!
//! # Why not …
//!
//! **… a tree of values, as JSON has?** An object in two places would become two, and one within itself would not end.
//! A list of objects says both, drops without recursion, and is what the format has in mind.
//!
//! **… recursion without a limit?** A payload of a megabyte can nest half a million arrays; the stack ends long before.
//! Node's ends at some thousands, ours is a number: [`Options::depth`].
//!
//! **… what V8 reads beyond this?** Versions below 13 have other rules, views behind an `ArrayBuffer` (`V`) are never
//! written by Node, and shared memory does not leave a process. They are refused, each with its tag.
#![forbid(unsafe_code)]

mod array;
mod bigint;
mod decode;
mod deserialize;
mod encode;
mod error;
mod graph;
mod node;
mod object;
mod options;
mod properties;
mod reader;
mod serialize;
mod tag;
mod text;
mod varint;
mod view;
mod writer;

pub use array::Array;
pub use bigint::{BigInt, BigIntRangeError};
pub use deserialize::{from_slice, from_slice_seed};
pub use error::{DecodeError, EncodeError, Limit};
pub use graph::{Graph, ObjectId, Value};
pub use node::Node;
pub use object::{ErrorKind, ErrorObject, Object, RegExp};
pub use options::{Dialect, Options};
pub use properties::{Key, Properties};
pub use serialize::{to_extend, to_vec};
pub use view::{View, ViewKind};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
