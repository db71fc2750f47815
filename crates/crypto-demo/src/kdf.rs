//! Keys from passwords (scrypt, PBKDF2) and from other secrets (HKDF).
//!
//! A password is guessed by trying, so the first two are made to take long: choose the largest numbers that you can
//! bear. HKDF is fast, and only for secrets that nobody can guess.
//!
//! In Node: `lib/internal/crypto/{scrypt,pbkdf2,hkdf}.js`. Node's asynchronous forms move the work to a thread; here
//! the caller does that.

use std::fmt;

use ferronode_buffer::Buffer;

use crate::digests::{Digest, Keyed};
use crate::error::NodeError;

/// The most bytes that Node makes, and the most iterations: 2^31 - 1.
const LIMIT: usize = i32::MAX as usize;

/// The most bytes of `info` that Node gives to HKDF.
const LONGEST_INFO: usize = 1024;

/// Derives a key from a password, by an HMAC that is computed `iterations` times.
///
/// ```
/// let key = ferronode_crypto_demo::pbkdf2(b"password", b"salt", 600_000, 32, "sha256")?;
/// assert_eq!(key[..4], [0x66, 0x9c, 0xfe, 0x52]);
/// # Ok::<(), ferronode_crypto_demo::KdfError>(())
/// ```
///
/// # Errors
///
/// [`KdfError::InvalidDigest`]; [`KdfError::OutOfRange`] for 0 iterations, and for more than 2^31 - 1 of them or of
/// bytes.
///
/// # References
///
/// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptopbkdf2syncpassword-salt-iterations-keylen-digest>
#[doc(alias = "pbkdf2Sync")]
pub fn pbkdf2(password: &[u8], salt: &[u8], iterations: u32, length: usize, digest: &str) -> Result<Buffer, KdfError> {
    let keyed = keyed(digest)?;
    in_range("iterations", 1, LIMIT, iterations as usize)?;
    let mut key = room_for(length)?;
    (keyed.pbkdf2)(password, salt, iterations, &mut key);
    Ok(key)
}

/// Derives keys from a secret that is no password.
///
/// # Errors
///
/// [`KdfError::InvalidDigest`]; [`KdfError::KeyLength`] for more than 255 digests of the hash;
/// [`KdfError::OutOfRange`] for more than 1,024 bytes of `info`.
///
/// # References
///
/// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptohkdfsyncdigest-ikm-salt-info-keylen>
#[doc(alias = "hkdfSync")]
pub fn hkdf(digest: &str, secret: &[u8], salt: &[u8], info: &[u8], length: usize) -> Result<Buffer, KdfError> {
    let keyed = keyed(digest)?;
    in_range("info", 0, LONGEST_INFO, info.len())?;
    let mut key = room_for(length)?;
    if !(keyed.hkdf)(secret, salt, info, &mut key) {
        return Err(KdfError::KeyLength { found: length });
    }
    Ok(key)
}

/// How much work [`scrypt()`] is. Node's names are in brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScryptOptions {
    /// The number of blocks (`N`): a power of two, from 2. Time and memory grow with it.
    #[doc(alias = "N")]
    pub cost: u64,
    /// The size of a block in units of 128 bytes (`r`).
    #[doc(alias = "r")]
    pub block_size: u32,
    /// How often all is done (`p`).
    #[doc(alias = "p")]
    pub parallelization: u32,
    /// The most bytes of memory that may be used (`maxmem`).
    #[doc(alias = "maxmem")]
    pub max_memory: u64,
}

impl Default for ScryptOptions {
    /// Node 20's: N = 16,384, r = 8, p = 1, at most 32 MiB.
    fn default() -> Self {
        Self {
            cost: 16_384,
            block_size: 8,
            parallelization: 1,
            max_memory: 32 << 20,
        }
    }
}

impl ScryptOptions {
    /// Bytes that OpenSSL counts: `128 * r * (N + p + 2)`.
    fn memory(&self) -> u64 {
        let blocks = self.cost.saturating_add(2).saturating_add(self.parallelization.into());
        u64::from(self.block_size).saturating_mul(128).saturating_mul(blocks)
    }

    fn check(&self) -> Result<scrypt::Params, KdfError> {
        let Self {
            cost,
            block_size,
            parallelization,
            max_memory,
        } = *self;
        let refused = KdfError::ScryptParams {
            cost,
            block_size,
            parallelization,
        };
        let work = u64::from(block_size) * u64::from(parallelization);
        // RFC 7914, section 2: N is under 2^(128 * r / 8), and r * p under 2^30.
        let limit = block_size
            .checked_mul(16)
            .and_then(|bits| 1_u64.checked_shl(bits))
            .unwrap_or(u64::MAX);
        if !cost.is_power_of_two() || cost < 2 || cost >= limit || work == 0 || work >= 1 << 30 {
            return Err(refused);
        }
        if self.memory() > max_memory {
            return Err(KdfError::ScryptMemory {
                limit: max_memory,
                needed: self.memory(),
            });
        }
        scrypt::Params::new(cost.ilog2() as u8, block_size, parallelization).map_err(|_| refused)
    }
}

