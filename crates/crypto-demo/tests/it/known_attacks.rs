//! Project Wycheproof: texts, tags and signatures made to be taken by mistake. Each is refused, or is what it should
//! be.

use ferronode_crypto_demo::{
    CipherError, Cipheriv, Decipheriv, DsaEncoding, Hmac, PublicKey, RsaPadding, SaltLength, SignatureOptions, verify,
};
use wycheproof::TestResult;
use wycheproof::aead::{TestName as AeadName, TestSet as AeadSet};
use wycheproof::ecdsa::{TestName as EcdsaName, TestSet as EcdsaSet};
use wycheproof::eddsa::{TestName as EddsaName, TestSet as EddsaSet};
use wycheproof::mac::{TestName as MacName, TestSet as MacSet};
use wycheproof::rsa_pkcs1_verify::{TestName as RsaName, TestSet as RsaSet};
use wycheproof::rsa_pss_verify::{TestName as PssName, TestSet as PssSet};

/// Counts what was asked, so that an empty file cannot pass.
#[track_caller]
fn check(what: &str, verdicts: impl IntoIterator<Item = (usize, TestResult, bool)>, at_least: usize) {
    let mut count = 0;
    for (id, expected, taken) in verdicts {
        match expected {
            TestResult::Valid => assert!(taken, "{what} {id} is good and was refused"),
            TestResult::Invalid => assert!(!taken, "{what} {id} is bad and was taken"),
            TestResult::Acceptable => {}
        }
        count += 1;
    }
    assert!(count >= at_least, "{what}: only {count} cases");
}

/// A text with all that hides it, sealed or to be.
struct Sealed {
    hidden: Vec<u8>,
    tag: Vec<u8>,
}

impl Sealed {
    fn new(name: &str, key: &[u8], iv: &[u8], aad: &[u8], text: &[u8], tag: usize) -> Result<Self, CipherError> {
        let mut cipher = Cipheriv::with_auth_tag_length(name, key, Some(iv), tag)?;
        cipher.set_aad_for(aad, text.len())?;
        let hidden = cipher.encrypt(text)?.to_vec();
        let tag = cipher.auth_tag()?.to_vec();
        Ok(Self { hidden, tag })
    }

    fn open(&self, name: &str, key: &[u8], iv: &[u8], aad: &[u8]) -> Result<Vec<u8>, CipherError> {
        let mut decipher = Decipheriv::with_auth_tag_length(name, key, Some(iv), self.tag.len())?;
        decipher.set_auth_tag(&self.tag)?.set_aad_for(aad, self.hidden.len())?;
        decipher.decrypt(&self.hidden).map(|text| text.to_vec())
    }
}

#[track_caller]
fn check_cipher(set: AeadName, name: fn(key_size: usize) -> String, at_least: usize) {
    let mut verdicts = Vec::new();
    for group in AeadSet::load(set).unwrap().test_groups {
        let name = name(group.key_size);
        // OpenSSL, and so Node, stores vectors of 128 bytes at most.
        for test in group.tests.into_iter().filter(|test| test.nonce.len() <= 128) {
            let sealed = Sealed {
                hidden: test.ct.to_vec(),
                tag: test.tag.to_vec(),
            };
            let opened = sealed.open(&name, &test.key, &test.nonce, &test.aad);
            if test.result == TestResult::Valid {
                let ours = Sealed::new(&name, &test.key, &test.nonce, &test.aad, &test.pt, test.tag.len()).unwrap();
                assert_eq!(
                    (ours.hidden, ours.tag),
                    (sealed.hidden, sealed.tag),
                    "{name} {}",
                    test.tc_id
                );
            }
            let taken = opened.is_ok_and(|text| text == *test.pt);
            verdicts.push((test.tc_id, test.result, taken));
        }
    }
    check(&format!("{set:?}"), verdicts, at_least);
}

#[test]
fn authenticated_ciphers_open_only_what_was_sealed() {
    check_cipher(AeadName::AesGcm, |key_size| format!("aes-{key_size}-gcm"), 300);
    check_cipher(AeadName::AesCcm, |key_size| format!("aes-{key_size}-ccm"), 500);
    check_cipher(AeadName::ChaCha20Poly1305, |_| "chacha20-poly1305".to_owned(), 300);
}

