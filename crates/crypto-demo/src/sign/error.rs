//! What can go wrong with a signature. A wrong signature is not among it, as long as it has a possible length: that
//! is `false`.

use std::fmt;

use crate::data::OddHexLength;
use crate::error::NodeError;

/// A signature cannot be made, or cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// There is no hash of this name.
    InvalidDigest {
        /// The name asked for.
        name: String,
    },
    /// The hash exists, but RSA has no name for it.
    DigestNotAllowed {
        /// The name of the hash.
        name: &'static str,
    },
    /// Ed25519 has a hash of its own.
    DigestWithEd25519,
    /// The signature was made, or the verdict given, already.
    NotInitialised,
    /// This kind of key does not do that.
    UnsupportedOperation,
    /// The digest, with what belongs to it, is longer than the RSA key.
    KeyTooSmall {
        /// Bits that the key would need at least.
        needed: usize,
        /// Bits that it has.
        found: usize,
    },
    /// Two numbers, one behind the other, are not of this length.
    MalformedSignature {
        /// Bytes that they have on this curve.
        expected: usize,
        /// Bytes that came.
        found: usize,
    },
    /// Hexadecimal text of an odd length.
    OddHexLength(OddHexLength),
}

impl From<OddHexLength> for SignError {
    fn from(error: OddHexLength) -> Self {
        Self::OddHexLength(error)
    }
}

impl NodeError for SignError {
    fn name(&self) -> &'static str {
        match self {
            Self::InvalidDigest { .. } => "TypeError",
            Self::OddHexLength(error) => error.name(),
            _ => "Error",
        }
    }

    fn code(&self) -> Option<&'static str> {
        match self {
            Self::InvalidDigest { .. } => Some("ERR_CRYPTO_INVALID_DIGEST"),
            Self::DigestNotAllowed { .. } => Some("ERR_OSSL_DIGEST_NOT_ALLOWED"),
            Self::DigestWithEd25519 => Some("ERR_OSSL_INVALID_DIGEST"),
            Self::NotInitialised => Some("ERR_CRYPTO_INVALID_STATE"),
            Self::UnsupportedOperation => Some("ERR_CRYPTO_UNSUPPORTED_OPERATION"),
            Self::KeyTooSmall { .. } => Some("ERR_OSSL_RSA_DIGEST_TOO_BIG_FOR_RSA_KEY"),
            Self::MalformedSignature { .. } => Some("ERR_CRYPTO_OPERATION_FAILED"),
            Self::OddHexLength(error) => error.code(),
        }
    }

    fn message(&self) -> String {
        match self {
            // Node names the hash everywhere but here.
            Self::InvalidDigest { .. } => "Invalid digest",
            Self::DigestNotAllowed { .. } => "error:1C8000AE:Provider routines::digest not allowed",
            Self::DigestWithEd25519 => "error:1C80007A:Provider routines::invalid digest",
            Self::NotInitialised => "Not initialised",
            Self::UnsupportedOperation => "Unsupported crypto operation",
            Self::KeyTooSmall { .. } => "error:02000070:rsa routines::digest too big for rsa key",
            Self::MalformedSignature { .. } => "Malformed signature",
            Self::OddHexLength(error) => return error.message(),
        }
        .to_owned()
    }

    fn reason(&self) -> Option<&'static str> {
        match self {
            Self::DigestNotAllowed { .. } => Some("digest not allowed"),
            Self::DigestWithEd25519 => Some("invalid digest"),
            Self::KeyTooSmall { .. } => Some("digest too big for rsa key"),
            _ => None,
        }
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidDigest { name } => write!(f, "no hash is called {name:?}"),
            Self::DigestNotAllowed { name } => write!(f, "RSA has no name for the hash {name:?}"),
            Self::DigestWithEd25519 => f.write_str("Ed25519 has a hash of its own and takes no other"),
            Self::NotInitialised => f.write_str("the signature was made already, or the verdict given"),
            Self::UnsupportedOperation => f.write_str("this kind of key does not do that"),
            Self::KeyTooSmall { needed, found } => write!(f, "the key has {found} bits, and {needed} are needed"),
            Self::MalformedSignature { expected, found } => {
                write!(f, "the signature has {found} bytes instead of {expected}")
            }
            Self::OddHexLength(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SignError {}
