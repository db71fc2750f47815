//! `Sign` and `Verify`: a private key vouches for data, and everybody with the public key can see that it did.
//!
//! ```text
//!   data ── hash ──> digest ── private key ──> signature
//!                       |                          |
//!                       +────── public key ────────+──> true or false
//! ```
//!
//! RSA and ECDSA sign a digest, so the data can come in chunks. Ed25519 hashes the data itself, twice, so it wants
//! the whole: [`sign()`] and [`verify()`]. The one surprise: a signature that is damaged, cut or from elsewhere is no
//! error. The answer is `false`; only where two numbers stand one behind the other, and are not as long as they
//! should be, [`Verify`] says so.
//!
//! In Node: `lib/internal/crypto/sig.js`.

mod ecdsa;
mod error;
mod rsa_signature;

use std::fmt;

use ed25519_dalek::{Signer, Verifier};
use ferronode_buffer::Buffer;

use crate::data::Data;
use crate::digests::{Digest, Engine};
use crate::keys::{Private, PrivateKey, Public, PublicKey};

pub use error::SignError;

/// The hash that Node takes when none is named, except for Ed25519.
const DEFAULT_DIGEST: &str = "sha256";

/// How the signature is written, and how RSA fills up its digest. A kind of key takes the option that is its own.
///
/// ```
/// use ferronode_crypto_demo::{RsaPadding, SaltLength, SignatureOptions};
///
/// let pss = SignatureOptions { padding: RsaPadding::Pss(SaltLength::Digest), ..Default::default() };
/// assert_ne!(pss, SignatureOptions::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignatureOptions {
    /// For RSA.
    pub padding: RsaPadding,
    /// For ECDSA.
    pub dsa_encoding: DsaEncoding,
}

/// How RSA makes a digest as long as its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RsaPadding {
    /// PKCS #1 v1.5: always the same signature.
    #[default]
    #[doc(alias = "RSA_PKCS1_PADDING")]
    Pkcs1,
    /// PSS: a random salt, so each signature differs. With SHA-2 only.
    #[doc(alias = "RSA_PKCS1_PSS_PADDING")]
    Pss(SaltLength),
}

/// The length of the salt in PSS; whoever verifies must know it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SaltLength {
    /// What the key leaves room for: Node's default.
    #[default]
    #[doc(alias = "RSA_PSS_SALTLEN_MAX_SIGN")]
    Max,
    /// As long as the digest.
    #[doc(alias = "RSA_PSS_SALTLEN_DIGEST")]
    Digest,
    /// So many bytes.
    Bytes(usize),
}

/// How the two numbers of an ECDSA signature are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[doc(alias = "dsaEncoding")]
pub enum DsaEncoding {
    /// As ASN.1, of varying length.
    #[default]
    Der,
    /// One behind the other: 64 bytes for P-256, 96 for P-384.
    IeeeP1363,
}

/// Data on the way to a signature.
///
/// ```no_run
/// use ferronode_crypto_demo::{PrivateKey, Sign, SignatureOptions};
///
/// let key = PrivateKey::from_pem(&std::fs::read_to_string("key.pem")?)?;
/// let signature = Sign::new("sha256")?.update("some ")?.update("data")?.sign(&key, SignatureOptions::default())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "createSign")]
pub struct Sign(Pending);

impl Sign {
    /// Starts with a hash by one of Node's names: `"sha256"`, `"RSA-SHA256"`.
    ///
    /// # Errors
    ///
    /// [`SignError::InvalidDigest`].
    ///
    /// # References
    ///
    /// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptocreatesignalgorithm-options>
    pub fn new(digest: &str) -> Result<Self, SignError> {
        Pending::new(digest).map(Self)
    }

    /// Feeds bytes, or text in an encoding.
    ///
    /// # Errors
    ///
    /// [`SignError::NotInitialised`] after the signature was made, and [`SignError::OddHexLength`].
    pub fn update<'a>(&mut self, data: impl Into<Data<'a>>) -> Result<&mut Self, SignError> {
        self.0.update(data.into())?;
        Ok(self)
    }

    /// Makes the signature. An ECDSA signature is the same each time (RFC 6979), while Node's differs; both verify.
    ///
    /// # Errors
    ///
    /// [`SignError::NotInitialised`] the second time; [`SignError::UnsupportedOperation`] for Ed25519, and for PSS
    /// with other hashes than SHA-2; [`SignError::DigestNotAllowed`] for RSA with BLAKE2 and SHAKE;
    /// [`SignError::KeyTooSmall`] if RSA has no room.
    pub fn sign(&mut self, key: &PrivateKey, options: SignatureOptions) -> Result<Buffer, SignError> {
        let (digest, hashed) = self.0.finish()?;
        let signature = match &key.0 {
            Private::Rsa(key) => rsa_signature::sign(key, digest, &hashed, options.padding)?,
            Private::P256(key) => ecdsa::sign_p256(key, &hashed, options.dsa_encoding)?,
            Private::P384(key) => ecdsa::sign_p384(key, &hashed, options.dsa_encoding)?,
            Private::Ed25519(_) => return Err(SignError::UnsupportedOperation),
        };
        Ok(signature.into())
    }
}

