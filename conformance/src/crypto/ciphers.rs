//! Encryption and decryption: programs of steps.

use ferronode_crypto_demo::{CipherError, Cipheriv, Decipheriv};
use serde_json::Value as Json;

use super::step::run;
use super::{bytes, bytes_json, left_out, option, optional_bytes, or_thrown, text, text_json, thrown};
use crate::answer::Refusal;
use crate::value::Args;

pub(super) fn cipher(args: &Args) -> Result<Json, Refusal> {
    let (name, key, iv) = (text(args, "alg")?, bytes(args, "key")?, optional_bytes(args, "iv")?);
    let cipher = match option(args, "authTagLength")? {
        Some(length) => Cipheriv::with_auth_tag_length(&name, key, iv.as_deref(), length),
        None => Cipheriv::new(&name, key, iv.as_deref()),
    };
    let mut cipher = match cipher {
        Ok(cipher) => cipher,
        Err(CipherError::Unsupported { name }) => return Err(left_out(&name)),
        Err(error) => return Ok(thrown(&error)),
    };
    run(args, |step| {
        Ok(match step.kind() {
            "update" => match step.encoding(3) {
                Some(encoding) => or_thrown(cipher.update_text(step.input()?.data(), encoding), text_json),
                None => or_thrown(cipher.update(step.input()?.data()), bytes_json),
            },
            "final" => match step.encoding(1) {
                Some(encoding) => or_thrown(cipher.finalize_text(encoding), text_json),
                None => or_thrown(cipher.finalize(), bytes_json),
            },
            "auto_padding" => or_thrown(cipher.set_auto_padding(step.truth()), |_| Json::Null),
            "aad" => {
                let (data, length) = step.aad()?;
                let set = match length {
                    Some(length) => cipher.set_aad_for(&data, length),
                    None => cipher.set_aad(&data),
                };
                or_thrown(set, |_| Json::Null)
            }
            "get_tag" => or_thrown(cipher.auth_tag(), bytes_json),
            _ => return Err(step.unknown()),
        })
    })
}

pub(super) fn decipher(args: &Args) -> Result<Json, Refusal> {
    let (name, key, iv) = (text(args, "alg")?, bytes(args, "key")?, optional_bytes(args, "iv")?);
    let decipher = match option(args, "authTagLength")? {
        Some(length) => Decipheriv::with_auth_tag_length(&name, key, iv.as_deref(), length),
        None => Decipheriv::new(&name, key, iv.as_deref()),
    };
    let mut decipher = match decipher {
        Ok(decipher) => decipher,
        Err(CipherError::Unsupported { name }) => return Err(left_out(&name)),
        Err(error) => return Ok(thrown(&error)),
    };
    run(args, |step| {
        Ok(match step.kind() {
            "update" => match step.encoding(3) {
                Some(encoding) => or_thrown(decipher.update_text(step.input()?.data(), encoding), text_json),
                None => or_thrown(decipher.update(step.input()?.data()), bytes_json),
            },
            "final" => match step.encoding(1) {
                Some(encoding) => or_thrown(decipher.finalize_text(encoding), text_json),
                None => or_thrown(decipher.finalize(), bytes_json),
            },
            "auto_padding" => or_thrown(decipher.set_auto_padding(step.truth()), |_| Json::Null),
            "aad" => {
                let (data, length) = step.aad()?;
                let set = match length {
                    Some(length) => decipher.set_aad_for(&data, length),
                    None => decipher.set_aad(&data),
                };
                or_thrown(set, |_| Json::Null)
            }
            "set_tag" => or_thrown(decipher.set_auth_tag(&step.bytes(1)?), |_| Json::Null),
            _ => return Err(step.unknown()),
        })
    })
}
