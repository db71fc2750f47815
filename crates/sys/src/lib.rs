//! The system calls under Ferronode.
#![deny(unsafe_code)]

mod socketpair;

pub use socketpair::stream_pair;