/// Data on the way to a verdict.
#[doc(alias = "createVerify")]
pub struct Verify(Pending);

impl Verify {
    /// Starts with the hash that the signer took.
    ///
    /// # Errors
    ///
    /// [`SignError::InvalidDigest`].
    ///
    /// # References
    ///
    /// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptocreateverifyalgorithm-options>
    pub fn new(digest: &str) -> Result<Self, SignError> {
        Pending::new(digest).map(Self)
    }

    /// Feeds bytes, or text in an encoding.
    ///
    /// # Errors
    ///
    /// As [`Sign::update`].
    pub fn update<'a>(&mut self, data: impl Into<Data<'a>>) -> Result<&mut Self, SignError> {
        self.0.update(data.into())?;
        Ok(self)
    }

    /// Says whether the key's owner signed this data.
    ///
    /// # Errors
    ///
    /// As [`Sign::sign`], except that a small key only fails to fit: `false`. [`SignError::MalformedSignature`], for
    /// [`DsaEncoding::IeeeP1363`] alone; here Node throws, and in [`verify()`] it does not.
    pub fn verify(&mut self, key: &PublicKey, signature: &[u8], options: SignatureOptions) -> Result<bool, SignError> {
        let (digest, hashed) = self.0.finish()?;
        match &key.0 {
            Public::Rsa(key) => rsa_signature::verify(key, digest, &hashed, signature, options.padding),
            Public::P256(key) => ecdsa::verify_p256(key, &hashed, signature, options.dsa_encoding),
            Public::P384(key) => ecdsa::verify_p384(key, &hashed, signature, options.dsa_encoding),
            Public::Ed25519(_) => Err(SignError::UnsupportedOperation),
        }
    }
}

/// Signs data in one call. Ed25519 takes no hash; the others take SHA-256 if none is named.
///
/// # Errors
///
/// As [`Sign`]; [`SignError::DigestWithEd25519`].
///
/// # References
///
/// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptosignalgorithm-data-key-callback>
pub fn sign(
    digest: Option<&str>,
    data: &[u8],
    key: &PrivateKey,
    options: SignatureOptions,
) -> Result<Buffer, SignError> {
    match (&key.0, digest) {
        (Private::Ed25519(key), None) => Ok(Buffer::from_bytes(&key.sign(data).to_bytes())),
        (Private::Ed25519(_), Some(_)) => Err(SignError::DigestWithEd25519),
        (_, digest) => Sign::new(digest.unwrap_or(DEFAULT_DIGEST))?
            .update(data)?
            .sign(key, options),
    }
}

/// Verifies data in one call, as [`sign()`] signs it.
///
/// # Errors
///
/// As [`Verify`]; [`SignError::DigestWithEd25519`].
///
/// # References
///
/// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptoverifyalgorithm-data-key-signature-callback>
pub fn verify(
    digest: Option<&str>,
    data: &[u8],
    key: &PublicKey,
    signature: &[u8],
    options: SignatureOptions,
) -> Result<bool, SignError> {
    match (&key.0, digest) {
        (Public::Ed25519(key), None) => {
            let signature = ed25519_dalek::Signature::from_slice(signature);
            Ok(signature.is_ok_and(|signature| key.verify(data, &signature).is_ok()))
        }
        (Public::Ed25519(_), Some(_)) => Err(SignError::DigestWithEd25519),
        (_, digest) => {
            let verdict = Verify::new(digest.unwrap_or(DEFAULT_DIGEST))?
                .update(data)?
                .verify(key, signature, options);
            match verdict {
                Err(SignError::MalformedSignature { .. }) => Ok(false),
                verdict => verdict,
            }
        }
    }
}

/// What signing and verifying share: the hash, until it is used.
struct Pending {
    digest: &'static Digest,
    engine: Option<Box<dyn Engine>>,
}

impl Pending {
    fn new(name: &str) -> Result<Self, SignError> {
        let digest = Digest::find(name).ok_or_else(|| SignError::InvalidDigest { name: name.to_owned() })?;
        Ok(Self {
            digest,
            engine: Some((digest.hash)(digest.length)),
        })
    }

    fn update(&mut self, data: Data<'_>) -> Result<(), SignError> {
        let engine = self.engine.as_mut().ok_or(SignError::NotInitialised)?;
        engine.absorb(&data.bytes()?);
        Ok(())
    }

    fn finish(&mut self) -> Result<(&'static Digest, Vec<u8>), SignError> {
        let engine = self.engine.take().ok_or(SignError::NotInitialised)?;
        Ok((self.digest, engine.finish()))
    }

    fn fmt_as(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("digest", &self.digest.name)
            .field("finalized", &self.engine.is_none())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_as("Sign", f)
    }
}

impl fmt::Debug for Verify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_as("Verify", f)
    }
}
