//! Node's mode `advanced`: a length, and a value as V8 serializes it.
//!
//! ```text
//! byte   0        4
//!        ┌────────┬──────────────┐
//!        │ length │ length bytes │     big-endian; the bytes are what `ferronode-v8-serialize` writes
//!        └────────┴──────────────┘
//! ```
//!
//! In Node: `lib/internal/child_process/serialization.js`, `advanced`.

use std::sync::LazyLock;

use bytes::Bytes;
use ferronode_v8_serialize::{Graph, Options, from_slice, from_slice_seed, to_extend};
use memchr::memmem::Finder;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::encode::About;
use super::envelope::{At, Envelope, Nesting, Wrapped};
use super::error::{DecodeError, EncodeError, ProtocolError};
use super::limits::Limits;
use super::receive_buffer::ReceiveBuffer;

const HEADER: usize = 4;
/// Node reads the length as a signed number: what is longer breaks it.
const LONGEST: usize = i32::MAX as usize;
/// What a question or an answer begins with: version, object, a key of nine Latin-1 bytes.
const MARK: &[u8] = b"\xff\x0fo\"\x09ferronode";

/// The bounds for a payload of our own, or one that has been let in already.
fn unbounded() -> Options {
    Options {
        bytes: LONGEST,
        ..Options::default()
    }
}

/// Writes a message with its length.
pub(crate) fn encode<T: Serialize + ?Sized>(
    value: &T,
    about: &About<'_>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER]);
    to_extend(out, &Wrapped { value, about }, &unbounded()).map_err(EncodeError::value)?;
    finish(start, out)
}

/// Writes what is a payload already.
pub(crate) fn encode_graph(graph: &Graph, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER]);
    graph.encode_to(out, &unbounded()).map_err(EncodeError::value)?;
    finish(start, out)
}

fn finish(start: usize, out: &mut [u8]) -> Result<(), EncodeError> {
    let found = out.len() - start - HEADER;
    let length = u32::try_from(found).ok().filter(|_| found <= LONGEST);
    let length = length.ok_or(EncodeError::TooLong { limit: LONGEST, found })?;
    out[start..start + HEADER].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

/// Reads a value from where it lies in a message.
pub(crate) fn decode<T: DeserializeOwned>(payload: &[u8], nesting: Nesting) -> Result<T, DecodeError> {
    from_slice_seed(payload, At::new(nesting), &unbounded()).map_err(DecodeError::other)
}

/// Reads a message as it is, from where it lies.
pub(crate) fn decode_graph(payload: &[u8], nesting: Nesting) -> Result<Graph, DecodeError> {
    let mut graph = Graph::decode(payload, &unbounded()).map_err(DecodeError::other)?;
    let message = nesting
        .path()
        .fold(graph.root(), ferronode_v8_serialize::Node::get)
        .value()
        .clone();
    graph.set_root(message);
    Ok(graph)
}

/// Takes the next message, if it is there and certainly the user's.
#[inline(always)]
pub(crate) fn parse_plain(buffer: &mut ReceiveBuffer, limits: &Limits) -> Option<Bytes> {
    let length = u32::from_be_bytes(buffer.peek()?) as usize;
    if length > limits.frame || !is_plain(buffer.peek_behind(HEADER, length)?) {
        return None;
    }
    buffer.take(HEADER, length)
}

/// Takes the next message, if it is there, and tells what it is.
pub(crate) fn parse(buffer: &mut ReceiveBuffer, limits: &Limits) -> Result<Option<(Bytes, Envelope)>, ProtocolError> {
    let Some(header) = buffer.peek() else {
        return Ok(None);
    };
    let length = u32::from_be_bytes(header) as usize;
    limits.check(length)?;
    let Some(payload) = buffer.take(HEADER, length) else {
        return Ok(None);
    };
    if payload.is_empty() {
        return Err(ProtocolError::EmptyFrame);
    }
    let envelope = if is_plain(&payload) {
        Envelope::plain()
    } else {
        // What is no value is the user's: who decodes it will hear of it.
        from_slice(&payload, &unbounded()).map_or_else(|_| Envelope::plain(), Envelope::of)
    };
    Ok(Some((payload, envelope)))
}

/// Whether it is certain, at a glance, that a payload is the user's with nothing around it. Text is written in one or in
/// two bytes a character; Node writes `cmd` in one.
fn is_plain(payload: &[u8]) -> bool {
    static NARROW: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"NODE_"));
    static WIDE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"N\0O\0D\0E\0_\0"));
    if payload.is_empty() || payload.starts_with(MARK) {
        return false;
    }
    // A byte is found much faster than a word, and without an underscore nobody says NODE_.
    let Some(at) = memchr::memchr(b'_', payload) else {
        return true;
    };
    let rest = &payload[at.saturating_sub("N\0O\0D\0E\0".len())..];
    NARROW.find(rest).is_none() && WIDE.find(rest).is_none()
}
