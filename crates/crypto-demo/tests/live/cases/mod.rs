//! The questions: ten kinds, each made at random, each with the answer of this crate.

mod ciphers;
mod hashes;
mod keys;
mod random;

use ferronode_buffer::Encoding;
use ferronode_crypto_demo::NodeError;
use serde_json::{Value as Json, json};

pub(crate) use random::Random;

/// One question and our answer, in the form of the vectors.
pub(crate) struct Case {
    pub(crate) op: &'static str,
    pub(crate) args: Json,
    pub(crate) ours: Json,
}

impl Case {
    pub(crate) fn question(&self) -> Json {
        json!({ "id": "", "module": "crypto", "op": self.op, "args": self.args })
    }
}

/// A name, and how a question of this kind is made.
pub(crate) type Kind = (&'static str, fn(&mut Random) -> Case);

/// Every kind of question, by what it is about.
pub(crate) const KINDS: [Kind; 10] = [
    ("a_hash", hashes::hash),
    ("an_hmac", hashes::hmac),
    ("an_encryption", ciphers::encryption),
    ("a_decryption", ciphers::decryption),
    ("an_authenticated_encryption", ciphers::authenticated_encryption),
    ("an_authenticated_decryption", ciphers::authenticated_decryption),
    ("a_key_from_a_secret", keys::derived_key),
    ("a_signature", keys::signature),
    ("a_verdict", keys::verdict),
    ("a_comparison", hashes::comparison),
];

fn bytes(bytes: impl AsRef<[u8]>) -> Json {
    json!({ "b": Encoding::Hex.decode_lossy(bytes.as_ref()) })
}

fn or_thrown<T, E: NodeError>(result: Result<T, E>, into_json: impl FnOnce(T) -> Json) -> Json {
    result.map_or_else(|error| thrown(&error), into_json)
}

/// An error as the vectors write it: what is not there has no field.
fn thrown(error: &impl NodeError) -> Json {
    let mut thrown = json!({ "name": error.name(), "message": error.message() });
    if let Some(code) = error.code() {
        thrown["code"] = code.into();
    }
    if let Some(reason) = error.reason() {
        thrown["reason"] = reason.into();
    }
    json!({ "throws": thrown })
}
