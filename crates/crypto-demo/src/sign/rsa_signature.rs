//! RSA, by the crate `rsa`, which is one generation of RustCrypto behind the rest: the next one has no release yet.
//!
//! RUSTSEC-2023-0071 (the Marvin attack): that crate's arithmetic takes a time that depends on the private key, and
//! whoever can measure many private operations, over a network even, may learn the key. Signing here is blinded with
//! random numbers, which makes this harder and not impossible. So: a demonstration, not for servers. It is here
//! because Node's vectors have keys of 1,024 bits and MD5 signatures, which the crates without this flaw refuse.

use rsa::pss::Pss;
use rsa::rand_core::OsRng;
use rsa::sha2;
use rsa::traits::{PublicKeyParts, SignatureScheme};
use rsa::{Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey};

use super::{RsaPadding, SaltLength, SignError};
use crate::digests::Digest;

pub(super) fn sign(
    key: &RsaPrivateKey,
    digest: &Digest,
    hashed: &[u8],
    padding: RsaPadding,
) -> Result<Vec<u8>, SignError> {
    match padding {
        RsaPadding::Pkcs1 => {
            let scheme = pkcs1(digest)?;
            // RFC 8017, section 9.2: eleven bytes at least beside the digest and its name.
            let needed = (scheme.prefix.len() + hashed.len() + 11) * 8;
            blinded(key, scheme, hashed, needed)
        }
        RsaPadding::Pss(salt) => {
            let salt = salt_length(salt, key, hashed.len());
            let needed = (hashed.len() + 2).saturating_add(salt).saturating_mul(8);
            if salt > salt_room(key, hashed.len()) {
                let found = key.n().bits();
                return Err(SignError::KeyTooSmall { needed, found });
            }
            blinded(key, pss(digest, salt)?, hashed, needed)
        }
    }
}

fn blinded(
    key: &RsaPrivateKey,
    scheme: impl SignatureScheme,
    hashed: &[u8],
    needed: usize,
) -> Result<Vec<u8>, SignError> {
    let found = key.n().bits();
    key.sign_with_rng(&mut OsRng, scheme, hashed)
        .map_err(|_| SignError::KeyTooSmall { needed, found })
}

pub(super) fn verify(
    key: &RsaPublicKey,
    digest: &Digest,
    hashed: &[u8],
    signature: &[u8],
    padding: RsaPadding,
) -> Result<bool, SignError> {
    Ok(match padding {
        RsaPadding::Pkcs1 => key.verify(pkcs1(digest)?, hashed, signature).is_ok(),
        RsaPadding::Pss(salt) => {
            let salt = salt_length(salt, key, hashed.len());
            salt <= salt_room(key, hashed.len()) && key.verify(pss(digest, salt)?, hashed, signature).is_ok()
        }
    })
}

/// How many bytes of salt the key leaves room for: the padded digest has a bit less than the key, and two bytes of
/// its own.
fn salt_room(key: &impl PublicKeyParts, digest: usize) -> usize {
    let padded = key.n().bits().saturating_sub(1).div_ceil(8);
    padded.saturating_sub(digest + 2)
}

fn salt_length(salt: SaltLength, key: &impl PublicKeyParts, digest: usize) -> usize {
    match salt {
        SaltLength::Max => salt_room(key, digest),
        SaltLength::Digest => digest,
        SaltLength::Bytes(length) => length,
    }
}

/// PKCS #1 v1.5 names the hash before the digest: RFC 8017, section 9.2, note 1.
fn pkcs1(digest: &Digest) -> Result<Pkcs1v15Sign, SignError> {
    let oid = digest.oid.ok_or(SignError::DigestNotAllowed { name: digest.name })?;
    // Every length here is under 128, so one byte is enough for it.
    let [oid_length, hash_length] = [oid.len() as u8, digest.length as u8];
    let mut prefix = vec![
        0x30,
        oid_length + hash_length + 8,
        0x30,
        oid_length + 4,
        0x06,
        oid_length,
    ];
    prefix.extend_from_slice(oid);
    prefix.extend_from_slice(&[0x05, 0x00, 0x04, hash_length]);
    Ok(Pkcs1v15Sign {
        hash_len: Some(digest.length),
        prefix: prefix.into(),
    })
}

/// PSS hashes the salt too, with the hashes of `rsa`'s own generation.
fn pss(digest: &Digest, salt: usize) -> Result<Pss, SignError> {
    Ok(match digest.name {
        "sha224" => Pss::new_with_salt::<sha2::Sha224>(salt),
        "sha256" => Pss::new_with_salt::<sha2::Sha256>(salt),
        "sha384" => Pss::new_with_salt::<sha2::Sha384>(salt),
        "sha512" => Pss::new_with_salt::<sha2::Sha512>(salt),
        "sha512-224" => Pss::new_with_salt::<sha2::Sha512_224>(salt),
        "sha512-256" => Pss::new_with_salt::<sha2::Sha512_256>(salt),
        _ => return Err(SignError::UnsupportedOperation),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_hash_is_written_as_rsa_writes_it() {
        for (name, expected) in [
            ("sha256", Pkcs1v15Sign::new::<sha2::Sha256>()),
            ("sha512", Pkcs1v15Sign::new::<sha2::Sha512>()),
        ] {
            assert_eq!(pkcs1(Digest::find(name).unwrap()).unwrap(), expected, "{name}");
        }
    }
}
