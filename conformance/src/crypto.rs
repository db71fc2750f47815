//! `node:crypto`. A hash, an HMAC or a cipher runs a program of steps; one that throws does not end it.
//!
//! Node takes the name of an encoding that it does not know for UTF-8 on the way in, and for none on the way out.

mod ciphers;
mod signatures;
mod step;

use ferronode_buffer::{Encoding, JsString};
use ferronode_crypto_demo::{
    CipherInfo, Hash, HashError, Hmac, NodeError, ScryptOptions, cipher_info, hkdf, pbkdf2, scrypt, timing_safe_equal,
};
use serde_json::{Map, Value as Json, json};

use crate::answer::{Refusal, Thrown};
use crate::buffer::text_out;
use crate::value::{Args, Value, unreadable};

use step::run;

/// Node's hashes that the crate leaves out: a demonstration needs no more than it has.
const LEFT_OUT: [&str; 4] = ["md5-sha1", "ripemd160", "rmd160", "sm3"];

pub(crate) fn answer(op: &str, args: &Args) -> Result<Json, Refusal> {
    match op {
        "hash" => hash(args),
        "hmac" => hmac(args),
        "cipher" if args.json("dir") == Some(&"enc".into()) => ciphers::cipher(args),
        "cipher" => ciphers::decipher(args),
        "cipher_info" => info(args),
        "sign" => signatures::signature(args),
        "verify" => signatures::verdict(args),
        "timing_safe_equal" => Ok(or_thrown(
            timing_safe_equal(&bytes(args, "a")?, &bytes(args, "b")?),
            Json::from,
        )),
        "pbkdf2" | "scrypt" | "hkdf" => key(op, args),
        _ => Err(Refusal::Malformed(format!("crypto has no operation {op}"))),
    }
}

fn hash(args: &Args) -> Result<Json, Refusal> {
    let name = text(args, "alg")?;
    let hash = match option(args, "outputLength")? {
        Some(length) => Hash::with_output_length(&name, length),
        None => Hash::new(&name),
    };
    let mut hash = match hash {
        Ok(hash) => hash,
        Err(HashError::Unsupported { name }) if LEFT_OUT.contains(&name.as_str()) => return Err(left_out(&name)),
        Err(error) => return Ok(thrown(&error)),
    };
    run(args, |step| {
        Ok(match step.kind() {
            "update" => or_thrown(hash.update(step.input()?.data()), |_| Json::Null),
            "digest" => match step.encoding(1) {
                Some(encoding) => or_thrown(hash.digest_text(encoding), text_json),
                None => or_thrown(hash.digest(), bytes_json),
            },
            "copy_digest" => match step.encoding(1) {
                Some(encoding) => or_thrown(hash.copy().and_then(|mut copy| copy.digest_text(encoding)), text_json),
                None => or_thrown(hash.copy().and_then(|mut copy| copy.digest()), bytes_json),
            },
            _ => return Err(step.unknown()),
        })
    })
}

fn hmac(args: &Args) -> Result<Json, Refusal> {
    let mut hmac = match Hmac::new(&text(args, "alg")?, bytes_of_text(args, "key")?) {
        Ok(hmac) => hmac,
        Err(HashError::InvalidDigest { name }) if Hash::new(&name).is_ok() || LEFT_OUT.contains(&name.as_str()) => {
            return Err(left_out(&name));
        }
        Err(error) => return Ok(thrown(&error)),
    };
    run(args, |step| {
        Ok(match step.kind() {
            "update" => or_thrown(hmac.update(step.input()?.data()), |_| Json::Null),
            "digest" => match step.encoding(1) {
                Some(encoding) => text_json(hmac.digest_text(encoding)),
                None => bytes_json(hmac.digest()),
            },
            _ => return Err(step.unknown()),
        })
    })
}

fn info(args: &Args) -> Result<Json, Refusal> {
    let Some(info) = cipher_info(&text(args, "name")?) else {
        return Ok(Value::Undefined.into());
    };
    let (key_length, iv_length) = (option(args, "keyLength")?, option(args, "ivLength")?);
    let fits = key_length.is_none_or(|length| length == info.key_length)
        && iv_length.is_none_or(|length| info.takes_iv_length(length));
    if !fits {
        return Ok(Value::Undefined.into());
    }
    Ok(info_json(&info, iv_length.unwrap_or(info.iv_length)))
}

