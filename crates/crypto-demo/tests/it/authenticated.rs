//! GCM, CCM and ChaCha20-Poly1305: the same bytes as the whole crates, and never a byte of a text that was changed.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use chacha20poly1305::ChaCha20Poly1305;
use ferronode_crypto_demo::{CipherError, Cipheriv, Decipheriv};

use crate::{check_error, noise};

const NAMES: [&str; 4] = ["aes-128-gcm", "aes-256-gcm", "chacha20-poly1305", "aes-128-ccm"];

/// A text, hidden.
#[derive(Clone)]
struct Sealed {
    name: &'static str,
    key: Vec<u8>,
    iv: Vec<u8>,
    aad: Vec<u8>,
    hidden: Vec<u8>,
    tag: Vec<u8>,
}

impl Sealed {
    fn new(name: &'static str, text: &[u8], aad_length: usize) -> Self {
        let key_length = if name.starts_with("aes-128") { 16 } else { 32 };
        let (key, iv, aad) = (noise(1, key_length), noise(2, 12), noise(3, aad_length));
        let mut cipher = Cipheriv::with_auth_tag_length(name, &key, Some(&iv), 16).unwrap();
        cipher.set_aad_for(&aad, text.len()).unwrap();
        let hidden = cipher.encrypt(text).unwrap().to_vec();
        let tag = cipher.auth_tag().unwrap().to_vec();
        Self {
            name,
            key,
            iv,
            aad,
            hidden,
            tag,
        }
    }

    fn open(&self) -> Result<Vec<u8>, CipherError> {
        let mut decipher = Decipheriv::with_auth_tag_length(self.name, &self.key, Some(&self.iv), 16)?;
        decipher
            .set_auth_tag(&self.tag)?
            .set_aad_for(&self.aad, self.hidden.len())?;
        decipher.decrypt(&self.hidden).map(|text| text.to_vec())
    }

    #[track_caller]
    fn check_refused(&self) {
        let message = "Unsupported state or unable to authenticate data";
        check_error(&self.open().unwrap_err(), ("Error", None, message));
    }
}

fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}

#[test]
fn every_length_agrees_with_the_whole_crates() {
    for length in 0..=100 {
        let text = noise(4, length);
        for name in ["aes-128-gcm", "aes-256-gcm", "chacha20-poly1305"] {
            let sealed = Sealed::new(name, &text, length / 3);
            let key = sealed.key.as_slice();
            let iv = sealed.iv.as_slice().try_into().unwrap();
            let payload = Payload {
                msg: &text,
                aad: &sealed.aad,
            };
            let expected = match name {
                "aes-128-gcm" => Aes128Gcm::new_from_slice(key).unwrap().encrypt(iv, payload),
                "aes-256-gcm" => Aes256Gcm::new_from_slice(key).unwrap().encrypt(iv, payload),
                _ => ChaCha20Poly1305::new_from_slice(key).unwrap().encrypt(iv, payload),
            };
            assert_eq!(
                [&*sealed.hidden, &*sealed.tag].concat(),
                expected.unwrap(),
                "{name} of {length}"
            );
            assert_eq!(sealed.open().unwrap(), text);
        }
    }
}

#[test]
fn a_text_cut_at_every_place_is_the_same() {
    let text = noise(5, 70);
    for name in ["aes-256-gcm", "chacha20-poly1305"] {
        let whole = Sealed::new(name, &text, 40);
        for cut in 0..=text.len() {
            let mut cipher = Cipheriv::new(name, &whole.key, Some(&whole.iv)).unwrap();
            let (front, rest) = whole.aad.split_at(cut.min(40));
            cipher.set_aad(front).unwrap().set_aad(rest).unwrap();
            let mut hidden = cipher.update(&text[..cut]).unwrap().to_vec();
            hidden.extend_from_slice(&cipher.encrypt(&text[cut..]).unwrap());
            assert_eq!(hidden, whole.hidden, "{name} cut at {cut}");
            assert_eq!(*cipher.auth_tag().unwrap(), *whole.tag, "{name} cut at {cut}");
        }
    }
}

#[test]
fn any_flipped_bit_is_an_error() {
    for name in NAMES {
        let sealed = Sealed::new(name, &noise(6, 37), 9);
        let parts: [fn(&mut Sealed) -> &mut Vec<u8>; 5] = [
            |sealed| &mut sealed.hidden,
            |sealed| &mut sealed.tag,
            |sealed| &mut sealed.aad,
            |sealed| &mut sealed.iv,
            |sealed| &mut sealed.key,
        ];
        for part in parts {
            let bits = part(&mut sealed.clone()).len() * 8;
            for bit in 0..bits {
                let mut changed = sealed.clone();
                flip(part(&mut changed), bit);
                changed.check_refused();
            }
        }
    }
}

#[test]
fn a_text_cut_short_or_made_longer_is_an_error() {
    for name in NAMES {
        let sealed = Sealed::new(name, &noise(7, 37), 9);
        for length in 0..37 {
            let mut changed = sealed.clone();
            changed.hidden.truncate(length);
            changed.check_refused();
        }
        let mut changed = sealed.clone();
        changed.hidden.push(0);
        changed.check_refused();
        let mut changed = sealed;
        changed.aad.push(0);
        changed.check_refused();
    }
}

