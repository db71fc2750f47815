//! RSA, ECDSA and Ed25519: what is signed verifies, and nothing else does.

use ferronode_crypto_demo::{
    DsaEncoding, KeyType, PrivateKey, PublicKey, RsaPadding, SaltLength, Sign, SignError, SignatureOptions, Verify,
    hashes, sign, verify,
};

use crate::check_error;

/// The throw-away keys of the vectors.
fn pem(name: &str, half: &str) -> String {
    let keys = include_str!("../../../../conformance/vectors/keys.json");
    let keys: serde_json::Value = serde_json::from_str(keys).unwrap();
    keys[name][half].as_str().unwrap().to_owned()
}

fn pair(name: &str) -> (PrivateKey, PublicKey) {
    let private = PrivateKey::from_pem(&pem(name, "priv")).unwrap();
    let public = PublicKey::from_pem(&pem(name, "pub")).unwrap();
    assert_eq!(private.public_key(), public);
    (private, public)
}

const PLAIN: SignatureOptions = SignatureOptions {
    padding: RsaPadding::Pkcs1,
    dsa_encoding: DsaEncoding::Der,
};

const FLAT: SignatureOptions = SignatureOptions {
    dsa_encoding: DsaEncoding::IeeeP1363,
    ..PLAIN
};

const fn pss(salt: SaltLength) -> SignatureOptions {
    SignatureOptions {
        padding: RsaPadding::Pss(salt),
        ..PLAIN
    }
}

#[track_caller]
fn check_round_trip(key: &str, digest: Option<&str>, options: SignatureOptions) {
    let (private, public) = pair(key);
    let signature = sign(digest, b"text", &private, options).unwrap();
    let check = |text: &[u8], signature: &[u8], expected| {
        assert_eq!(
            verify(digest, text, &public, signature, options),
            Ok(expected),
            "{key} {digest:?}"
        );
    };
    check(b"text", &signature, true);
    check(b"texT", &signature, false);
    for length in [0, 1, signature.len() - 1] {
        check(b"text", &signature[..length], false);
    }
    for at in 0..signature.len() {
        let mut changed = signature.to_vec();
        changed[at] ^= 0x10;
        check(b"text", &changed, false);
    }
}

#[test]
fn what_is_signed_verifies_and_nothing_else() {
    check_round_trip("rsa1024", Some("RSA-SHA1"), PLAIN);
    check_round_trip("rsa1024", Some("md5"), PLAIN);
    check_round_trip("rsa1024", Some("sha3-256"), PLAIN);
    check_round_trip("rsa1024", Some("sha256"), pss(SaltLength::Max));
    check_round_trip("rsa1024", Some("sha256"), pss(SaltLength::Digest));
    check_round_trip("rsa1024", Some("sha512"), pss(SaltLength::Bytes(7)));
    check_round_trip("rsa1024", None, PLAIN);
    check_round_trip("p256", Some("sha256"), PLAIN);
    check_round_trip("p384", Some("sha384"), FLAT);
    check_round_trip("ed25519", None, PLAIN);
}

#[test]
fn ecdsa_signs_digests_of_any_length() {
    for curve in ["p256", "p384"] {
        let (private, public) = pair(curve);
        for name in hashes() {
            let signature = Sign::new(name)
                .unwrap()
                .update("x")
                .unwrap()
                .sign(&private, PLAIN)
                .unwrap();
            let verdict = Verify::new(name)
                .unwrap()
                .update("x")
                .unwrap()
                .verify(&public, &signature, PLAIN);
            assert_eq!(verdict, Ok(true), "{curve} {name}");
        }
    }
}

#[test]
fn two_encodings_of_ecdsa_are_not_taken_for_each_other() {
    let (private, public) = pair("p256");
    let signature = sign(None, b"x", &private, FLAT).unwrap();
    assert_eq!(signature.len(), 64);
    assert_eq!(verify(None, b"x", &public, &signature, PLAIN), Ok(false));
}

#[test]
fn a_flat_signature_of_another_length_is_malformed_unless_asked_at_once() {
    let (_, public) = pair("p384");
    let error = Verify::new("sha256")
        .unwrap()
        .verify(&public, &[1; 95], FLAT)
        .unwrap_err();
    check_error(
        &error,
        ("Error", Some("ERR_CRYPTO_OPERATION_FAILED"), "Malformed signature"),
    );
    assert_eq!(error.to_string(), "the signature has 95 bytes instead of 96");
    assert_eq!(verify(None, b"x", &public, &[1; 95], FLAT), Ok(false));
}