/// Derives a key from a password, by work that needs much memory.
///
/// ```
/// use ferronode_crypto_demo::{ScryptOptions, scrypt};
///
/// let key = scrypt(b"password", b"salt", 32, ScryptOptions::default())?;
/// assert_eq!(key[..4], [0x74, 0x57, 0x31, 0xaf]);
/// # Ok::<(), ferronode_crypto_demo::KdfError>(())
/// ```
///
/// # Errors
///
/// [`KdfError::ScryptParams`] and [`KdfError::ScryptMemory`], before any memory is taken.
///
/// # References
///
/// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptoscryptsyncpassword-salt-keylen-options>
#[doc(alias = "scryptSync")]
pub fn scrypt(password: &[u8], salt: &[u8], length: usize, options: ScryptOptions) -> Result<Buffer, KdfError> {
    let params = options.check()?;
    let mut key = room_for(length)?;
    if !key.is_empty() {
        let found = length;
        scrypt::scrypt(password, salt, &params, &mut key).map_err(|_| KdfError::KeyLength { found })?;
    }
    Ok(key)
}

fn keyed(name: &str) -> Result<&'static Keyed, KdfError> {
    let keyed = Digest::find(name).and_then(|digest| digest.keyed.as_ref());
    keyed.ok_or_else(|| KdfError::InvalidDigest { name: name.to_owned() })
}

fn room_for(length: usize) -> Result<Buffer, KdfError> {
    in_range("keylen", 0, LIMIT, length)?;
    Buffer::try_alloc(length).map_err(|_| KdfError::KeyLength { found: length })
}

fn in_range(argument: &'static str, least: usize, most: usize, found: usize) -> Result<(), KdfError> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(KdfError::OutOfRange {
        argument,
        least,
        most,
        found,
    })
}

/// A key cannot be derived.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KdfError {
    /// There is no HMAC with this hash.
    InvalidDigest {
        /// The name asked for.
        name: String,
    },
    /// A number is too small or too large.
    OutOfRange {
        /// Node's name of the argument.
        argument: &'static str,
        /// The smallest that will do.
        least: usize,
        /// The largest that will do.
        most: usize,
        /// What came.
        found: usize,
    },
    /// The function does not make keys of this length.
    KeyLength {
        /// Bytes asked for.
        found: usize,
    },
    /// scrypt is not defined for these numbers.
    ScryptParams {
        /// `N`, which must be a power of two, and under `2^(16 r)`.
        cost: u64,
        /// `r`
        block_size: u32,
        /// `p`; `r * p` must be from 1 and under 2^30.
        parallelization: u32,
    },
    /// scrypt would need more memory than it may have.
    ScryptMemory {
        /// Bytes allowed.
        limit: u64,
        /// Bytes needed.
        needed: u64,
    },
}

impl NodeError for KdfError {
    fn name(&self) -> &'static str {
        match self {
            Self::InvalidDigest { .. } => "TypeError",
            _ => "RangeError",
        }
    }

    fn code(&self) -> Option<&'static str> {
        Some(match self {
            Self::InvalidDigest { .. } => "ERR_CRYPTO_INVALID_DIGEST",
            Self::OutOfRange { .. } => "ERR_OUT_OF_RANGE",
            Self::KeyLength { .. } => "ERR_CRYPTO_INVALID_KEYLEN",
            Self::ScryptParams { .. } | Self::ScryptMemory { .. } => "ERR_CRYPTO_INVALID_SCRYPT_PARAMS",
        })
    }

    fn message(&self) -> String {
        match self {
            Self::InvalidDigest { name } => format!("Invalid digest: {name}"),
            Self::OutOfRange {
                argument: "info",
                most,
                found,
                ..
            } => format!(
                "The value of \"info\" is out of range. \
                 It must be must not contain more than {most} bytes. Received {found}"
            ),
            Self::OutOfRange {
                argument,
                least,
                most,
                found,
            } => format!(
                "The value of \"{argument}\" is out of range. It must be >= {least} && <= {most}. Received {found}"
            ),
            Self::KeyLength { .. } => "Invalid key length".to_owned(),
            Self::ScryptParams { .. } => "Invalid scrypt params".to_owned(),
            Self::ScryptMemory { .. } => {
                "Invalid scrypt params: error:030000AC:digital envelope routines::memory limit exceeded".to_owned()
            }
        }
    }
}

impl fmt::Display for KdfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidDigest { name } => write!(f, "no HMAC can be made with {name:?}"),
            Self::OutOfRange {
                argument,
                least,
                most,
                found,
            } => {
                write!(f, "{argument} is {found}, and must be from {least} to {most}")
            }
            Self::KeyLength { found } => write!(f, "a key of {found} bytes cannot be derived"),
            Self::ScryptParams {
                cost,
                block_size,
                parallelization,
            } => {
                write!(
                    f,
                    "scrypt is not defined for N = {cost}, r = {block_size}, p = {parallelization}"
                )
            }
            Self::ScryptMemory { limit, needed } => write!(f, "scrypt needs {needed} bytes, and may have {limit}"),
        }
    }
}

impl std::error::Error for KdfError {}
