//! Node's mode `json`: one JSON text a line.
//!
//! In Node: `lib/internal/child_process/serialization.js`, `json`.
//!
//! A line feed never occurs inside a JSON text (strings escape it) nor inside a UTF-8 sequence, so splitting bytes is
//! enough: Node decodes first and splits then, and needs a StringDecoder for it.
//!
//! `sonic-rs` writes the texts: it is as fast as a copy on long strings, twelve times faster than `serde_json`. That one
//! reads them: there the two are equally fast, and it knows half a surrogate pair from an error.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::conversation::Part;
use super::encode::About;
use super::envelope::{self, Envelope};
use super::error::{DecodeError, EncodeError, ProtocolError};
use super::incoming::{Beside, Parsed, Said};
use super::limits::Limits;
use super::receive_buffer::ReceiveBuffer;

/// Writes a message and the line feed behind it; with a handle, Node's NODE_HANDLE object around it.
pub(crate) fn encode<T: Serialize + ?Sized>(
    value: &T,
    about: &About<'_>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let kind = about.handles.first();
    if let Some(kind) = kind {
        let name = kind.type_name();
        out.extend_from_slice(format!(r#"{{"cmd":"NODE_HANDLE","type":"{name}","msg":"#).as_bytes());
    }
    match about.part.word() {
        None => sonic_rs::to_writer(&mut *out, value).map_err(EncodeError::value)?,
        Some((word, id)) => {
            out.extend_from_slice(format!(r#"{{"ferronode":"{word}","id":{id}"#).as_bytes());
            if !matches!(about.part, Part::Cancel(_)) {
                out.extend_from_slice(br#","body":"#);
                sonic_rs::to_writer(&mut *out, value).map_err(EncodeError::value)?;
            }
            out.push(b'}');
        }
    }
    if let Some(kind) = kind {
        if let Some(key) = about.key {
            out.extend_from_slice(br#","key":"#);
            sonic_rs::to_writer(&mut *out, key).map_err(EncodeError::value)?;
        }
        if let Some(name) = kind.datagram_type() {
            out.extend_from_slice(format!(r#","dgramType":"{name}""#).as_bytes());
        }
        out.push(b'}');
    }
    out.push(b'\n');
    Ok(())
}

/// Reads a value from a message.
pub(crate) fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(payload).map_err(DecodeError::other)
}

/// Takes the next line, if it is there, and tells what it is.
#[inline]
pub(crate) fn parse(buffer: &mut ReceiveBuffer, limits: &Limits) -> Result<Option<Said>, ProtocolError> {
    let Some(line) = buffer.take_line() else {
        return limits.check(buffer.len()).map(|()| None);
    };
    limits.check(line.len())?;
    if line.iter().all(u8::is_ascii_whitespace) {
        return Err(ProtocolError::EmptyLine);
    }
    Ok(Some(match Envelope::of(&line) {
        Envelope::User => Said::Message(message(line)),
        Envelope::Internal => Said::Message(internal(line)),
        Envelope::Handle { message: inner, key } => {
            let text = line.slice(inner);
            let parsed = if Envelope::of(&text) == Envelope::User {
                message(text)
            } else {
                internal(text)
            };
            let beside = Beside {
                handles: 1,
                key,
                ..Beside::default()
            };
            Said::Message(Parsed {
                beside: Some(Box::new(beside)),
                ..parsed
            })
        }
        Envelope::Answer(answer) => Said::Answer(answer),
        Envelope::Sockets(query) => Said::Sockets(query),
    }))
}

fn internal(text: Bytes) -> Parsed {
    Parsed {
        payload: text,
        part: Part::Internal,
        beside: None,
    }
}

/// A message of the user's, taken out of the object that makes it a question or an answer, if it stands in one.
#[inline]
fn message(text: Bytes) -> Parsed {
    let (part, body) = envelope::part_of(&text);
    Parsed {
        payload: match body {
            Some(body) => text.slice(body),
            None => text,
        },
        part,
        beside: None,
    }
}
