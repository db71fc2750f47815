//! Node's `Buffer` and `StringDecoder`: owned bytes from a pool of slabs, seven encodings, typed reads and writes.
//!
//! ```
//! use ferronode_buffer::{Buffer, Encoding};
//!
//! let mut buffer = Buffer::from("héllo");
//! assert_eq!(buffer.len(), 6);
//! assert_eq!(buffer.to_string(Encoding::Hex), "68c3a96c6c6f");
//! assert_eq!(buffer.index_of("llo"), Some(3));
//! buffer.write_uint16_be(0x4142, 0)?;
//! assert_eq!(buffer.slice(0, 2), b"AB");
//! # Ok::<(), ferronode_buffer::RangeError>(())
//! ```
//!
//! # How it works
//!
//! A buffer under 4 KiB is a slot of a slab, and a slab has slots of one size. A drop frees the slot, on whatever thread.
//!
//! ```text
//!             the pool of a thread
//!   1024 B   [########]                full: looked at again when a slot comes back
//!   1024 B   [#..#....]  ◀── current   partial: the next 1 KiB comes from here
//!     48 B   [##.##.........…]         slots of another size, in another slab
//!            [        ]                empty: may be cut for any size
//!                ▲
//!   header       │ 8 KiB on a page, beside the header
//!   free     01101111      the owner's own: no lock and no atomic instruction
//!   returned 10000000      set by other threads, one atomic `or` each; the owner collects it when it runs out
//! ```
//!
//! Half a slab and more comes from the allocator, aligned to a cache line; a thread keeps a few of those that
//! [`Buffer::alloc_unsafe`] made, and all threads together some more, for the next of the same size. [`Buffer::alloc`] asks the allocator whatever the size, as in
//! Node. `cargo run -p ferronode-buffer --example slab` draws the slabs of a pool as buffers come and go.
//!
//! # Reading order
//!
//! 1. [`Buffer`] — `buffer.rs`: how buffers are made, and what becomes of them
//! 2. [`Encoding`] — `encoding/mod.rs`: names to codecs, then one codec per file
//! 3. [`JsString`] — `js_string.rs`: the strings that a `String` cannot hold
//! 4. [`StringDecoder`] — `string_decoder.rs`: characters cut by a chunk boundary
//! 5. `slots.rs`: who may say that a slot is free; its rules come first, and a model checks them
//! 6. [`Pool`] — `pool.rs`: which slab serves a request, and which go back; `slab.rs` has the memory, `large.rs` what is no slot
//! 7. `simd/`: what a processor does with 32 bytes at a time, and in `simd/avx512/` with 64
//!
//! # Node and Rust
//!
//! | Node | here |
//! | --- | --- |
//! | `Buffer.from(text, 'hex')` | [`Buffer::from_string`] |
//! | `Buffer.from(bytes)` | [`Buffer::from_bytes`], or `Buffer::from(vec)` without a copy |
//! | `Buffer.from([256, -1])` | [`Buffer::from_numbers`] |
//! | `Buffer.alloc(n, fill)` | [`Buffer::alloc`], [`Buffer::alloc_filled`] |
//! | `Buffer.allocUnsafe(n)` | [`Buffer::alloc_unsafe`] |
//! | `buf.toString('utf8', 0, 9)` | [`Buffer::to_string`], [`Buffer::to_string_range`] |
//! | `buf.write(text, 1, 4)` | [`Buffer::write`], [`Buffer::write_at`] |
//! | `buf.subarray(-3)` | [`Buffer::slice`], [`Buffer::slice_mut`], [`Buffer::split_at_owned`] |
//! | `buf.indexOf(x, -3)` | [`Buffer::index_of`], [`Buffer::index_of_from`] |
//! | `buf.readUInt16LE(2)` | [`Buffer::read_uint16_le`] |
//! | `buf.compare(b, 0, 3)` | [`Buffer::compare`], [`Buffer::compare_range`], `Ord` |
//! | `buf.copy(target, 2)` | [`Buffer::copy`], [`Buffer::copy_to_self`] |
//! | `Buffer.concat(list, n)` | [`Buffer::concat`], [`Buffer::concat_to`] |
//! | `buffer.transcode` | [`transcode()`] |
//! | `new StringDecoder('utf8')` | [`StringDecoder::new`] |
//! | `Buffer.isBuffer`, `buf.buffer`, `buf.byteOffset` | nothing: a type is known, and the address of a slot is nobody's contract |
//!
//! # Why not …
//!
//! **… slices that share memory, as Node's do?** Two owners that write to the same bytes are a data race waiting for a second
//! thread, and what Rust is there to rule out. A part to look at is `&[u8]`, a part to write to is `&mut [u8]`, both for
//! nothing; two owners of disjoint parts are [`Buffer::split_at_owned`]; many readers are `bytes::Bytes::from(buffer)`.
//!
//! **… uninitialised memory for `alloc_unsafe`?** Reading it is undefined, not merely unknown: the compiler may assume
//! that nobody does. A slot's old bytes are initialised, and so are a large buffer's that was kept; only what comes anew from
//! the allocator is cleared.
//!
//! **… `malloc` for all of it?** It is good: half the speed of a slot for one buffer, and near it for a thousand live ones.
//! What the pool adds is memory that is known to be initialised, and that one can look at: [`Pool::stats`].
//!
//! **… Node's speed for all text?** Where Node's string is the bytes as they are, Node copies: Latin-1 above 7F, and UTF-16.
//! A Rust `String` is UTF-8, so here each character is made anew. `benches/README.md` says how far apart that is.
#![deny(unsafe_code)]

mod buffer;
pub mod constants;
mod encoding;
mod error;
mod fill;
mod inspect;
mod js_string;
#[cfg(feature = "serde")]
mod json;
mod large;
mod numbers;
mod orphans;
mod pattern;
mod place;
mod pool;
mod pool_stats;
mod search;
#[cfg(feature = "simd")]
#[allow(unsafe_code)] // Its first lines say what makes it safe.
mod simd;
mod size_class;
#[allow(unsafe_code)] // Likewise.
mod slab;
mod slice;
mod slots;
mod string_decoder;
mod swap;
mod sync;
mod transcode;
mod web;

pub use buffer::Buffer;
pub use encoding::Encoding;
pub use error::{AllocError, FillError, InvalidCharacterError, RangeError, SwapError, TranscodeError, UnknownEncoding};
pub use js_string::{JsStr, JsString};
pub use pattern::Pattern;
pub use pool::Pool;
pub use pool_stats::{PoolStats, SlabState, SlabStats};
pub use string_decoder::StringDecoder;
pub use transcode::transcode;
pub use web::{atob, btoa, is_ascii, is_utf8};

#[cfg(all(fuzzing, feature = "simd"))]
#[doc(hidden)]
pub use simd::level::at_every_level;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
