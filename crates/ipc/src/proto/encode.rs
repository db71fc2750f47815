//! One door to the modes: a value becomes a frame's bytes, and a message's bytes become a value.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::conversation::Part;
use super::error::{DecodeError, EncodeError};
use super::handle::HandleKind;
use super::json;
use super::limits::Limits;
use super::mode::Mode;

/// What travels with a value.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// Whether it asks or answers, or is internal (in Node's modes the value says that itself).
    pub part: Part,
    /// What its handles are.
    pub handles: &'a [HandleKind],
    /// The server that accepted the connection which travels, as Node names it.
    pub key: Option<&'a str>,
    /// The bodies beside it.
    pub bodies: &'a [Bytes],
}

/// Adds `value` to `out` as a frame of this mode, but for its bodies, which follow the frame on the wire.
///
/// # Errors
///
/// [`EncodeError`]; `out` is as it was.
pub fn encode<T: Serialize + ?Sized>(
    mode: Mode,
    value: &T,
    about: &About<'_>,
    limits: &Limits,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let start = out.len();
    let encoded = check_company(mode, about)
        .and_then(|()| match mode {
            Mode::Json => json::encode(value, about, out),
            #[cfg(feature = "bincode")]
            Mode::Bincode => super::bincode::encode(value, about, out),
        })
        .and_then(|()| {
            let found = out.len() - start + about.bodies.iter().map(Bytes::len).sum::<usize>();
            let limit = limits.frame;
            if found > limit {
                Err(EncodeError::TooLong { limit, found })
            } else {
                Ok(())
            }
        });
    if encoded.is_err() {
        out.truncate(start);
    }
    encoded
}

/// Whether the mode has room for what travels with the value.
fn check_company(mode: Mode, about: &About<'_>) -> Result<(), EncodeError> {
    let (handles, bodies) = mode.company();
    if about.handles.len() > handles {
        return Err(EncodeError::TooManyHandles {
            limit: handles,
            found: about.handles.len(),
        });
    }
    if about.bodies.len() > bodies {
        return Err(EncodeError::TooManyBodies {
            limit: bodies,
            found: about.bodies.len(),
        });
    }
    Ok(())
}

/// Reads a value from the payload of a message of this mode.
///
/// # Errors
///
/// The payload is not such a value.
pub fn decode<T: DeserializeOwned>(mode: Mode, payload: &[u8]) -> Result<T, DecodeError> {
    match mode {
        Mode::Json => json::decode(payload),
        #[cfg(feature = "bincode")]
        Mode::Bincode => super::bincode::decode(payload),
    }
}
