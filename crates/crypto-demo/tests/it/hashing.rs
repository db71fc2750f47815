//! Hashes and HMACs: known digests, chunks, what comes after the end.

use std::io;

use ferronode_buffer::Encoding::{self, Base64url, Hex};
use ferronode_crypto_demo::{Hash, HashError, Hmac, hashes, timing_safe_equal};

use crate::{check_error, noise};

#[track_caller]
fn check(name: &str, text: &str, digest: &str) {
    assert_eq!(
        Hash::new(name).unwrap().update(text).unwrap().digest_text(Hex).unwrap(),
        digest
    );
}

#[test]
fn known_digests_are_made() {
    check("md5", "", "d41d8cd98f00b204e9800998ecf8427e");
    check("sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
    check(
        "sha512-224",
        "abc",
        "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa",
    );
    check(
        "sha3-256",
        "abc",
        "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
    );
    check("shake128", "abc", "5881092dd818bf5cf8a3ddb793fbcba7");
    check(
        "blake2s256",
        "abc",
        "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982",
    );
}

#[test]
fn names_are_found_in_any_case_and_under_the_names_of_openssl() {
    for name in [
        "SHA256",
        "Sha256",
        "RSA-SHA256",
        "sha256WithRSAEncryption",
        "SHA2-256",
        "SHA-256",
    ] {
        check(
            name,
            "abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        );
    }
}

#[test]
fn a_text_cut_at_every_place_has_the_same_digest() {
    let data = noise(1, 300);
    for name in hashes() {
        let whole = Hash::new(name).unwrap().update(&data).unwrap().digest().unwrap();
        for cut in 0..=data.len() {
            let (front, rest) = data.split_at(cut);
            let mut hash = Hash::new(name).unwrap();
            hash.update(front).unwrap().update(rest).unwrap();
            assert_eq!(hash.digest().unwrap(), whole, "{name} cut at {cut}");
        }
    }
}

#[test]
fn a_copy_goes_on_apart() {
    let mut hash = Hash::new("sha1").unwrap();
    hash.update("ab").unwrap();
    let mut copy = hash.copy().unwrap();
    copy.update("x").unwrap();
    let digest = hash.update("c").unwrap().digest_text(Hex).unwrap();
    assert_eq!(digest, "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_ne!(copy.digest_text(Hex).unwrap(), digest);
}

#[test]
fn a_file_can_be_copied_into_a_hash() {
    let mut hash = Hash::new("md5").unwrap();
    io::copy(&mut "123456789".as_bytes(), &mut hash).unwrap();
    assert_eq!(hash.digest_text(Base64url).unwrap(), "JfnnlDI7RTiF9RgfG2JNCw");
}

#[test]
fn after_the_digest_there_is_only_an_error() {
    let mut hash = Hash::new("md5").unwrap();
    hash.digest().unwrap();
    let expected = ("Error", Some("ERR_CRYPTO_HASH_FINALIZED"), "Digest already called");
    check_error(&hash.update("x").unwrap_err(), expected);
    check_error(&hash.digest().unwrap_err(), expected);
    check_error(&hash.copy().unwrap_err(), expected);
}

#[test]
fn the_second_digest_of_an_hmac_is_empty() {
    let mut hmac = Hmac::new("md5", "k").unwrap();
    assert_eq!(hmac.digest().len(), 16);
    assert_eq!(hmac.digest().len(), 0);
    assert_eq!(hmac.update("x").unwrap_err(), HashError::Finalized);
}

#[test]
fn a_hash_that_is_not_there_is_named() {
    let error = Hash::new("sha257").unwrap_err();
    check_error(&error, ("Error", None, "Digest method not supported"));
    assert!(error.to_string().contains("sha257"));
    let expected = ("TypeError", Some("ERR_CRYPTO_INVALID_DIGEST"), "Invalid digest: nope");
    check_error(&Hmac::new("nope", "k").unwrap_err(), expected);
}

#[test]
fn only_an_extendable_hash_has_any_length() {
    let mut hash = Hash::with_output_length("shake256", 100).unwrap();
    assert_eq!(hash.digest().unwrap().len(), 100);
    assert_eq!(
        Hash::with_output_length("shake128", 0).unwrap().digest().unwrap().len(),
        0
    );
    assert!(Hash::with_output_length("shake128", usize::MAX).is_err());
    let error = Hash::with_output_length("sha256", 31).unwrap_err();
    assert_eq!(error.to_string(), "this hash gives 32 bytes, 31 were asked for");
}

#[test]
fn text_is_decoded_before_it_is_hashed() {
    let digest = |text, encoding: Encoding| Hash::new("md5").unwrap().update((text, encoding))?.digest();
    let expected = digest("é", Encoding::Utf8).unwrap();
    assert_eq!(digest("c3a9", Hex).unwrap(), expected);
    assert_eq!(digest("w6k=", Encoding::Base64).unwrap(), expected);
    let message = "The argument 'encoding' is invalid for data of length 3. Received 'hex'";
    check_error(
        &digest("c3a", Hex).unwrap_err(),
        ("TypeError", Some("ERR_INVALID_ARG_VALUE"), message),
    );
}

#[test]
fn an_hmac_key_may_be_empty_or_longer_than_a_block() {
    let digest = |key: &[u8]| Hmac::new("sha256", key).unwrap().update("x").unwrap().digest();
    let long = noise(2, 65);
    let hashed = Hash::new("sha256").unwrap().update(&long).unwrap().digest().unwrap();
    assert_eq!(digest(&long), digest(&hashed));
    assert_eq!(digest(b""), digest(&[0; 64]));
}

#[test]
fn secrets_of_different_length_cannot_be_compared() {
    assert_eq!(timing_safe_equal(b"ab", b"ac"), Ok(false));
    assert_eq!(timing_safe_equal(b"ab", b"ab"), Ok(true));
    let error = timing_safe_equal(b"a", b"ab").unwrap_err();
    let message = "Input buffers must have the same byte length";
    check_error(
        &error,
        ("RangeError", Some("ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH"), message),
    );
    assert_eq!((error.expected, error.found), (1, 2));
}
