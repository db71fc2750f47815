//! The questions: ten kinds, each made at random, each with the answer of this crate.
//!
//! Random RSA-PSS and ECDSA signatures differ each time, so there the question is whether Node takes ours.

use ferronode_buffer::Encoding;
use ferronode_crypto_demo::{
    CipherInfo, Cipheriv, Decipheriv, DsaEncoding, Hash, Hmac, NodeError, PrivateKey, PublicKey, ScryptOptions, Sign,
    SignatureOptions, Verify, cipher_info, hkdf, pbkdf2, scrypt, sign, timing_safe_equal, verify,
};
use serde_json::{Value as Json, json};

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

/// Every kind of question, by what it is about.
pub(crate) const KINDS: [(&str, fn(&mut Random) -> Case); 10] = [
    ("a_hash", hash),
    ("an_hmac", hmac),
    ("an_encryption", encryption),
    ("a_decryption", decryption),
    ("an_authenticated_encryption", authenticated_encryption),
    ("an_authenticated_decryption", authenticated_decryption),
    ("a_key_from_a_secret", derived_key),
    ("a_signature", signature),
    ("a_verdict", verdict),
    ("a_comparison", comparison),
];

const HASHES: [&str; 14] = [
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

const PLAIN_CIPHERS: [&str; 15] = [
    "aes-128-cbc",
    "aes-192-cbc",
    "aes-256-cbc",
    "aes-128-ecb",
    "aes-192-ecb",
    "aes-256-ecb",
    "aes-128-ctr",
    "aes-192-ctr",
    "aes-256-ctr",
    "des-ecb",
    "des-cbc",
    "des-ede3-cbc",
    "des-ede3",
    "des-ede",
    "des-ede-cbc",
];

const AUTHENTICATED: [&str; 7] = [
    "aes-128-gcm",
    "aes-192-gcm",
    "aes-256-gcm",
    "chacha20-poly1305",
    "aes-128-ccm",
    "aes-192-ccm",
    "aes-256-ccm",
];

fn hash(random: &mut Random) -> Case {
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

fn hmac(random: &mut Random) -> Case {
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

/// What a cipher is made with; now and then a length is wrong.
struct Setup {
    name: &'static str,
    info: CipherInfo,
    key: Vec<u8>,
    iv: Vec<u8>,
    tag_length: usize,
}

impl Setup {
    fn new(random: &mut Random, names: &[&'static str]) -> Self {
        let name = random.pick(names);
        let info = cipher_info(name).unwrap();
        let slip = |random: &mut Random, length: usize| if random.below(30) == 0 { length + 1 } else { length };
        let key_length = slip(random, info.key_length);
        let iv_length = match info.mode.name() {
            "ccm" => 7 + random.below(7),
            "gcm" if random.below(3) == 0 => 1 + random.below(40),
            _ => slip(random, info.iv_length),
        };
        let tag_lengths: &[usize] = match info.mode.name() {
            "ccm" => &[4, 6, 8, 10, 12, 14, 16, 5],
            "gcm" => &[4, 8, 12, 13, 14, 15, 16, 7],
            _ => &[1, 8, 15, 16, 17],
        };
        Self {
            name,
            info,
            key: random.exactly(key_length),
            iv: random.exactly(iv_length),
            tag_length: random.pick(tag_lengths),
        }
    }

    fn args(&self, direction: &str, steps: &[Json]) -> Json {
        let mut args = json!({
            "dir": direction, "alg": self.name, "key": bytes(&self.key), "iv": bytes(&self.iv), "steps": steps,
        });
        if self.info.is_authenticated() {
            args["opts"] = json!({ "authTagLength": self.tag_length });
        }
        args
    }

    fn cipher(&self) -> Result<Cipheriv, ferronode_crypto_demo::CipherError> {
        if self.info.is_authenticated() {
            return Cipheriv::with_auth_tag_length(self.name, &self.key, Some(&self.iv), self.tag_length);
        }
        Cipheriv::new(self.name, &self.key, Some(&self.iv))
    }

    fn decipher(&self) -> Result<Decipheriv, ferronode_crypto_demo::CipherError> {
        if self.info.is_authenticated() {
            return Decipheriv::with_auth_tag_length(self.name, &self.key, Some(&self.iv), self.tag_length);
        }
        Decipheriv::new(self.name, &self.key, Some(&self.iv))
    }

    fn is_ccm(&self) -> bool {
        self.info.mode.name() == "ccm"
    }
}

fn encryption(random: &mut Random) -> Case {
    let setup = Setup::new(random, &PLAIN_CIPHERS);
    let (padding, encoding) = (random.below(4) != 0, random.pick(&[Encoding::Hex, Encoding::Base64]));
    let mut steps = vec![json!(["auto_padding", padding])];
    let chunks = random.chunks();
    steps.extend(
        chunks
            .iter()
            .map(|chunk| json!(["update", bytes(chunk), null, encoding.name()])),
    );
    let ends = 1 + random.below(2);
    steps.extend((0..ends).map(|_| json!(["final", encoding.name()])));
    let args = setup.args("enc", &steps);
    let ours = setup.cipher().map_or_else(
        |error| thrown(&error),
        |mut cipher| {
            let mut ours = vec![or_thrown(cipher.set_auto_padding(padding), |_| Json::Null)];
            for chunk in &chunks {
                ours.push(or_thrown(cipher.update_text(chunk, encoding), |text| {
                    text.to_string().into()
                }));
            }
            for _ in 0..ends {
                ours.push(or_thrown(cipher.finalize_text(encoding), |text| {
                    text.to_string().into()
                }));
            }
            ours.into()
        },
    );
    Case {
        op: "cipher",
        args,
        ours,
    }
}

fn decryption(random: &mut Random) -> Case {
    let setup = Setup::new(random, &PLAIN_CIPHERS);
    let padding = random.below(4) != 0;
    let text = random.bytes(70);
    let hidden = setup.cipher().and_then(|mut cipher| cipher.encrypt(&text));
    let mut hidden = hidden.map_or(text, |hidden| hidden.to_vec());
    if random.below(3) == 0 {
        random.damage(&mut hidden);
    }
    let chunks = random.cut(&hidden);
    let mut steps = vec![json!(["auto_padding", padding])];
    steps.extend(chunks.iter().map(|chunk| json!(["update", bytes(chunk), null, null])));
    steps.push(json!(["final", null]));
    let args = setup.args("dec", &steps);
    let ours = setup.decipher().map_or_else(
        |error| thrown(&error),
        |mut decipher| {
            let mut ours = vec![or_thrown(decipher.set_auto_padding(padding), |_| Json::Null)];
            for chunk in &chunks {
                ours.push(or_thrown(decipher.update(chunk), bytes));
            }
            ours.push(or_thrown(decipher.finalize(), bytes));
            ours.into()
        },
    );
    Case {
        op: "cipher",
        args,
        ours,
    }
}

fn authenticated_encryption(random: &mut Random) -> Case {
    let setup = Setup::new(random, &AUTHENTICATED);
    let (aad, text) = (random.bytes(40), random.bytes(100));
    let chunks = if setup.is_ccm() {
        vec![text.clone()]
    } else {
        random.cut(&text)
    };
    let mut steps = vec![json!(["aad", bytes(&aad), { "plaintextLength": text.len() }])];
    steps.extend(chunks.iter().map(|chunk| json!(["update", bytes(chunk), null, null])));
    steps.extend([json!(["final", null]), json!(["get_tag"]), json!(["final", null])]);
    let args = setup.args("enc", &steps);
    let ours = setup.cipher().map_or_else(
        |error| thrown(&error),
        |mut cipher| {
            let mut ours = vec![or_thrown(cipher.set_aad_for(&aad, text.len()), |_| Json::Null)];
            for chunk in &chunks {
                ours.push(or_thrown(cipher.update(chunk), bytes));
            }
            ours.push(or_thrown(cipher.finalize(), bytes));
            ours.push(or_thrown(cipher.auth_tag(), bytes));
            ours.push(or_thrown(cipher.finalize(), bytes));
            ours.into()
        },
    );
    Case {
        op: "cipher",
        args,
        ours,
    }
}

/// Half of the texts are damaged: in the text, the tag, or the associated data.
fn authenticated_decryption(random: &mut Random) -> Case {
    let setup = Setup::new(random, &AUTHENTICATED);
    let (mut aad, text) = (random.bytes(40), random.bytes(100));
    let sealed = setup.cipher().and_then(|mut cipher| {
        cipher.set_aad_for(&aad, text.len())?;
        let hidden = cipher.encrypt(&text)?.to_vec();
        Ok((hidden, cipher.auth_tag()?.to_vec()))
    });
    let (mut hidden, mut tag) = sealed.unwrap_or_else(|_| (text, random.exactly(setup.tag_length)));
    match random.below(6) {
        0 => random.damage(&mut hidden),
        1 => random.damage(&mut tag),
        2 => random.damage(&mut aad),
        _ => {}
    }
    let chunks = if setup.is_ccm() {
        vec![hidden.clone()]
    } else {
        random.cut(&hidden)
    };
    let mut steps = vec![
        json!(["set_tag", bytes(&tag)]),
        json!(["aad", bytes(&aad), { "plaintextLength": hidden.len() }]),
    ];
    steps.extend(chunks.iter().map(|chunk| json!(["update", bytes(chunk), null, null])));
    steps.push(json!(["final", null]));
    let args = setup.args("dec", &steps);
    let ours = setup.decipher().map_or_else(
        |error| thrown(&error),
        |mut decipher| {
            let mut ours = vec![or_thrown(decipher.set_auth_tag(&tag), |_| Json::Null)];
            ours.push(or_thrown(decipher.set_aad_for(&aad, hidden.len()), |_| Json::Null));
            for chunk in &chunks {
                ours.push(or_thrown(decipher.update(chunk), bytes));
            }
            ours.push(or_thrown(decipher.finalize(), bytes));
            ours.into()
        },
    );
    Case {
        op: "cipher",
        args,
        ours,
    }
}

fn derived_key(random: &mut Random) -> Case {
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
    let keys: Json = serde_json::from_str(include_str!("../../../../conformance/vectors/keys.json")).unwrap();
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
fn signature(random: &mut Random) -> Case {
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
fn verdict(random: &mut Random) -> Case {
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

fn comparison(random: &mut Random) -> Case {
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

/// A source of choices that a seed repeats.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// SplitMix64, by Steele, Lea and Flood.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn exactly(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }

    fn bytes(&mut self, limit: usize) -> Vec<u8> {
        let length = self.below(limit);
        self.exactly(length)
    }

    fn cut(&mut self, mut bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut chunks = Vec::new();
        while !bytes.is_empty() {
            let (chunk, rest) = bytes.split_at(bytes.len().min(1 + self.below(40)));
            chunks.push(chunk.to_vec());
            bytes = rest;
        }
        chunks
    }

    fn chunks(&mut self) -> Vec<Vec<u8>> {
        let whole = self.bytes(150);
        self.cut(&whole)
    }

    /// Flips a bit, takes the last byte away, or adds one.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        match self.below(4) {
            0 => bytes.push(self.next() as u8),
            1 => drop(bytes.pop()),
            _ if bytes.is_empty() => {}
            _ => {
                let at = self.below(bytes.len());
                bytes[at] ^= 1 << self.below(8);
            }
        }
    }
}
