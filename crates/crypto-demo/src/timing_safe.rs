//! Comparing secrets without telling by the time it takes how much of them was right.

use std::fmt;

use subtle::ConstantTimeEq;

use crate::error::NodeError;

/// Compares all bytes of two strings of equal length, in a time that depends on the length alone.
///
/// ```
/// assert!(ferronode_crypto_demo::timing_safe_equal(b"secret", b"secret")?);
/// # Ok::<(), ferronode_crypto_demo::LengthMismatch>(())
/// ```
///
/// # Errors
///
/// [`LengthMismatch`]; the lengths are no secret.
///
/// # References
///
/// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptotimingsafeequala-b>
#[doc(alias = "timingSafeEqual")]
pub fn timing_safe_equal(a: &[u8], b: &[u8]) -> Result<bool, LengthMismatch> {
    if a.len() != b.len() {
        return Err(LengthMismatch {
            expected: a.len(),
            found: b.len(),
        });
    }
    Ok(a.ct_eq(b).into())
}

/// The two are not of one length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LengthMismatch {
    /// Bytes of the first.
    pub expected: usize,
    /// Bytes of the second.
    pub found: usize,
}

impl NodeError for LengthMismatch {
    fn name(&self) -> &'static str {
        "RangeError"
    }

    fn code(&self) -> Option<&'static str> {
        Some("ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH")
    }

    fn message(&self) -> String {
        "Input buffers must have the same byte length".to_owned()
    }
}

impl fmt::Display for LengthMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expected, found } = self;
        write!(f, "{expected} bytes cannot equal {found} bytes")
    }
}

impl std::error::Error for LengthMismatch {}
