//! Random bytes from the system, fit for keys.
//!
//! In Node: `lib/internal/crypto/random.js`.

use std::fmt;

use ferronode_buffer::Buffer;

use crate::error::NodeError;

/// The most bytes that Node gives at once: 2^31 - 1.
const LIMIT: usize = i32::MAX as usize;

/// Makes `size` random bytes.
///
/// ```
/// let key = ferronode_crypto_demo::random_bytes(32)?;
/// assert_ne!(key, ferronode_crypto_demo::random_bytes(32)?);
/// # Ok::<(), ferronode_crypto_demo::RandomError>(())
/// ```
///
/// # Errors
///
/// [`RandomError::OutOfRange`] for more than 2^31 - 1 bytes; [`RandomError::Unavailable`] if the system has none.
///
/// # References
///
/// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptorandombytessize-callback>
#[doc(alias = "randomBytes")]
pub fn random_bytes(size: usize) -> Result<Buffer, RandomError> {
    let too_many = RandomError::OutOfRange {
        limit: LIMIT,
        found: size,
    };
    if size > LIMIT {
        return Err(too_many);
    }
    let mut bytes = Buffer::try_alloc(size).map_err(|_| too_many)?;
    random_fill(&mut bytes)?;
    Ok(bytes)
}

/// Overwrites all bytes with random ones.
///
/// # Errors
///
/// [`RandomError::Unavailable`] if the system has none.
///
/// # References
///
/// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptorandomfillsyncbuffer-offset-size>
#[doc(alias = "randomFillSync")]
pub fn random_fill(bytes: &mut [u8]) -> Result<(), RandomError> {
    getrandom::fill(bytes).map_err(|_| RandomError::Unavailable)
}

/// There are no random bytes, or not so many.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RandomError {
    /// More bytes were asked for than there are at once.
    OutOfRange {
        /// Bytes that there are at most.
        limit: usize,
        /// Bytes asked for.
        found: usize,
    },
    /// The system call failed.
    Unavailable,
}

impl NodeError for RandomError {
    fn name(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } => "RangeError",
            Self::Unavailable => "Error",
        }
    }

    fn code(&self) -> Option<&'static str> {
        match self {
            Self::OutOfRange { .. } => Some("ERR_OUT_OF_RANGE"),
            Self::Unavailable => Some("ERR_CRYPTO_OPERATION_FAILED"),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::OutOfRange { limit, found } => {
                format!("The value of \"size\" is out of range. It must be >= 0 && <= {limit}. Received {found}")
            }
            Self::Unavailable => "Operation failed".to_owned(),
        }
    }
}

impl fmt::Display for RandomError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { limit, found } => write!(f, "{found} random bytes were asked for, {limit} are the most"),
            Self::Unavailable => f.write_str("the system has no random bytes"),
        }
    }
}

impl std::error::Error for RandomError {}
