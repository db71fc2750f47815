//! scrypt, PBKDF2, HKDF and random bytes: known answers, and bounds.

use ferronode_buffer::Encoding::Hex;
use ferronode_crypto_demo::{KdfError, RandomError, ScryptOptions, hkdf, pbkdf2, random_bytes, random_fill, scrypt};

use crate::{check_error, hex};

fn options(cost: u64, block_size: u32, parallelization: u32) -> ScryptOptions {
    ScryptOptions {
        cost,
        block_size,
        parallelization,
        ..ScryptOptions::default()
    }
}

#[test]
fn known_keys_are_derived() {
    // RFC 6070, case 1; RFC 7914, section 12; RFC 5869, case 1.
    let key = pbkdf2(b"password", b"salt", 1, 20, "sha1").unwrap();
    assert_eq!(key.to_string(Hex), "0c60c80f961f0e71f3a9b524af6012062fe037a6");
    let key = scrypt(b"", b"", 64, options(16, 1, 1)).unwrap();
    assert!(key.to_string(Hex).starts_with("77d6576238657b203b19ca42c18a0497"));
    let (secret, salt) = ([0x0b; 22], hex("000102030405060708090a0b0c"));
    let key = hkdf("sha256", &secret, &salt, &hex("f0f1f2f3f4f5f6f7f8f9"), 42).unwrap();
    assert!(key.to_string(Hex).starts_with("3cb25f25faacd57a90434f64d0362f2a"));
}

#[test]
fn an_empty_key_is_a_key() {
    assert_eq!(pbkdf2(b"a", b"b", 1, 0, "sha1").unwrap().len(), 0);
    assert_eq!(scrypt(b"a", b"b", 0, options(2, 1, 1)).unwrap().len(), 0);
    assert_eq!(hkdf("sha1", b"a", b"b", b"c", 0).unwrap().len(), 0);
}

#[test]
fn numbers_out_of_range_are_named() {
    let error = pbkdf2(b"a", b"b", 0, 4, "sha1").unwrap_err();
    let message = "The value of \"iterations\" is out of range. It must be >= 1 && <= 2147483647. Received 0";
    check_error(&error, ("RangeError", Some("ERR_OUT_OF_RANGE"), message));
    let expected = ("TypeError", Some("ERR_CRYPTO_INVALID_DIGEST"), "Invalid digest: nope");
    check_error(&pbkdf2(b"a", b"b", 1, 4, "nope").unwrap_err(), expected);
    check_error(&hkdf("nope", b"a", b"b", b"c", 4).unwrap_err(), expected);
    let expected = ("RangeError", Some("ERR_CRYPTO_INVALID_KEYLEN"), "Invalid key length");
    check_error(&hkdf("sha1", b"a", b"b", b"c", 255 * 20 + 1).unwrap_err(), expected);
    assert!(hkdf("sha1", b"a", b"b", b"c", 255 * 20).is_ok());
    assert!(hkdf("sha1", b"a", b"b", &[0; 1025], 4).is_err());
}

#[test]
fn scrypt_refuses_numbers_for_which_it_is_not_defined() {
    for wrong in [
        options(0, 8, 1),
        options(1, 8, 1),
        options(3, 8, 1),
        options(2, 0, 1),
        options(2, 8, 0),
        options(1 << 16, 1, 1),
        options(2, u32::MAX, u32::MAX),
    ] {
        assert!(
            matches!(scrypt(b"", b"", 4, wrong), Err(KdfError::ScryptParams { .. })),
            "{wrong:?}"
        );
    }
}

#[test]
fn scrypt_takes_no_more_memory_than_it_may() {
    // Where Node 20 begins to refuse.
    let needed = 128 * 8 * (16_384 + 2 + 1);
    let limited = |max_memory| ScryptOptions {
        max_memory,
        ..ScryptOptions::default()
    };
    assert!(scrypt(b"", b"", 4, limited(needed)).is_ok());
    let error = scrypt(b"", b"", 4, limited(needed - 1)).unwrap_err();
    assert!(matches!(error, KdfError::ScryptMemory { needed: found, .. } if found == needed));
    let message = "Invalid scrypt params: error:030000AC:digital envelope routines::memory limit exceeded";
    check_error(
        &error,
        ("RangeError", Some("ERR_CRYPTO_INVALID_SCRYPT_PARAMS"), message),
    );
}

#[test]
fn random_bytes_differ_and_are_not_endless() {
    assert_ne!(random_bytes(32).unwrap(), random_bytes(32).unwrap());
    assert_eq!(random_bytes(0).unwrap().len(), 0);
    let mut bytes = [0; 64];
    random_fill(&mut bytes).unwrap();
    assert_ne!(bytes, [0; 64]);
    let error = random_bytes(1 << 31).unwrap_err();
    assert!(matches!(error, RandomError::OutOfRange { found: 0x8000_0000, .. }));
}
