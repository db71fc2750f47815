//! `node:crypto`. A hash, an HMAC or a cipher runs a program of steps; one that throws does not end it.
//!
//! Node takes the name of an encoding that it does not know for UTF-8 on the way in, and for none on the way out.

use std::sync::LazyLock;

use ferronode_buffer::{Encoding, JsString};
use ferronode_crypto_demo::{
    CipherError, CipherInfo, Cipheriv, Data, Decipheriv, DsaEncoding, Hash, HashError, Hmac, NodeError, PrivateKey,
    PublicKey, ScryptOptions, Sign, SignatureOptions, Verify, cipher_info, hkdf, pbkdf2, scrypt, sign,
    timing_safe_equal, verify,
};
use serde_json::{Map, Value as Json, json};

use crate::answer::{Refusal, Thrown};
use crate::buffer::text_out;
use crate::value::{Args, Value, unreadable};

/// Node's hashes that the crate leaves out: a demonstration needs no more than it has.
const LEFT_OUT: [&str; 4] = ["md5-sha1", "ripemd160", "rmd160", "sm3"];

pub(crate) fn answer(op: &str, args: &Args) -> Result<Json, Refusal> {
    match op {
        "hash" => hash(args),
        "hmac" => hmac(args),
        "cipher" if args.json("dir") == Some(&"enc".into()) => cipher(args),
        "cipher" => decipher(args),
        "cipher_info" => info(args),
        "sign" => signature(args),
        "verify" => verdict(args),
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

fn cipher(args: &Args) -> Result<Json, Refusal> {
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

fn decipher(args: &Args) -> Result<Json, Refusal> {
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

/// The keys of the vectors, by name.
static KEYS: LazyLock<Json> =
    LazyLock::new(|| serde_json::from_str(include_str!("../vectors/keys.json")).expect("the project's own file"));

fn pem(args: &Args, half: &str) -> Result<&'static str, Refusal> {
    let name = text(args, "key")?;
    KEYS[&name][half]
        .as_str()
        .ok_or_else(|| Refusal::Malformed(format!("keys.json has no key {name}")))
}

fn signature(args: &Args) -> Result<Json, Refusal> {
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

fn verdict(args: &Args) -> Result<Json, Refusal> {
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

/// Runs the steps of a program and collects what each gave.
fn run(args: &Args, mut step: impl FnMut(Step<'_>) -> Result<Json, Refusal>) -> Result<Json, Refusal> {
    let steps = args.json("steps").and_then(Json::as_array);
    let steps = steps.ok_or_else(|| Refusal::Malformed("there are no steps".to_owned()))?;
    let answers: Result<_, _> = steps.iter().map(|json| step(Step(json))).collect();
    answers.map(Json::Array)
}

/// One step: its kind, then its arguments.
#[derive(Clone, Copy)]
struct Step<'a>(&'a Json);

impl Step<'_> {
    fn kind(self) -> &'static str {
        const KINDS: [&str; 8] = [
            "update",
            "digest",
            "copy_digest",
            "final",
            "auto_padding",
            "aad",
            "get_tag",
            "set_tag",
        ];
        let found = self.0[0].as_str();
        KINDS.into_iter().find(|kind| Some(*kind) == found).unwrap_or_default()
    }

    fn unknown(self) -> Refusal {
        unreadable("a step", self.0)
    }

    fn truth(self) -> bool {
        self.0[1] == true
    }

    fn bytes(self, at: usize) -> Result<Vec<u8>, Refusal> {
        into_bytes(Value::decode(&self.0[at])?)
    }

    /// The encoding of the output: none, if it has no name or an unknown one.
    fn encoding(self, at: usize) -> Option<Encoding> {
        self.0[at].as_str().and_then(Encoding::parse)
    }

    /// The data of an update, in its encoding.
    fn input(self) -> Result<Input, Refusal> {
        match Value::decode(&self.0[1])? {
            Value::Bytes(bytes) => Ok(Input::Bytes(bytes)),
            text => Ok(Input::Text(into_text(text)?, self.encoding(2).unwrap_or_default())),
        }
    }

    /// The associated data, and the length of the text if the step has it.
    fn aad(self) -> Result<(Vec<u8>, Option<usize>), Refusal> {
        let length = self.0[2]["plaintextLength"].as_u64();
        Ok((self.bytes(1)?, length.map(|length| length as usize)))
    }
}

enum Input {
    Bytes(Vec<u8>),
    Text(JsString, Encoding),
}

impl Input {
    fn data(&self) -> Data<'_> {
        match self {
            Self::Bytes(bytes) => bytes.into(),
            Self::Text(text, encoding) => (text, *encoding).into(),
        }
    }
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

fn chunks(args: &Args) -> Result<Vec<Vec<u8>>, Refusal> {
    match args.value("chunks")? {
        Value::List(chunks) => chunks.into_iter().map(into_bytes).collect(),
        other => Err(unreadable("chunks", &other.into())),
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
