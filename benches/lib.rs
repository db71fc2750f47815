//! Benches live beside this file, one per path.