#[test]
fn a_salt_of_another_length_does_not_verify() {
    let (private, public) = pair("rsa2048");
    let signature = sign(None, b"x", &private, pss(SaltLength::Digest)).unwrap();
    for (options, expected) in [
        (pss(SaltLength::Bytes(32)), true),
        (pss(SaltLength::Bytes(31)), false),
        (pss(SaltLength::Bytes(4096)), false),
        (PLAIN, false),
    ] {
        assert_eq!(
            verify(None, b"x", &public, &signature, options),
            Ok(expected),
            "{options:?}"
        );
    }
}

#[test]
fn a_signature_is_made_once() {
    let (private, _) = pair("p256");
    let mut pending = Sign::new("sha256").unwrap();
    pending.update("a").unwrap().sign(&private, PLAIN).unwrap();
    let expected = ("Error", Some("ERR_CRYPTO_INVALID_STATE"), "Not initialised");
    check_error(&pending.sign(&private, PLAIN).unwrap_err(), expected);
    check_error(&pending.update("b").unwrap_err(), expected);
}

#[test]
fn an_unknown_hash_is_refused() {
    let expected = ("TypeError", Some("ERR_CRYPTO_INVALID_DIGEST"), "Invalid digest");
    check_error(&Sign::new("nope").unwrap_err(), expected);
    check_error(&Verify::new("nope").unwrap_err(), expected);
}

#[test]
fn ed25519_wants_the_whole_text_and_no_hash() {
    let (private, public) = pair("ed25519");
    let expected = (
        "Error",
        Some("ERR_CRYPTO_UNSUPPORTED_OPERATION"),
        "Unsupported crypto operation",
    );
    check_error(
        &Sign::new("sha256").unwrap().sign(&private, PLAIN).unwrap_err(),
        expected,
    );
    check_error(
        &Verify::new("sha256")
            .unwrap()
            .verify(&public, &[0; 64], PLAIN)
            .unwrap_err(),
        expected,
    );
    assert_eq!(
        sign(Some("sha256"), b"", &private, PLAIN).unwrap_err(),
        SignError::DigestWithEd25519
    );
}

#[test]
fn a_key_without_room_is_told_apart() {
    let (private, _) = pair("rsa1024");
    let error = sign(Some("sha512"), b"x", &private, pss(SaltLength::Digest)).unwrap_err();
    assert_eq!(error.to_string(), "the key has 1024 bits, and 1040 are needed");
    assert!(sign(None, b"x", &private, pss(SaltLength::Bytes(usize::MAX))).is_err());
    let error = sign(Some("blake2b512"), b"x", &private, PLAIN).unwrap_err();
    assert_eq!(error, SignError::DigestNotAllowed { name: "blake2b512" });
}

#[test]
fn what_is_no_key_is_named_and_not_shown() {
    let private = pem("p256", "priv");
    let error = PublicKey::from_pem(&private).unwrap_err();
    assert_eq!((error.expected, error.found.as_str()), ("a public key", "PRIVATE KEY"));
    let message = "error:1E08010C:DECODER routines::unsupported";
    check_error(&error, ("Error", Some("ERR_OSSL_UNSUPPORTED"), message));
    for text in [
        "",
        "nope",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ] {
        assert!(PrivateKey::from_pem(text).is_err(), "{text}");
    }
    let secret = &private.lines().nth(1).unwrap()[..16];
    assert!(!format!("{error:?} {error}").contains(secret));
    let key = PrivateKey::from_pem(&private).unwrap();
    assert_eq!(
        (format!("{key:?}").as_str(), key.key_type().name()),
        ("PrivateKey(Ec)", "ec")
    );
    assert_eq!(pair("ed25519").1.key_type(), KeyType::Ed25519);
}

#[test]
fn a_damaged_key_is_an_error_or_another_key_and_never_a_panic() {
    for name in ["rsa1024", "p256", "ed25519"] {
        for half in ["priv", "pub"] {
            let text = pem(name, half);
            for at in (0..text.len()).step_by(7) {
                let mut damaged = text.clone().into_bytes();
                damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
                let damaged = String::from_utf8(damaged).unwrap();
                for text in [damaged.as_str(), &text[..at]] {
                    drop((PrivateKey::from_pem(text), PublicKey::from_pem(text)));
                }
            }
        }
    }
}
