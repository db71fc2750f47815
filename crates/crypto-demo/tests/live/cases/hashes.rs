//! Hashes and HMACs, whole and in chunks, and after their end; comparisons.

use ferronode_buffer::Encoding;
use ferronode_crypto_demo::{Hash, Hmac, timing_safe_equal};
use serde_json::{Value as Json, json};

use super::{Case, Random, bytes, or_thrown};

pub(super) const HASHES: [&str; 14] = [
    "md5",
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "sha512-224",
    "sha512-256",
    "sha3-224",
    "sha3-256",
    "sha3-384",
    "sha3-512",
    "RSA-SHA256",
    "Sha1",
];

pub(super) fn hash(random: &mut Random) -> Case {
    let name = random.pick(&[&HASHES[..], &["blake2b512", "blake2s256", "shake128", "shake256"]].concat());
    let mut hash = Hash::new(name).unwrap();
    let (mut steps, mut ours) = (Vec::new(), Vec::new());
    for chunk in random.chunks() {
        steps.push(json!(["update", bytes(&chunk), null, null]));
        ours.push(or_thrown(hash.update(&chunk), |_| Json::Null));
    }
    // The second digest is an error.
    for _ in 0..=random.below(2) {
        steps.push(json!(["digest", "base64"]));
        ours.push(or_thrown(hash.digest_text(Encoding::Base64), |text| {
            text.to_string().into()
        }));
    }
    let args = json!({ "alg": name, "steps": steps });
    Case {
        op: "hash",
        args,
        ours: ours.into(),
    }
}

pub(super) fn hmac(random: &mut Random) -> Case {
    let name = random.pick(&HASHES);
    let key = random.bytes(200);
    let mut hmac = Hmac::new(name, &key).unwrap();
    let (mut steps, mut ours) = (Vec::new(), Vec::new());
    for chunk in random.chunks() {
        steps.push(json!(["update", bytes(&chunk), null, null]));
        ours.push(or_thrown(hmac.update(&chunk), |_| Json::Null));
    }
    for _ in 0..=random.below(2) {
        steps.push(json!(["digest", "hex"]));
        ours.push(hmac.digest_text(Encoding::Hex).to_string().into());
    }
    let args = json!({ "alg": name, "key": bytes(&key), "steps": steps });
    Case {
        op: "hmac",
        args,
        ours: ours.into(),
    }
}

pub(super) fn comparison(random: &mut Random) -> Case {
    let a = random.bytes(20);
    let mut b = a.clone();
    if random.below(2) == 0 {
        random.damage(&mut b);
    }
    Case {
        op: "timing_safe_equal",
        args: json!({ "a": bytes(&a), "b": bytes(&b) }),
        ours: or_thrown(timing_safe_equal(&a, &b), Json::from),
    }
}
