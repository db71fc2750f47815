//! Keys from passwords and secrets; signatures.
//!
//! An ECDSA signature of Node's differs each time. So Node judges ours, damaged or not, and we judge it too.

use ferronode_crypto_demo::{
    DsaEncoding, PrivateKey, PublicKey, ScryptOptions, Sign, SignatureOptions, Verify, hkdf, pbkdf2, scrypt, sign,
    verify,
};
use serde_json::{Value as Json, json};

use super::hashes::HASHES;
use super::{Case, Random, bytes, or_thrown};

pub(super) fn derived_key(random: &mut Random) -> Case {
    let (secret, salt, info, length) = (random.bytes(60), random.bytes(60), random.bytes(60), random.below(200));
    let digest = random.pick(&HASHES);
    match random.below(3) {
        0 => Case {
            op: "hkdf",
            args: json!({
                "digest": digest, "ikm": bytes(&secret), "salt": bytes(&salt), "info": bytes(&info), "keylen": length,
            }),
            ours: or_thrown(hkdf(digest, &secret, &salt, &info, length), bytes),
        },
        1 => {
            let iterations = 1 + random.below(30) as u32;
            Case {
                op: "pbkdf2",
                args: json!({
                    "digest": digest, "password": bytes(&secret), "salt": bytes(&salt), "iterations": iterations,
                    "keylen": length,
                }),
                ours: or_thrown(pbkdf2(&secret, &salt, iterations, length, digest), bytes),
            }
        }
        _ => {
            let options = ScryptOptions {
                cost: 2 << random.below(7),
                block_size: 1 + random.below(8) as u32,
                parallelization: 1 + random.below(3) as u32,
                ..ScryptOptions::default()
            };
            Case {
                op: "scrypt",
                args: json!({
                    "password": bytes(&secret), "salt": bytes(&salt), "keylen": length,
                    "N": options.cost, "r": options.block_size, "p": options.parallelization,
                }),
                ours: or_thrown(scrypt(&secret, &salt, length, options), bytes),
            }
        }
    }
}

/// The throw-away keys of the vectors, which Node's side knows by name.
fn pem(name: &str, half: &str) -> String {
    let keys: Json = serde_json::from_str(include_str!("../../../../../conformance/vectors/keys.json")).unwrap();
    keys[name][half].as_str().unwrap().to_owned()
}

const SIGNING_HASHES: [&str; 9] = [
    "md5",
    "sha1",
    "RSA-SHA256",
    "sha224",
    "sha384",
    "sha512",
    "sha3-256",
    "sha512-256",
    "sha3-512",
];

/// RSA with PKCS #1 v1.5, and Ed25519: the signatures that are always the same.
pub(super) fn signature(random: &mut Random) -> Case {
    let options = SignatureOptions::default();
    if random.below(3) == 0 {
        let data = random.bytes(100);
        let key = PrivateKey::from_pem(&pem("ed25519", "priv")).unwrap();
        return Case {
            op: "sign",
            args: json!({ "key": "ed25519", "alg": null, "oneshot": true, "data": bytes(&data) }),
            ours: or_thrown(sign(None, &data, &key, options), bytes),
        };
    }
    let name = random.pick(&["rsa1024", "rsa2048"]);
    let digest = random.pick(&SIGNING_HASHES);
    let key = PrivateKey::from_pem(&pem(name, "priv")).unwrap();
    let chunks = random.chunks();
    let mut pending = Sign::new(digest).unwrap();
    for chunk in &chunks {
        pending.update(chunk).unwrap();
    }
    let chunks: Vec<_> = chunks.iter().map(bytes).collect();
    Case {
        op: "sign",
        args: json!({ "key": name, "alg": digest, "chunks": chunks }),
        ours: or_thrown(pending.sign(&key, options), bytes),
    }
}

/// We sign, sometimes something is damaged, and both say what they think of it.
pub(super) fn verdict(random: &mut Random) -> Case {
    let name = random.pick(&["rsa1024", "rsa2048", "p256", "p384", "ed25519"]);
    let is_ed25519 = name == "ed25519";
    let digest = (!is_ed25519).then(|| random.pick(&SIGNING_HASHES));
    let mut options = SignatureOptions::default();
    let is_flat = name.starts_with('p') && random.below(2) == 0;
    if is_flat {
        options.dsa_encoding = DsaEncoding::IeeeP1363;
    }
    let data = random.bytes(60);
    let private = PrivateKey::from_pem(&pem(name, "priv")).unwrap();
    let public = PublicKey::from_pem(&pem(name, "pub")).unwrap();
    let mut signature = sign(digest, &data, &private, options).unwrap().to_vec();
    if random.below(2) == 0 {
        random.damage(&mut signature);
    }
    let mut args = json!({ "key": name, "alg": digest, "sig": bytes(&signature) });
    if is_flat {
        args["dsaEncoding"] = "ieee-p1363".into();
    }
    let ours = match digest {
        None => {
            args["oneshot"] = true.into();
            args["data"] = bytes(&data);
            verify(None, &data, &public, &signature, options)
        }
        Some(digest) => {
            args["chunks"] = json!([bytes(&data)]);
            let mut pending = Verify::new(digest).unwrap();
            pending.update(&data).unwrap();
            pending.verify(&public, &signature, options)
        }
    };
    Case {
        op: "verify",
        args,
        ours: or_thrown(ours, Json::from),
    }
}
