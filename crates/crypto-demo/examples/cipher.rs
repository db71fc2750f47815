//! Hiding a text and finding it again: with DES as the document does, and as one should.
//!
//! The document prints `81c66a…751c` for `des-ecb`. That is not what DES gives: it is
//! `28dba02eb5f6dd478852f80ed9fa959e`.
//!
//! In Node: `crypto.createCipheriv('des-ecb', '12345678', '')`, which wants `--openssl-legacy-provider` since Node 17.
#![allow(clippy::print_stdout)] // An example talks to its reader.

use std::error::Error;

use ferronode_buffer::Encoding::{Base64, Hex, Utf8};
use ferronode_crypto_demo::{CipherError, Cipheriv, Decipheriv, random_bytes, weakness};

const TEXT: &str = "hello world !!!";

fn main() -> Result<(), Box<dyn Error>> {
    des()?;
    authenticated()
}

/// Text in, hexadecimal out, and back: what `update` has ready, then what `finalize` adds.
fn des() -> Result<(), CipherError> {
    let (name, key) = ("des-ecb", "12345678");
    let mut cipher = Cipheriv::new(name, key, None)?;
    let front = cipher.update_text(TEXT, Hex)?.to_string();
    let hidden = front.clone() + &cipher.finalize_text(Hex)?.to_string();
    println!("{name}: {hidden}, of which update gave {front}");

    let mut decipher = Decipheriv::new(name, key, None)?;
    let mut text = decipher.update_text((hidden.as_str(), Hex), Utf8)?;
    text.push_str(&decipher.finalize_text(Utf8)?);
    println!("{name}: {text}");
    if let Some(why) = weakness(name) {
        println!("    {name} is {why}");
    }
    Ok(())
}

/// A key that nobody can guess, a vector that is used once, and a tag that shows any change.
fn authenticated() -> Result<(), Box<dyn Error>> {
    for name in ["aes-256-gcm", "chacha20-poly1305"] {
        let (key, iv) = (random_bytes(32)?, random_bytes(12)?);
        let mut cipher = Cipheriv::new(name, &key, Some(&iv))?;
        cipher.set_aad(b"to: you")?;
        let hidden = cipher.encrypt(TEXT)?.to_string(Base64);
        println!("{name}: {} characters of base64", hidden.len());

        let open = |receiver: &[u8]| {
            let mut decipher = Decipheriv::new(name, &key, Some(&iv))?;
            decipher.set_aad(receiver)?.set_auth_tag(&cipher.auth_tag()?)?;
            decipher.decrypt((hidden.as_str(), Base64))
        };
        println!("{name}: {}", open(b"to: you")?.to_string(Utf8));
        if let Err(error) = open(b"to: me!") {
            println!("{name}, readdressed: {error}");
        }
    }
    Ok(())
}
