//! Keys to sign and to verify with, read from PEM.
//!
//! PEM says what it holds: `PRIVATE KEY` (PKCS #8) and `PUBLIC KEY` (SPKI) name the algorithm inside, `RSA PRIVATE
//! KEY` and `RSA PUBLIC KEY` (PKCS #1) are older. Each algorithm's reader refuses the others' keys, so they are asked
//! in turn.

use std::fmt;

use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey};
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use rsa::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use rsa::{RsaPrivateKey, RsaPublicKey};

use crate::error::NodeError;

/// What kind of key it is, by Node's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "asymmetricKeyType")]
pub enum KeyType {
    /// `"rsa"`
    Rsa,
    /// `"ec"`, on the curve P-256 (`prime256v1`) or P-384 (`secp384r1`).
    Ec,
    /// `"ed25519"`
    Ed25519,
}

impl KeyType {
    /// Node's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ec => "ec",
            Self::Ed25519 => "ed25519",
        }
    }
}

/// A key to sign with. It is wiped from memory when it is dropped.
#[doc(alias = "createPrivateKey")]
pub struct PrivateKey(pub(crate) Private);

pub(crate) enum Private {
    Rsa(Box<RsaPrivateKey>),
    P256(Box<p256::ecdsa::SigningKey>),
    P384(Box<p384::ecdsa::SigningKey>),
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

impl PrivateKey {
    /// Reads a key that is not encrypted: PKCS #8, or PKCS #1 for RSA. RSA keys have at most 4,096 bits.
    ///
    /// # Errors
    ///
    /// [`KeyError`]: no PEM, no private key, a kind of key that this crate has not, or numbers that are no key.
    ///
    /// # References
    ///
    /// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptocreateprivatekeykey>
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let rsa = || {
            RsaPrivateKey::from_pkcs8_pem(pem)
                .ok()
                .or_else(|| RsaPrivateKey::from_pkcs1_pem(pem).ok())
        };
        let p256 = || p256::SecretKey::from_pkcs8_pem(pem).ok();
        let p384 = || p384::SecretKey::from_pkcs8_pem(pem).ok();
        let ed25519 = || ed25519_dalek::SigningKey::from_pkcs8_pem(pem).ok();
        let private = ed25519()
            .map(|key| Private::Ed25519(Box::new(key)))
            .or_else(|| p256().map(|key| Private::P256(Box::new(key.into()))))
            .or_else(|| p384().map(|key| Private::P384(Box::new(key.into()))))
            .or_else(|| rsa().map(|key| Private::Rsa(Box::new(key))));
        private.map(Self).ok_or_else(|| KeyError::of("a private key", pem))
    }

    /// What kind of key it is.
    #[must_use]
    pub fn key_type(&self) -> KeyType {
        match self.0 {
            Private::Rsa(_) => KeyType::Rsa,
            Private::P256(_) | Private::P384(_) => KeyType::Ec,
            Private::Ed25519(_) => KeyType::Ed25519,
        }
    }

    /// The key that verifies what this one signs.
    #[must_use]
    #[doc(alias = "createPublicKey")]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(match &self.0 {
            Private::Rsa(key) => Public::Rsa(key.to_public_key()),
            Private::P256(key) => Public::P256(*key.verifying_key()),
            Private::P384(key) => Public::P384(*key.verifying_key()),
            Private::Ed25519(key) => Public::Ed25519(key.verifying_key()),
        })
    }
}

/// Shows the kind of the key and nothing more.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PrivateKey").field(&self.key_type()).finish()
    }
}

/// A key to verify with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(alias = "createPublicKey")]
pub struct PublicKey(pub(crate) Public);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Public {
    Rsa(RsaPublicKey),
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    Ed25519(ed25519_dalek::VerifyingKey),
}

impl PublicKey {
    /// Reads a key: SPKI, or PKCS #1 for RSA.
    ///
    /// # Errors
    ///
    /// [`KeyError`], as with [`PrivateKey::from_pem`].
    ///
    /// # References
    ///
    /// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptocreatepublickeykey>
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let rsa = || {
            RsaPublicKey::from_public_key_pem(pem)
                .ok()
                .or_else(|| RsaPublicKey::from_pkcs1_pem(pem).ok())
        };
        let p256 = || p256::ecdsa::VerifyingKey::from_public_key_pem(pem).ok();
        let p384 = || p384::ecdsa::VerifyingKey::from_public_key_pem(pem).ok();
        let ed25519 = || ed25519_dalek::VerifyingKey::from_public_key_pem(pem).ok();
        let public = ed25519()
            .map(Public::Ed25519)
            .or_else(|| p256().map(Public::P256))
            .or_else(|| p384().map(Public::P384))
            .or_else(|| rsa().map(Public::Rsa));
        public.map(Self).ok_or_else(|| KeyError::of("a public key", pem))
    }

    /// What kind of key it is.
    #[must_use]
    pub fn key_type(&self) -> KeyType {
        match self.0 {
            Public::Rsa(_) => KeyType::Rsa,
            Public::P256(_) | Public::P384(_) => KeyType::Ec,
            Public::Ed25519(_) => KeyType::Ed25519,
        }
    }
}

/// This is not the key that was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyError {
    /// What should have come: `"a private key"`.
    pub expected: &'static str,
    /// What the PEM says that it holds, as `"EC PRIVATE KEY"`; empty if it is no PEM. Never the key.
    pub found: String,
}

impl KeyError {
    fn of(expected: &'static str, pem: &str) -> Self {
        let label = pem
            .trim_start()
            .strip_prefix("-----BEGIN ")
            .and_then(|rest| rest.split_once("-----"));
        // A label is short; what is not is no label.
        let found = label.map_or("", |(label, _)| label).chars().take(40).collect();
        Self { expected, found }
    }
}

impl NodeError for KeyError {
    fn name(&self) -> &'static str {
        "Error"
    }

    fn code(&self) -> Option<&'static str> {
        Some("ERR_OSSL_UNSUPPORTED")
    }

    fn message(&self) -> String {
        "error:1E08010C:DECODER routines::unsupported".to_owned()
    }

    fn reason(&self) -> Option<&'static str> {
        Some("unsupported")
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expected, found } = self;
        match found.as_str() {
            "" => write!(f, "expected {expected}, found no PEM"),
            label => write!(
                f,
                "expected {expected} (RSA, P-256, P-384 or Ed25519), found a PEM of {label:?}"
            ),
        }
    }
}

impl std::error::Error for KeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_wiped<T: zeroize::ZeroizeOnDrop>() {}

    #[test]
    fn private_keys_are_wiped() {
        is_wiped::<RsaPrivateKey>();
        is_wiped::<p256::ecdsa::SigningKey>();
        is_wiped::<p384::ecdsa::SigningKey>();
        is_wiped::<ed25519_dalek::SigningKey>();
    }
}
