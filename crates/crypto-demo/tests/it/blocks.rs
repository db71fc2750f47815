//! ECB, CBC and CTR: known answers, what is held back, padding, and errors in Node's order.

use ferronode_buffer::Encoding::{Base64, Hex, Utf8};
use ferronode_crypto_demo::{CipherError, Cipheriv, Decipheriv, cipher_info, ciphers};

use crate::{check_error, hex, noise};

const IV: Option<&[u8]> = Some(&[3; 16]);

fn cipher() -> Cipheriv {
    Cipheriv::new("aes-128-cbc", [7; 16], IV).unwrap()
}

fn decipher() -> Decipheriv {
    Decipheriv::new("aes-128-cbc", [7; 16], IV).unwrap()
}

#[test]
fn des_gives_what_openssl_gives() {
    let hidden = Cipheriv::new("des-ecb", "12345678", None)
        .unwrap()
        .encrypt("hello world !!!")
        .unwrap();
    assert_eq!(hidden.to_string(Hex), "28dba02eb5f6dd478852f80ed9fa959e");
    let mut des = Cipheriv::new("des-ecb", [0; 8], Some(&[])).unwrap();
    des.set_auto_padding(false).unwrap();
    assert_eq!(des.encrypt(&[0; 8]).unwrap().to_string(Hex), "8ca64de9c1b123a7");
}

#[test]
fn aes_gives_what_nist_gives() {
    // SP 800-38A, F.2.1.
    let key = hex("2b7e151628aed2a6abf7158809cf4f3c");
    let iv = hex("000102030405060708090a0b0c0d0e0f");
    let mut cipher = Cipheriv::new("aes-128-cbc", key, Some(&iv)).unwrap();
    let text = cipher
        .update_text(("6bc1bee22e409f96e93d7e117393172a", Hex), Hex)
        .unwrap();
    assert_eq!(text, "7649abac8119b246cee98e9b12e9197d");
}

#[test]
fn every_cipher_finds_its_text_again_however_it_is_cut() {
    let text = noise(4, 67);
    for name in ciphers() {
        let info = cipher_info(name).unwrap();
        if info.is_authenticated() {
            continue;
        }
        let (key, iv) = (noise(5, info.key_length), noise(6, info.iv_length));
        let hidden = Cipheriv::new(name, &key, Some(&iv)).unwrap().encrypt(&text).unwrap();
        for cut in 0..=text.len() {
            let mut cipher = Cipheriv::new(name, &key, Some(&iv)).unwrap();
            let mut pieces = cipher.update(&text[..cut]).unwrap().to_vec();
            pieces.extend_from_slice(&cipher.encrypt(&text[cut..]).unwrap());
            assert_eq!(pieces, *hidden, "{name} cut at {cut}");

            let mut decipher = Decipheriv::new(name, &key, Some(&iv)).unwrap();
            let mut pieces = decipher.update(&hidden[..cut]).unwrap().to_vec();
            pieces.extend_from_slice(&decipher.decrypt(&hidden[cut..]).unwrap());
            assert_eq!(pieces, text, "{name} cut at {cut}");
        }
    }
}

#[test]
fn only_whole_blocks_come_out() {
    let mut cipher = cipher();
    assert_eq!(cipher.update(&[0; 15]).unwrap().len(), 0);
    assert_eq!(cipher.update(&[0; 1]).unwrap().len(), 16);
    assert_eq!(cipher.finalize().unwrap().len(), 16);
}

#[test]
fn a_padding_decipher_holds_back_the_last_block() {
    let hidden = cipher().encrypt(&[1; 20]).unwrap();
    let mut padded = decipher();
    assert_eq!(padded.update(&hidden).unwrap().len(), 16);
    assert_eq!(padded.finalize().unwrap().len(), 4);
    let mut bare = decipher();
    bare.set_auto_padding(false).unwrap();
    assert_eq!(bare.update(&hidden).unwrap().len(), 32);
    assert_eq!(bare.finalize().unwrap().len(), 0);
}

#[test]
fn a_text_that_ends_in_a_block_is_an_error() {
    for length in [0, 5, 17] {
        let error = decipher().decrypt(&noise(7, length)).unwrap_err();
        let message = "error:1C80006B:Provider routines::wrong final block length";
        check_error(&error, ("Error", Some("ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH"), message));
    }
    let mut bare = cipher();
    bare.set_auto_padding(false).unwrap();
    assert!(matches!(
        bare.encrypt(&[0; 5]),
        Err(CipherError::WrongFinalBlockLength {
            block_size: 16,
            found: 5,
            ..
        })
    ));
}