#[test]
fn hmacs_are_the_ones_expected() {
    for (set, name) in [
        (MacName::HmacSha1, "sha1"),
        (MacName::HmacSha256, "sha256"),
        (MacName::HmacSha512, "sha512"),
        (MacName::HmacSha3_256, "sha3-256"),
    ] {
        let groups = MacSet::load(set).unwrap().test_groups;
        let verdicts = groups.iter().flat_map(|group| &group.tests).map(|test| {
            let digest = Hmac::new(name, &*test.key)
                .unwrap()
                .update(&*test.msg)
                .unwrap()
                .digest();
            (test.tc_id, test.result, digest.starts_with(&test.tag))
        });
        check(name, verdicts, 100);
    }
}

#[test]
fn ecdsa_takes_only_what_was_signed() {
    for (set, name, dsa_encoding) in [
        (EcdsaName::EcdsaSecp256r1Sha256, "sha256", DsaEncoding::Der),
        (EcdsaName::EcdsaSecp256r1Sha512, "sha512", DsaEncoding::Der),
        (EcdsaName::EcdsaSecp256r1Sha256P1363, "sha256", DsaEncoding::IeeeP1363),
        (EcdsaName::EcdsaSecp384r1Sha384, "sha384", DsaEncoding::Der),
        (EcdsaName::EcdsaSecp384r1Sha384P1363, "sha384", DsaEncoding::IeeeP1363),
    ] {
        let options = SignatureOptions {
            dsa_encoding,
            ..Default::default()
        };
        let groups = EcdsaSet::load(set).unwrap().test_groups;
        let verdicts = groups.iter().flat_map(|group| {
            let key = PublicKey::from_pem(&group.pem).unwrap();
            group.tests.iter().map(move |test| {
                let taken = verify(Some(name), &test.msg, &key, &test.sig, options).unwrap();
                (test.tc_id, test.result, taken)
            })
        });
        check(&format!("{set:?}"), verdicts, 200);
    }
}

#[test]
fn ed25519_takes_only_what_was_signed() {
    let groups = EddsaSet::load(EddsaName::Ed25519).unwrap().test_groups;
    let verdicts = groups.iter().flat_map(|group| {
        let key = PublicKey::from_pem(&group.pem).unwrap();
        group.tests.iter().map(move |test| {
            let taken = verify(None, &test.msg, &key, &test.sig, SignatureOptions::default()).unwrap();
            (test.tc_id, test.result, taken)
        })
    });
    check("ed25519", verdicts, 100);
}

#[test]
fn rsa_takes_only_what_was_signed() {
    for (set, name) in [(RsaName::Rsa2048Sha256, "sha256"), (RsaName::Rsa2048Sha512, "sha512")] {
        let groups = RsaSet::load(set).unwrap().test_groups;
        let verdicts = groups.iter().flat_map(|group| {
            let key = PublicKey::from_pem(&group.pem).unwrap();
            group.tests.iter().map(move |test| {
                let taken = verify(Some(name), &test.msg, &key, &test.sig, SignatureOptions::default()).unwrap();
                (test.tc_id, test.result, taken)
            })
        });
        check(name, verdicts, 200);
    }
}

#[test]
fn rsa_with_a_salt_takes_only_what_was_signed() {
    for (set, name) in [
        (PssName::RsaPss2048Sha256Mgf1SaltLen0, "sha256"),
        (PssName::RsaPss2048Sha256Mgf1SaltLen32, "sha256"),
        (PssName::RsaPss2048Sha384Mgf1SaltLen48, "sha384"),
    ] {
        let groups = PssSet::load(set).unwrap().test_groups;
        let verdicts = groups.iter().flat_map(|group| {
            let key = PublicKey::from_pem(&group.pem).unwrap();
            let options = SignatureOptions {
                padding: RsaPadding::Pss(SaltLength::Bytes(group.salt_size)),
                ..Default::default()
            };
            group.tests.iter().map(move |test| {
                let taken = verify(Some(name), &test.msg, &key, &test.sig, options).unwrap();
                (test.tc_id, test.result, taken)
            })
        });
        check(&format!("{set:?}"), verdicts, 50);
    }
}
