//! Node's `Buffer` and `StringDecoder`.
#![deny(unsafe_code)]

mod buffer;
mod encoding;
mod error;
mod js_string;

pub use buffer::Buffer;
pub use encoding::Encoding;
pub use error::UnknownEncoding;
pub use js_string::{JsStr, JsString};
