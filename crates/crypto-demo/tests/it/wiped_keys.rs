//! Keys are gone from memory when their user is: seen by reading this process's own memory.
//!
//! The key is written down only turned over (each bit of it), so that a copy found is a copy that the crate left.
//! The stack of this thread is not looked at: a value that is moved leaves bytes there that no destructor reaches.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use ferronode_crypto_demo::{Cipheriv, Decipheriv, PrivateKey, SignatureOptions, sign};

use crate::noise;

const LENGTH: usize = 32;

/// How often the key stands in memory, outside the stack of this thread.
#[inline(never)]
fn copies(turned: &[u8; LENGTH]) -> usize {
    // On the stack, which is not searched; else each chunk read would be another copy.
    let mut chunk = [0; 1 << 16];
    let here = (&raw const chunk).addr() as u64;
    let memory = File::open("/proc/self/mem").unwrap();
    let mut found = 0;
    for mapping in fs::read_to_string("/proc/self/maps").unwrap().lines() {
        let (range, rest) = mapping.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let [mut at, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
        if !rest.starts_with("rw") || (at..end).contains(&here) {
            continue;
        }
        while at < end {
            let wanted = chunk.len().min((end - at) as usize);
            // A mapping may be gone by now, since other tests run too.
            let Ok(read @ LENGTH..) = memory.read_at(&mut chunk[..wanted], at) else {
                break;
            };
            found += chunk[..read]
                .windows(LENGTH)
                .filter(|bytes| is_key(bytes, turned))
                .count();
            // A key may lie across two chunks.
            at += if read == wanted && at + (read as u64) < end {
                read - LENGTH + 1
            } else {
                read
            } as u64;
        }
    }
    found
}

fn is_key(bytes: &[u8], turned: &[u8; LENGTH]) -> bool {
    bytes.iter().zip(turned).all(|(byte, turned)| !byte == *turned)
}

/// Makes a value with the key, in a frame of its own.
#[inline(never)]
fn with_key<T>(turned: &[u8; LENGTH], make: impl FnOnce(&[u8; LENGTH]) -> T) -> T {
    let key = turned.map(|byte| !byte);
    make(&key)
}

#[track_caller]
fn check<T>(seed: u64, make: impl Fn(&[u8; LENGTH]) -> T, end: impl FnOnce(T)) {
    let turned = noise(seed, LENGTH).try_into().unwrap();
    let value = with_key(&turned, make);
    assert!(
        copies(&turned) > 0,
        "the key in use was not found: this test sees nothing"
    );
    end(value);
    assert_eq!(copies(&turned), 0, "the key is still in memory");
}

const CHACHA: &str = "chacha20-poly1305";

#[test]
fn a_stream_cipher_that_is_dropped_leaves_no_key() {
    check(101, |key| Cipheriv::new(CHACHA, key, Some(&[1; 12])).unwrap(), drop);
}

#[test]
fn a_cipher_that_ends_leaves_no_key() {
    let end = |mut cipher: Cipheriv| {
        cipher.encrypt("text").unwrap();
        std::mem::forget(cipher);
    };
    check(102, |key| Cipheriv::new(CHACHA, key, Some(&[1; 12])).unwrap(), end);
}

#[test]
fn a_decipher_that_fails_leaves_no_key() {
    let end = |mut decipher: Decipheriv| {
        decipher.decrypt("text").unwrap_err();
        std::mem::forget(decipher);
    };
    check(103, |key| Decipheriv::new(CHACHA, key, Some(&[1; 12])).unwrap(), end);
}

// The processor's AES keeps the key as it is in its first two round keys; elsewhere nobody would recognise it.
#[cfg(target_arch = "x86_64")]
#[test]
fn an_aes_cipher_that_is_dropped_leaves_no_key() {
    if !is_x86_feature_detected!("aes") {
        return;
    }
    for (seed, name, iv) in [
        (104, "aes-256-gcm", 12),
        (105, "aes-256-cbc", 16),
        (106, "aes-256-ctr", 16),
    ] {
        check(seed, |key| Cipheriv::new(name, key, Some(&vec![1; iv])).unwrap(), drop);
    }
}

#[test]
fn a_private_key_that_is_dropped_leaves_no_key() {
    let make = |secret: &[u8; LENGTH]| {
        // PKCS #8 of Ed25519 is sixteen bytes that never change, and the key.
        let mut der = [0; 48];
        der[..16].copy_from_slice(&[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]);
        der[16..].copy_from_slice(secret);
        let text = ferronode_buffer::Encoding::Base64.decode_lossy(&der);
        PrivateKey::from_pem(&format!(
            "-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"
        ))
        .unwrap()
    };
    let end = |key: PrivateKey| {
        sign(None, b"text", &key, SignatureOptions::default()).unwrap();
    };
    check(107, make, end);
}