#[test]
fn a_wrong_key_spoils_the_padding() {
    let hidden = cipher().encrypt("hello").unwrap();
    let error = Decipheriv::new("aes-128-cbc", [8; 16], IV)
        .unwrap()
        .decrypt(&hidden)
        .unwrap_err();
    check_error(
        &error,
        (
            "Error",
            Some("ERR_OSSL_BAD_DECRYPT"),
            "error:1C800064:Provider routines::bad decrypt",
        ),
    );
}

#[test]
fn the_end_comes_once() {
    let mut cipher = cipher();
    cipher.finalize().unwrap();
    let state = Some("ERR_CRYPTO_INVALID_STATE");
    check_error(&cipher.finalize().unwrap_err(), ("Error", state, "Invalid state"));
    let message = "Trying to add data in unsupported state";
    check_error(&cipher.update("x").unwrap_err(), ("Error", None, message));
    let message = "Invalid state for operation setAutoPadding";
    check_error(&cipher.set_auto_padding(true).unwrap_err(), ("Error", state, message));
}

#[test]
fn a_failed_end_is_an_end() {
    let mut decipher = decipher();
    decipher.finalize().unwrap_err();
    assert_eq!(decipher.finalize().unwrap_err(), CipherError::Finalized);
}

#[test]
fn lengths_are_checked_in_the_order_of_node() {
    let error = |name, key: usize, iv: usize| Cipheriv::new(name, vec![0; key], Some(&vec![0; iv])).unwrap_err();
    check_error(
        &error("nope", 1, 1),
        ("Error", Some("ERR_CRYPTO_UNKNOWN_CIPHER"), "Unknown cipher"),
    );
    let wrong_iv = error("aes-256-cbc", 1, 15);
    check_error(
        &wrong_iv,
        (
            "TypeError",
            Some("ERR_CRYPTO_INVALID_IV"),
            "Invalid initialization vector",
        ),
    );
    assert_eq!(
        wrong_iv.to_string(),
        "the initialization vector has 15 bytes instead of 16"
    );
    let wrong_key = error("aes-256-cbc", 31, 16);
    check_error(
        &wrong_key,
        ("RangeError", Some("ERR_CRYPTO_INVALID_KEYLEN"), "Invalid key length"),
    );
    assert_eq!(wrong_key.to_string(), "the key has 31 bytes instead of 32");
    assert!(matches!(
        error("aes-128-ecb", 16, 16),
        CipherError::IvLength {
            expected: 0,
            found: 16,
            ..
        }
    ));
    assert!(matches!(
        Cipheriv::new("aes-128-cbc", [0; 16], None),
        Err(CipherError::IvLength { .. })
    ));
}

#[test]
fn a_cipher_that_is_not_built_here_is_told_from_one_that_nobody_knows() {
    let error = Cipheriv::new("rc4", [0; 16], None).unwrap_err();
    let message = "error:0308010C:digital envelope routines::unsupported";
    check_error(&error, ("Error", Some("ERR_OSSL_EVP_UNSUPPORTED"), message));
}

#[test]
fn base64_is_kept_until_it_can_be_written() {
    let mut cipher = Cipheriv::new("aes-128-ctr", [0; 16], Some(&[0; 16])).unwrap();
    assert_eq!(cipher.update_text("a", Base64).unwrap(), "");
    assert_eq!(cipher.update_text("b", Base64).unwrap(), "");
    assert_eq!(cipher.finalize_text(Base64).unwrap(), "B4s=");
}

#[test]
fn characters_cut_by_a_block_come_whole() {
    let text = format!("x{}", "ä".repeat(20));
    let hidden = cipher().encrypt(&text).unwrap();
    let mut decipher = decipher();
    let mut found = String::new();
    for chunk in hidden.chunks(7) {
        found += &decipher.update_text(chunk, Utf8).unwrap().to_string();
    }
    found += &decipher.finalize_text(Utf8).unwrap().to_string();
    assert_eq!(found, text);
}

#[test]
fn the_encoding_of_output_cannot_change() {
    let mut cipher = cipher();
    cipher.update_text("a", Hex).unwrap();
    let error = cipher.update_text("b", Base64).unwrap_err();
    check_error(
        &error,
        ("Error", Some("ERR_INTERNAL_ASSERTION"), "Cannot change encoding"),
    );
}

#[test]
fn what_has_no_tag_says_so() {
    let mut cipher = cipher();
    let state = Some("ERR_CRYPTO_INVALID_STATE");
    let message = "Invalid state for operation setAAD";
    check_error(&cipher.set_aad(b"x").unwrap_err(), ("Error", state, message));
    cipher.finalize().unwrap();
    let message = "Invalid state for operation getAuthTag";
    check_error(&cipher.auth_tag().unwrap_err(), ("Error", state, message));
    assert!(decipher().set_auth_tag(&[0; 16]).is_err());
}
