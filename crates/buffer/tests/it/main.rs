//! The public face of the crate, one module per behaviour.

mod encodings;
mod examples;
#[cfg(feature = "serde")]
mod json;
mod operations;
mod pool;
mod string_decoder;
