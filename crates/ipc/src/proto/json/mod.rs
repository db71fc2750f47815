//! Node's mode `json`: one JSON text a line.
//!
//! In Node: `lib/internal/child_process/serialization.js`, `json`.
//!
//! A line feed never occurs inside a JSON text (strings escape it) nor inside a UTF-8 sequence, so splitting bytes is
//! enough: Node decodes first and splits then, and needs a StringDecoder for it.
//!
//! `sonic-rs` writes the texts: it is as fast as a copy on long strings, twelve times faster than `serde_json`.
//! [`reader`] reads them: it agrees with `serde_json`, and takes less than half its time for long strings.

mod reader;
#[cfg(test)]
mod tests;

use std::marker::PhantomData;
use std::sync::LazyLock;

use bytes::Bytes;
use memchr::memmem::Finder;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::encode::About;
use super::envelope::{At, Envelope, Nesting, Wrapped};
use super::error::{DecodeError, EncodeError, ProtocolError};
use super::handle::Answer;
use super::limits::Limits;
use super::receive_buffer::ReceiveBuffer;

/// What a question or an answer begins with.
const MARK: &[u8] = br#"{"ferronode":"#;
/// What Node answers for a handle.
const ACK: &[u8] = br#"{"cmd":"NODE_HANDLE_ACK"}"#;
/// What a message of Node's cluster begins with.
const CLUSTER: &[u8] = br#"{"cmd":"NODE_CLUSTER","#;

/// Writes a message and the line feed behind it.
pub(crate) fn encode<T: Serialize + ?Sized>(
    value: &T,
    about: &About<'_>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    write(&Wrapped { value, about }, out)?;
    out.push(b'\n');
    Ok(())
}

/// Writes with sonic-rs, unless the value holds a text that is JSON already: a `RawValue` is a word between serde_json and
/// itself, and the other writes that word. No string can look like it, since a quote in a string is escaped.
fn write<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    static RAW: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(br#"{"$serde_json::private::RawValue":"#));
    let start = out.len();
    sonic_rs::to_writer(&mut *out, value).map_err(EncodeError::value)?;
    // A byte is found much faster than a word, and most texts have none of these.
    let dollar = memchr::memchr(b'$', &out[start..]);
    if dollar.is_some() && RAW.find(&out[start..]).is_some() {
        out.truncate(start);
        serde_json::to_writer(&mut *out, value).map_err(EncodeError::value)?;
    }
    Ok(())
}

/// Reads a value from where it lies in a message.
pub(crate) fn decode<T: DeserializeOwned>(payload: &[u8], nesting: Nesting) -> Result<T, DecodeError> {
    reader::read(payload, At::new(nesting)).map_err(DecodeError::other)
}

/// Takes the next line, if it is there and certainly the user's.
#[inline(always)]
pub(crate) fn parse_plain(buffer: &mut ReceiveBuffer, limits: &Limits) -> Option<Bytes> {
    // One look is enough for most texts: nobody says NODE_ without an underscore, or without escapes.
    let (line, says_nothing) = buffer.line_without(b'_', b'\\')?;
    if line.len() > limits.frame || !is_plain(line, says_nothing) {
        return None;
    }
    Some(buffer.take_found())
}

/// Takes the next line, if it is there, and tells what it is.
pub(crate) fn parse(buffer: &mut ReceiveBuffer, limits: &Limits) -> Result<Option<(Bytes, Envelope)>, ProtocolError> {
    let Some(line) = buffer.take_line() else {
        return limits.check(buffer.len()).map(|()| None);
    };
    limits.check(line.len())?;
    if line.iter().all(u8::is_ascii_whitespace) {
        return Err(ProtocolError::EmptyLine);
    }
    // A text that is no JSON is the user's: who decodes it will hear of it.
    let envelope = well_known(&line)
        .unwrap_or_else(|| reader::read(&line, PhantomData).map_or_else(|_| Envelope::plain(), Envelope::of));
    Ok(Some((line, envelope)))
}

/// Whether it is certain, at a glance, that a text is the user's with nothing around it: most are, and say nothing like
/// NODE_ anywhere, not even in escapes.
fn is_plain(text: &[u8], says_nothing: bool) -> bool {
    match text.first() {
        None => false,
        Some(first) if first.is_ascii_whitespace() => false,
        Some(b'{') => !text.starts_with(MARK) && (says_nothing || says_nothing_like_node(text)),
        Some(_) => true,
    }
}

fn says_nothing_like_node(text: &[u8]) -> bool {
    static INTERNAL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"NODE_"));
    let Some(at) = memchr::memchr2(b'_', b'\\', text) else {
        return true;
    };
    let rest = &text[at.saturating_sub("NODE".len())..];
    INTERNAL.find(rest).is_none() && memchr::memchr(b'\\', rest).is_none()
}

/// What a text is that begins in Node's own words for what comes with each connection of a cluster: to be told without
/// reading it whole.
fn well_known(text: &[u8]) -> Option<Envelope> {
    static COMMAND: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(br#""cmd""#));
    if text == ACK {
        return Some(Envelope::Answer(Answer::Ack));
    }
    // If it said a second time what it is, that would count.
    let members = text.strip_prefix(CLUSTER)?;
    let is_said_once = COMMAND.find(members).is_none() && memchr::memchr(b'\\', members).is_none();
    is_said_once.then(Envelope::internal)
}
