//! What there is, and what of that nobody should use.
//!
//! In Node: `crypto.getHashes()`, `crypto.getCiphers()`, `crypto.getCipherInfo(name)`.
#![allow(clippy::print_stdout)] // An example talks to its reader.

use ferronode_crypto_demo::{cipher_info, ciphers, curves, hashes, weakness};

fn main() {
    println!("hashes");
    for name in hashes() {
        println!("{}", line(name, ""));
    }
    println!("\nciphers: key, vector, block in bytes");
    for name in ciphers() {
        let lengths = cipher_info(name).map(|info| {
            let (key, iv, block) = (info.key_length, info.iv_length, info.block_size);
            format!("{key:>2} {iv:>2} {block:>2}")
        });
        println!("{}", line(name, &lengths.unwrap_or_default()));
    }
    println!("\ncurves: {}", curves().join(", "));
}

fn line(name: &str, lengths: &str) -> String {
    let why = weakness(name).unwrap_or_default();
    format!("  {name:<18} {lengths:<9} {why}").trim_end().to_owned()
}