#[test]
fn a_tag_of_another_length_is_refused_before_anything_is_read() {
    for name in NAMES {
        let mut sealed = Sealed::new(name, b"text", 0);
        for found in [0, 1, 4, 15, 17, 64] {
            sealed.tag = vec![0; found];
            let message = format!("Invalid authentication tag length: {found}");
            check_error(
                &sealed.open().unwrap_err(),
                ("TypeError", Some("ERR_CRYPTO_INVALID_AUTH_TAG"), &message),
            );
        }
    }
}

#[test]
fn without_a_tag_there_is_no_text() {
    for name in NAMES {
        let sealed = Sealed::new(name, b"text", 0);
        for hidden in [&*sealed.hidden, b""] {
            let mut decipher = Decipheriv::with_auth_tag_length(name, &sealed.key, Some(&sealed.iv), 16).unwrap();
            assert_eq!(
                decipher.decrypt(hidden).unwrap_err(),
                CipherError::Unauthenticated,
                "{name}"
            );
        }
    }
}

#[test]
fn gcm_takes_short_tags_where_no_length_was_fixed() {
    let takes = |length: &usize| {
        let mut decipher = Decipheriv::new("aes-128-gcm", [0; 16], Some(&[0; 12])).unwrap();
        decipher.set_auth_tag(&vec![0; *length]).is_ok()
    };
    let taken: Vec<_> = (0..=20).filter(takes).collect();
    assert_eq!(taken, [4, 8, 12, 13, 14, 15, 16]);
}

#[test]
fn a_tag_is_set_once() {
    let mut decipher = Decipheriv::new("aes-128-gcm", [0; 16], Some(&[0; 12])).unwrap();
    decipher.set_auth_tag(&[0; 16]).unwrap();
    let message = "Invalid state for operation setAuthTag";
    let error = decipher.set_auth_tag(&[0; 16]).unwrap_err();
    check_error(&error, ("Error", Some("ERR_CRYPTO_INVALID_STATE"), message));
}

#[test]
fn the_tag_may_come_last_but_in_ccm() {
    for (name, works) in [
        ("aes-128-gcm", true),
        ("chacha20-poly1305", true),
        ("aes-128-ccm", false),
    ] {
        let sealed = Sealed::new(name, b"text", 0);
        let mut decipher = Decipheriv::with_auth_tag_length(name, &sealed.key, Some(&sealed.iv), 16).unwrap();
        decipher.update(&sealed.hidden).unwrap();
        decipher.set_auth_tag(&sealed.tag).unwrap();
        assert_eq!(decipher.finalize().is_ok(), works, "{name}");
    }
}

#[test]
fn associated_data_comes_first() {
    for name in ["aes-128-gcm", "chacha20-poly1305"] {
        let sealed = Sealed::new(name, b"", 0);
        let mut cipher = Cipheriv::new(name, &sealed.key, Some(&sealed.iv)).unwrap();
        cipher.update("x").unwrap();
        let message = "Invalid state for operation setAAD";
        let error = cipher.set_aad(b"late").unwrap_err();
        check_error(&error, ("Error", Some("ERR_CRYPTO_INVALID_STATE"), message));
    }
}

#[test]
fn the_tag_is_there_after_the_end_and_stays() {
    let mut cipher = Cipheriv::new("aes-128-gcm", [0; 16], Some(&[0; 12])).unwrap();
    assert!(cipher.auth_tag().is_err());
    cipher.finalize().unwrap();
    assert_eq!(cipher.auth_tag().unwrap(), cipher.auth_tag().unwrap());
}

#[test]
fn vectors_of_other_lengths_are_hashed_in_gcm_and_refused_elsewhere() {
    let takes = |name: &str, key: usize, iv: usize| {
        Cipheriv::with_auth_tag_length(name, vec![0; key], Some(&vec![0; iv]), 16).is_ok()
    };
    assert!(!takes("aes-128-gcm", 16, 0) && takes("aes-128-gcm", 16, 1) && takes("aes-128-gcm", 16, 128));
    assert!(!takes("aes-128-gcm", 16, 129));
    assert!(!takes("chacha20-poly1305", 32, 11) && !takes("chacha20-poly1305", 32, 13));
    assert!(!takes("aes-128-ccm", 16, 6) && takes("aes-128-ccm", 16, 7) && !takes("aes-128-ccm", 16, 14));
}

#[test]
fn ccm_wants_to_know_everything_first() {
    let new = |iv: usize| Cipheriv::with_auth_tag_length("aes-128-ccm", [0; 16], Some(&vec![0; iv]), 8).unwrap();
    let required = Cipheriv::new("aes-128-ccm", [0; 16], Some(&[0; 12])).unwrap_err();
    let message = "authTagLength required for aes-128-ccm";
    check_error(&required, ("TypeError", Some("ERR_CRYPTO_INVALID_AUTH_TAG"), message));
    assert_eq!(new(12).set_aad(b"x").unwrap_err(), CipherError::PlaintextLengthRequired);
    let message = "Invalid message length";
    let error = new(13).update(&vec![0; 65_536]).unwrap_err();
    check_error(&error, ("RangeError", Some("ERR_CRYPTO_INVALID_MESSAGELEN"), message));
    let mut twice = new(12);
    twice.update("a").unwrap();
    assert_eq!(twice.update("b").unwrap_err(), CipherError::UnsupportedState);
    let mut otherwise = new(12);
    otherwise.set_aad_for(b"x", 3).unwrap();
    assert_eq!(otherwise.update("b").unwrap_err(), CipherError::UnsupportedState);
}
