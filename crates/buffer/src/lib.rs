//! Node's `Buffer` and `StringDecoder`.
#![deny(unsafe_code)]

mod buffer;
pub mod constants;
mod encoding;
mod error;
mod js_string;
mod orphans;
mod place;
mod pool;
mod pool_stats;
mod size_class;
#[allow(unsafe_code)] // Its first lines say what makes it safe.
mod slab;
mod slots;
mod sync;

pub use buffer::Buffer;
pub use encoding::Encoding;
pub use error::{AllocError, UnknownEncoding};
pub use js_string::{JsStr, JsString};
pub use pool::Pool;
pub use pool_stats::{PoolStats, SlabState, SlabStats};
