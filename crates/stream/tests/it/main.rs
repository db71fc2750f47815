//! The public face of `ferronode-stream`.
#![allow(clippy::unwrap_used)]

mod ends;
mod examples;
mod outside;
mod parts;
mod pipes;
mod reading;
mod transforms;
mod writing;
