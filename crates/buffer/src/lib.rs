//! Node's `Buffer` and `StringDecoder`.
#![deny(unsafe_code)]

mod buffer;
pub mod constants;
mod encoding;
mod error;
mod fill;
mod inspect;
mod js_string;
mod numbers;
mod orphans;
mod pattern;
mod place;
mod pool;
mod pool_stats;
mod search;
#[cfg(feature = "simd")]
#[allow(unsafe_code)] // Likewise.
mod simd;
mod size_class;
#[allow(unsafe_code)] // Its first lines say what makes it safe.
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
