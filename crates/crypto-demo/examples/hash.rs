//! Digests: MD5 as the document shows it, in lower and in upper case; SHA-256; and bytes that come in chunks.
//!
//! In Node: `crypto.createHash('md5').update('123456789').digest('hex')`.
#![allow(clippy::print_stdout)] // An example talks to its reader.

use ferronode_buffer::Encoding::Hex;
use ferronode_crypto_demo::{Hash, HashError, weakness};

fn main() -> Result<(), HashError> {
    show("md5", "123456789")?;
    show("sha256", "123456789")?;

    // It does not matter how the bytes are cut, so a file can be hashed while it comes.
    let mut hash = Hash::new("sha256")?;
    for chunk in ["123", "45", "", "6789"] {
        hash.update(chunk)?;
    }
    println!("sha256, in four chunks: {}", hash.digest_text(Hex)?);

    // The digest is taken once.
    if let Err(error) = hash.update("more") {
        println!("after the digest: {error}");
    }
    Ok(())
}

fn show(name: &str, text: &str) -> Result<(), HashError> {
    let digest = Hash::new(name)?.update(text)?.digest_text(Hex)?.to_string();
    println!("{name} of {text}: {digest}");
    println!("{name} of {text}: {}", digest.to_uppercase());
    if let Some(why) = weakness(name) {
        println!("    {name} is {why}");
    }
    Ok(())
}
