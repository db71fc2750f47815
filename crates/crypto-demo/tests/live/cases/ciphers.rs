//! Ciphers both ways: every length of text in chunks, lengths that are wrong, texts that were damaged.

use ferronode_buffer::Encoding;
use ferronode_crypto_demo::{CipherError, CipherInfo, Cipheriv, Decipheriv, cipher_info};
use serde_json::{Value as Json, json};

use super::{Case, Random, bytes, or_thrown, thrown};
use crate::node::has_legacy_provider;

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
    "des-ede3-cbc",
    "des-ede3",
    "des-ede",
    "des-ede-cbc",
    // These want the legacy provider.
    "des-ecb",
    "des-cbc",
];

fn plain_ciphers() -> &'static [&'static str] {
    let count = if has_legacy_provider() { 15 } else { 13 };
    &PLAIN_CIPHERS[..count]
}

const AUTHENTICATED: [&str; 7] = [
    "aes-128-gcm",
    "aes-192-gcm",
    "aes-256-gcm",
    "chacha20-poly1305",
    "aes-128-ccm",
    "aes-192-ccm",
    "aes-256-ccm",
];

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

    fn cipher(&self) -> Result<Cipheriv, CipherError> {
        if self.info.is_authenticated() {
            return Cipheriv::with_auth_tag_length(self.name, &self.key, Some(&self.iv), self.tag_length);
        }
        Cipheriv::new(self.name, &self.key, Some(&self.iv))
    }

    fn decipher(&self) -> Result<Decipheriv, CipherError> {
        if self.info.is_authenticated() {
            return Decipheriv::with_auth_tag_length(self.name, &self.key, Some(&self.iv), self.tag_length);
        }
        Decipheriv::new(self.name, &self.key, Some(&self.iv))
    }

    fn is_ccm(&self) -> bool {
        self.info.mode.name() == "ccm"
    }
}

pub(super) fn encryption(random: &mut Random) -> Case {
    let setup = Setup::new(random, plain_ciphers());
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

pub(super) fn decryption(random: &mut Random) -> Case {
    let setup = Setup::new(random, plain_ciphers());
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

pub(super) fn authenticated_encryption(random: &mut Random) -> Case {
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
pub(super) fn authenticated_decryption(random: &mut Random) -> Case {
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
