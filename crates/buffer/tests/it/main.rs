//! The public face of the crate, one module per behaviour.

mod encodings;
mod examples;
mod pool;
mod string_decoder;
