//! What is said to be there is there.

use ferronode_crypto_demo::{CipherError, Cipheriv, Hash, cipher_info, ciphers, hashes, weakness};

#[test]
fn every_hash_on_the_list_hashes() {
    assert!(hashes().is_sorted());
    for name in hashes() {
        assert!(Hash::new(name).is_ok(), "{name}");
    }
}

#[test]
fn every_cipher_on_the_list_ciphers_with_the_lengths_it_names() {
    assert!(ciphers().is_sorted());
    for name in ciphers() {
        let info = cipher_info(name).unwrap();
        let (key, iv) = (vec![0; info.key_length], vec![0; info.iv_length]);
        assert!(
            Cipheriv::with_auth_tag_length(name, &key, Some(&iv), 16).is_ok(),
            "{name}"
        );
        for wrong in [0, info.key_length - 1, info.key_length + 1, 4096] {
            let error = Cipheriv::with_auth_tag_length(name, vec![0; wrong], Some(&iv), 16).unwrap_err();
            let expected = info.key_length;
            assert_eq!(error, CipherError::KeyLength { expected, found: wrong }, "{name}");
        }
    }
}

#[test]
fn what_is_old_is_marked() {
    for name in [
        "md5",
        "RSA-MD5",
        "sha1",
        "des-ecb",
        "des-cbc",
        "des-ede3-cbc",
        "aes-256-ecb",
    ] {
        assert!(weakness(name).is_some(), "{name}");
    }
    for name in ["sha256", "sha3-256", "aes-256-gcm", "chacha20-poly1305", "nope"] {
        assert_eq!(weakness(name), None, "{name}");
    }
}

#[test]
fn info_tells_the_names_of_openssl() {
    let info = cipher_info("aes-128-gcm").unwrap();
    assert_eq!((info.name, info.nid, info.block_size), ("id-aes128-gcm", 895, 1));
    assert_eq!(cipher_info("AES128").unwrap().name, "aes-128-cbc");
    assert!(!cipher_info("camellia-256-cbc").unwrap().is_supported());
}
