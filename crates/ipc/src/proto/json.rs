//! Node's mode `json`: one JSON text a line.
//!
//! In Node: `lib/internal/child_process/serialization.js`, `json`.
//!
//! A line feed never occurs inside a JSON text (strings escape it) nor inside a UTF-8 sequence, so splitting bytes is
//! enough: Node decodes first and splits then, and needs a StringDecoder for it.

use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::envelope::{self, Envelope};
use super::error::{DecodeError, EncodeError, ProtocolError};
use super::handle::HandleKind;
use super::incoming::Parsed;
use super::limits::Limits;
use super::receive_buffer::ReceiveBuffer;

/// Writes a message and the line feed behind it; with a handle, Node's NODE_HANDLE object around it.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T, handle: Option<HandleKind>) -> Result<Bytes, EncodeError> {
    let mut out = BytesMut::new().writer();
    if let Some(kind) = handle {
        out.get_mut().put_slice(envelope::handle_prefix(kind).as_bytes());
    }
    serde_json::to_writer(&mut out, value).map_err(EncodeError::json)?;
    let mut out = out.into_inner();
    if handle.is_some() {
        out.put_slice(b"}");
    }
    out.put_slice(b"\n");
    Ok(out.freeze())
}

/// Reads a value from a message.
pub(crate) fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(payload).map_err(DecodeError::json)
}

/// Takes the next line, if it is there, and tells what it is.
pub(crate) fn parse(buffer: &mut ReceiveBuffer, limits: &Limits) -> Result<Option<Parsed>, ProtocolError> {
    let Some(line) = buffer.take_line() else {
        if buffer.len() > limits.frame {
            return Err(ProtocolError::FrameTooLong {
                limit: limits.frame,
                found: buffer.len(),
            });
        }
        return Ok(None);
    };
    if line.len() > limits.frame {
        return Err(ProtocolError::FrameTooLong {
            limit: limits.frame,
            found: line.len(),
        });
    }
    if line.iter().all(u8::is_ascii_whitespace) {
        return Err(ProtocolError::EmptyLine);
    }
    Ok(Some(match Envelope::of(&line) {
        Envelope::User => Parsed::Message {
            payload: line,
            internal: false,
            handles: 0,
        },
        Envelope::Internal => Parsed::Message {
            payload: line,
            internal: true,
            handles: 0,
        },
        Envelope::Handle { message } => {
            let payload = line.slice(message);
            let internal = !matches!(Envelope::of(&payload), Envelope::User);
            Parsed::Message {
                payload,
                internal,
                handles: 1,
            }
        }
        Envelope::Answer(answer) => Parsed::Answer(answer),
    }))
}
