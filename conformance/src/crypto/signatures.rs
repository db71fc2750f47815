//! Signing and verifying, with the keys of the vectors.

use std::sync::LazyLock;

use ferronode_crypto_demo::{DsaEncoding, PrivateKey, PublicKey, Sign, SignatureOptions, Verify, sign, verify};
use serde_json::Value as Json;

use super::{bytes, bytes_json, into_bytes, optional_text, or_thrown, text, thrown};
use crate::answer::Refusal;
use crate::value::{Args, Value, unreadable};

/// The keys of the vectors, by name.
static KEYS: LazyLock<Json> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../vectors/keys.json")).expect("the project's own file"));

fn pem(args: &Args, half: &str) -> Result<&'static str, Refusal> {
    let name = text(args, "key")?;
    KEYS[&name][half]
        .as_str()
        .ok_or_else(|| Refusal::Malformed(format!("keys.json has no key {name}")))
}

pub(super) fn signature(args: &Args) -> Result<Json, Refusal> {
    let options = SignatureOptions::default();
    let key = match PrivateKey::from_pem(pem(args, "priv")?) {
        Ok(key) => key,
        Err(error) => return Ok(thrown(&error)),
    };
    if args.json("oneshot").is_some() {
        let digest = optional_text(args, "alg")?;
        return Ok(or_thrown(
            sign(digest.as_deref(), &bytes(args, "data")?, &key, options),
            bytes_json,
        ));
    }
    let mut pending = match Sign::new(&text(args, "alg")?) {
        Ok(pending) => pending,
        Err(error) => return Ok(thrown(&error)),
    };
    for chunk in chunks(args)? {
        if let Err(error) = pending.update(&chunk) {
            return Ok(thrown(&error));
        }
    }
    Ok(or_thrown(pending.sign(&key, options), bytes_json))
}

pub(super) fn verdict(args: &Args) -> Result<Json, Refusal> {
    let mut options = SignatureOptions::default();
    if args.json("dsaEncoding") == Some(&"ieee-p1363".into()) {
        options.dsa_encoding = DsaEncoding::IeeeP1363;
    }
    let key = match PublicKey::from_pem(pem(args, "pub")?) {
        Ok(key) => key,
        Err(error) => return Ok(thrown(&error)),
    };
    let signature = bytes(args, "sig")?;
    if args.json("oneshot").is_some() {
        let digest = optional_text(args, "alg")?;
        let verdict = verify(digest.as_deref(), &bytes(args, "data")?, &key, &signature, options);
        return Ok(or_thrown(verdict, Json::from));
    }
    let mut pending = match Verify::new(&text(args, "alg")?) {
        Ok(pending) => pending,
        Err(error) => return Ok(thrown(&error)),
    };
    for chunk in chunks(args)? {
        if let Err(error) = pending.update(&chunk) {
            return Ok(thrown(&error));
        }
    }
    Ok(or_thrown(pending.verify(&key, &signature, options), Json::from))
}

fn chunks(args: &Args) -> Result<Vec<Vec<u8>>, Refusal> {
    match args.value("chunks")? {
        Value::List(chunks) => chunks.into_iter().map(into_bytes).collect(),
        other => Err(unreadable("chunks", &other.into())),
    }
}