/// Node leaves out what is 0.
fn info_json(info: &CipherInfo, iv_length: usize) -> Json {
    let mut fields = Map::new();
    fields.insert("mode".to_owned(), info.mode.name().into());
    fields.insert("name".to_owned(), info.name.into());
    fields.insert("nid".to_owned(), info.nid.into());
    fields.insert("keyLength".to_owned(), info.key_length.into());
    for (name, length) in [("blockSize", info.block_size), ("ivLength", iv_length)] {
        if length != 0 {
            fields.insert(name.to_owned(), length.into());
        }
    }
    fields.into()
}

fn key(op: &str, args: &Args) -> Result<Json, Refusal> {
    let length = number(args, "keylen")?;
    let salt = bytes_of_text(args, "salt")?;
    let key = match op {
        "hkdf" => hkdf(
            &text(args, "digest")?,
            &bytes(args, "ikm")?,
            &salt,
            &bytes(args, "info")?,
            length,
        ),
        "pbkdf2" => {
            let (password, iterations) = (bytes_of_text(args, "password")?, number(args, "iterations")?);
            pbkdf2(&password, &salt, iterations, length, &text(args, "digest")?)
        }
        _ => {
            let options = ScryptOptions {
                cost: number(args, "N")?,
                block_size: number(args, "r")?,
                parallelization: number(args, "p")?,
                ..ScryptOptions::default()
            };
            scrypt(&bytes_of_text(args, "password")?, &salt, length, options)
        }
    };
    Ok(or_thrown(key, bytes_json))
}

fn left_out(name: &str) -> Refusal {
    Refusal::Skip(format!("{name} is left out"))
}

fn into_bytes(value: Value) -> Result<Vec<u8>, Refusal> {
    match value {
        Value::Bytes(bytes) => Ok(bytes),
        other => Err(unreadable("bytes", &other.into())),
    }
}

fn into_text(value: Value) -> Result<JsString, Refusal> {
    match value {
        Value::Text(text) => Ok(text.into()),
        Value::Units(units) => Ok(JsString::from_units(units)),
        other => Err(unreadable("bytes or text", &other.into())),
    }
}

fn bytes(args: &Args, name: &str) -> Result<Vec<u8>, Refusal> {
    into_bytes(args.value(name)?)
}

/// Bytes, or text that Node takes for UTF-8.
fn bytes_of_text(args: &Args, name: &str) -> Result<Vec<u8>, Refusal> {
    match args.value(name)? {
        Value::Bytes(bytes) => Ok(bytes),
        text => Ok(Encoding::Utf8.encode(&into_text(text)?).to_vec()),
    }
}

fn optional_bytes(args: &Args, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
    match args.value(name)? {
        Value::Null | Value::Undefined => Ok(None),
        value => into_bytes(value).map(Some),
    }
}

fn optional_text(args: &Args, name: &str) -> Result<Option<String>, Refusal> {
    match args.value(name)? {
        Value::Null => Ok(None),
        Value::Text(text) => Ok(Some(text)),
        other => Err(unreadable("a name", &other.into())),
    }
}

fn text(args: &Args, name: &str) -> Result<String, Refusal> {
    optional_text(args, name)?.ok_or_else(|| Refusal::Skip(format!("{name} is a name in Rust, and cannot be null")))
}

fn number<N: TryFrom<i64>>(args: &Args, name: &str) -> Result<N, Refusal> {
    let value = args.value(name)?;
    match value {
        Value::Integer(number) => N::try_from(number).map_err(|_| unreadable(name, &value.into())),
        other => Err(unreadable("a number", &other.into())),
    }
}

/// A number among the options, if there are any.
fn option(args: &Args, name: &str) -> Result<Option<usize>, Refusal> {
    let Some(found) = args.json("opts").and_then(|options| options.get(name)) else {
        return Ok(None);
    };
    let number = found.as_u64().ok_or_else(|| unreadable("a length", found))?;
    Ok(Some(number as usize))
}

fn bytes_json(bytes: impl AsRef<[u8]>) -> Json {
    Value::Bytes(bytes.as_ref().to_vec()).into()
}

#[allow(clippy::needless_pass_by_value)] // The shape of a `map`.
fn text_json(text: JsString) -> Json {
    text_out(&text).into()
}

/// The result as JSON, or the error as an answer.
fn or_thrown<T, E: NodeError>(result: Result<T, E>, into_json: impl FnOnce(T) -> Json) -> Json {
    match result {
        Ok(value) => into_json(value),
        Err(error) => thrown(&error),
    }
}

fn thrown(error: &impl NodeError) -> Json {
    let mut answer = Json::from(&Thrown {
        name: error.name(),
        code: error.code(),
        message: error.message(),
    });
    if let Some(reason) = error.reason() {
        answer["throws"]["reason"] = json!(reason);
    }
    answer
}
