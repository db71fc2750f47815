//! One door to the modes: a value becomes a frame's bytes, and a message's bytes become a value.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{DecodeError, EncodeError};
use super::handle::HandleKind;
use super::json;
use super::limits::Limits;
use super::mode::Mode;

/// The most handles that one frame of our own carries: what one system call takes.
#[cfg(feature = "bincode")]
const MAX_HANDLES: usize = 253;

/// Writes `value` as a frame of this mode, for as many handles as `kinds` names.
///
/// In Node's modes an internal message is one whose value says so (a `cmd` that begins with `NODE_`).
#[cfg_attr(not(feature = "bincode"), allow(unused_variables))]
pub fn encode<T: Serialize + ?Sized>(
    mode: Mode,
    value: &T,
    internal: bool,
    kinds: &[HandleKind],
    limits: &Limits,
) -> Result<Bytes, EncodeError> {
    let frame = match mode {
        Mode::Json => {
            if kinds.len() > 1 {
                return Err(EncodeError::TooManyHandles {
                    limit: 1,
                    found: kinds.len(),
                });
            }
            json::encode(value, kinds.first().copied())?
        }
        #[cfg(feature = "bincode")]
        Mode::Bincode => {
            let too_many = EncodeError::TooManyHandles {
                limit: MAX_HANDLES,
                found: kinds.len(),
            };
            let handles = u8::try_from(kinds.len())
                .ok()
                .filter(|&handles| usize::from(handles) <= MAX_HANDLES);
            super::bincode::encode(value, internal, handles.ok_or(too_many)?)?
        }
    };
    if frame.len() > limits.frame {
        return Err(EncodeError::TooLong {
            limit: limits.frame,
            found: frame.len(),
        });
    }
    Ok(frame)
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
