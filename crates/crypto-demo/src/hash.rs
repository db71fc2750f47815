//! `Hash`: bytes of any number in, a digest of fixed length out.
//!
//! In Node: `lib/internal/crypto/hash.js`.

use std::fmt;
use std::io;

use ferronode_buffer::{Buffer, Encoding, JsString};

use crate::data::{Data, OddHexLength};
use crate::digests::{Digest, Engine};
use crate::error::NodeError;

/// The most bytes of an extendable digest: 2^31 - 1. Node has no limit but its memory.
const LONGEST: usize = i32::MAX as usize;

/// A digest in the making.
///
/// MD5 and SHA-1 are here because tutorials teach with them; both are broken, see [`weakness`](crate::weakness).
///
/// ```
/// use ferronode_buffer::Encoding;
/// use ferronode_crypto_demo::Hash;
///
/// let mut hash = Hash::new("sha256")?;
/// hash.update("ab")?.update("c")?;
/// assert!(hash.digest_text(Encoding::Hex)?.as_str().unwrap().starts_with("ba7816bf"));
/// assert!(hash.digest().is_err());
/// # Ok::<(), ferronode_crypto_demo::HashError>(())
/// ```
#[doc(alias = "createHash")]
pub struct Hash {
    /// `None` once the digest was taken.
    engine: Option<Box<dyn Engine>>,
}

impl Hash {
    /// Starts a hash by one of Node's names, in any case. [`hashes`](crate::hashes) lists them.
    ///
    /// # Errors
    ///
    /// [`HashError::Unsupported`].
    ///
    /// # References
    ///
    /// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptocreatehashalgorithm-options>
    pub fn new(name: &str) -> Result<Self, HashError> {
        let digest = supported(name)?;
        Ok(Self::start(digest, digest.length))
    }

    /// Starts a hash whose digest has `length` bytes: up to 2^31 - 1 for shake128 and shake256, for others their own
    /// number.
    ///
    /// # Errors
    ///
    /// [`HashError::Unsupported`] and [`HashError::OutputLength`].
    #[doc(alias = "outputLength")]
    pub fn with_output_length(name: &str, length: usize) -> Result<Self, HashError> {
        let digest = supported(name)?;
        let expected = if digest.is_extendable {
            length.min(LONGEST)
        } else {
            digest.length
        };
        if length != expected {
            let found = length;
            return Err(HashError::OutputLength { expected, found });
        }
        Ok(Self::start(digest, length))
    }

    pub(crate) fn start(digest: &Digest, length: usize) -> Self {
        Self {
            engine: Some((digest.hash)(length)),
        }
    }

    /// Feeds bytes, or text in an encoding.
    ///
    /// # Errors
    ///
    /// [`HashError::Finalized`] after the digest was taken, and [`HashError::OddHexLength`].
    pub fn update<'a>(&mut self, data: impl Into<Data<'a>>) -> Result<&mut Self, HashError> {
        let engine = self.engine.as_mut().ok_or(HashError::Finalized)?;
        engine.absorb(&data.into().bytes()?);
        Ok(self)
    }

    /// Makes a second hash that has seen the same bytes; the two go on apart.
    ///
    /// # Errors
    ///
    /// [`HashError::Finalized`] after the digest was taken.
    pub fn copy(&self) -> Result<Self, HashError> {
        let engine = self.engine.as_ref().ok_or(HashError::Finalized)?;
        Ok(Self {
            engine: Some(engine.fork()),
        })
    }

    /// Ends the hash and gives its digest.
    ///
    /// # Errors
    ///
    /// [`HashError::Finalized`] the second time.
    pub fn digest(&mut self) -> Result<Buffer, HashError> {
        let engine = self.engine.take().ok_or(HashError::Finalized)?;
        Ok(engine.finish().into())
    }

    /// Ends the hash and gives its digest as text: hexadecimal digits are lower case.
    ///
    /// # Errors
    ///
    /// [`HashError::Finalized`] the second time.
    pub fn digest_text(&mut self, encoding: Encoding) -> Result<JsString, HashError> {
        self.digest().map(|digest| digest.to_js_string(encoding))
    }
}

fn supported(name: &str) -> Result<&'static Digest, HashError> {
    Digest::find(name).ok_or_else(|| HashError::Unsupported { name: name.to_owned() })
}

/// A hash can be written to, so that `std::io::copy` hashes a file.
impl io::Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Shows whether the digest was taken, and none of the bytes.
impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hash")
            .field("finalized", &self.engine.is_none())
            .finish_non_exhaustive()
    }
}

/// What can go wrong with a [`Hash`](struct@Hash) or an [`Hmac`](crate::Hmac).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HashError {
    /// There is no hash of this name.
    Unsupported {
        /// The name asked for.
        name: String,
    },
    /// There is no HMAC with this hash.
    InvalidDigest {
        /// The name asked for.
        name: String,
    },
    /// The hash has no digest of this length.
    OutputLength {
        /// Bytes that this hash gives, or gives at most.
        expected: usize,
        /// Bytes asked for.
        found: usize,
    },
    /// The digest was taken already.
    Finalized,
    /// Hexadecimal text of an odd length.
    OddHexLength(OddHexLength),
}

impl From<OddHexLength> for HashError {
    fn from(error: OddHexLength) -> Self {
        Self::OddHexLength(error)
    }
}

impl NodeError for HashError {
    fn name(&self) -> &'static str {
        match self {
            Self::InvalidDigest { .. } => "TypeError",
            Self::OddHexLength(error) => error.name(),
            _ => "Error",
        }
    }

    fn code(&self) -> Option<&'static str> {
        match self {
            Self::Unsupported { .. } => None,
            Self::InvalidDigest { .. } => Some("ERR_CRYPTO_INVALID_DIGEST"),
            Self::OutputLength { .. } => Some("ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH"),
            Self::Finalized => Some("ERR_CRYPTO_HASH_FINALIZED"),
            Self::OddHexLength(error) => error.code(),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Unsupported { .. } => "Digest method not supported".to_owned(),
            Self::InvalidDigest { name } => format!("Invalid digest: {name}"),
            Self::OutputLength { .. } => {
                "error:030000B2:digital envelope routines::not XOF or invalid length".to_owned()
            }
            Self::Finalized => "Digest already called".to_owned(),
            Self::OddHexLength(error) => error.message(),
        }
    }

    fn reason(&self) -> Option<&'static str> {
        matches!(self, Self::OutputLength { .. }).then_some("not XOF or invalid length")
    }
}

impl fmt::Display for HashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported { name } => write!(f, "no hash is called {name:?}"),
            Self::InvalidDigest { name } => write!(f, "no HMAC can be made with {name:?}"),
            Self::OutputLength { expected, found } => {
                write!(f, "this hash gives {expected} bytes, {found} were asked for")
            }
            Self::Finalized => f.write_str("the digest was taken already"),
            Self::OddHexLength(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for HashError {}
