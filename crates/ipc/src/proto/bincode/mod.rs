//! Our own mode `bincode`, from one Rust program to another: a header, then the message as bincode writes it.
//!
//! ```text
//! byte   0        4      5         6        8
//!        ┌────────┬──────┬─────────┬────────┬────────────────────────────────────┬─────────┐
//!        │ length │ kind │ handles │ bodies │ [number] [length of each body] value │ bodies… │
//!        └────────┴──────┴─────────┴────────┴────────────────────────────────────┴─────────┘
//!                                           └───────────── length bytes ─────────┘
//! kind 0   hello: "FN", version, codec. The first frame of each side, and only the first.
//! kind 1   a message of the user
//! kind 2   a message of the house (cluster's, say): numbered enums instead of Node's objects
//! kind 3…6 request, reply, refusal, cancel: their number, four bytes, comes first
//! ```
//!
//! Integers are little-endian. Bodies follow as they are, four bytes of length each: no codec touches them.
//! The descriptors of a frame travel with its first byte, and no other frame's with the same system call: so a receiver
//! for whom some were lost knows which message they belonged to.
//!
//! This is the one file that knows the crate bincode. It is pinned to 2.0.1 (3.0.0 does not compile, and
//! RUSTSEC-2025-0141 says that nobody tends it any more); it only writes, what a peer says is read by [`reader`]; what it
//! writes is frozen by golden bytes; and the hello names the codec, so that another one is another file and another number.

mod reader;
#[cfg(test)]
mod tests;

use bincode::config;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::conversation::Part;
use super::encode::About;
use super::error::{DecodeError, EncodeError, ProtocolError};
use super::incoming::{Beside, Parsed};
use super::limits::Limits;
use super::receive_buffer::ReceiveBuffer;

/// The version of the frames, and the number of the codec: 1 is bincode 2 in its standard configuration.
pub(crate) const HELLO: (u8, u8) = (1, 1);
/// The first frame of a side.
pub(crate) const HELLO_FRAME: [u8; 12] = [4, 0, 0, 0, KIND_HELLO, 0, 0, 0, b'F', b'N', HELLO.0, HELLO.1];

/// The most handles that one frame carries: what one system call takes.
pub(crate) const MAX_HANDLES: usize = 253;
/// The most bodies that one frame carries.
pub(crate) const MAX_BODIES: usize = 1 << 10;

const HEADER: usize = 8;
/// A number, or a length.
const WORD: usize = 4;
const KIND_HELLO: u8 = 0;
const KIND_USER: u8 = 1;
const KIND_INTERNAL: u8 = 2;
const KIND_REQUEST: u8 = 3;
const KIND_REPLY: u8 = 4;
const KIND_REFUSAL: u8 = 5;
const KIND_CANCEL: u8 = 6;

/// Writes a message with its header. The bodies are the caller's to write behind it.
pub(crate) fn encode<T: Serialize + ?Sized>(
    value: &T,
    about: &About<'_>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let too_long = |found| EncodeError::TooLong {
        limit: u32::MAX as usize,
        found,
    };
    let start = out.len();
    let (kind, number) = match about.part {
        Part::Internal => (KIND_INTERNAL, None),
        Part::Message => (KIND_USER, None),
        Part::Request(number) => (KIND_REQUEST, Some(number)),
        Part::Reply(number) => (KIND_REPLY, Some(number)),
        Part::Refusal(number) => (KIND_REFUSAL, Some(number)),
        Part::Cancel(number) => (KIND_CANCEL, Some(number)),
    };
    // Who calls has checked both counts.
    let handles = u8::try_from(about.handles.len()).unwrap_or(u8::MAX);
    let [b0, b1] = u16::try_from(about.bodies.len()).unwrap_or(u16::MAX).to_le_bytes();
    out.extend_from_slice(&[0, 0, 0, 0, kind, handles, b0, b1]);
    if let Some(number) = number {
        out.extend_from_slice(&u32::to_le_bytes(number));
    }
    for body in about.bodies {
        let length = u32::try_from(body.len()).map_err(|_| too_long(body.len()))?;
        out.extend_from_slice(&length.to_le_bytes());
    }
    if kind != KIND_CANCEL {
        bincode::serde::encode_into_std_write(value, out, config::standard()).map_err(EncodeError::value)?;
    }
    let found = out.len() - start;
    let length = u32::try_from(found - HEADER).map_err(|_| too_long(found))?;
    out[start..start + WORD].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

/// Reads a value from a message, which must be that value and nothing behind it.
pub(crate) fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, DecodeError> {
    reader::read(payload).map_err(DecodeError::other)
}

/// What the crate's own reader says of bytes that are to be all of a value: ours is measured by it.
#[cfg(test)]
fn read_by_the_crate<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let limited = config::standard().with_limit::<{ 1 << 20 }>();
    let (value, read) = bincode::serde::decode_from_slice(bytes, limited).ok()?;
    (read == bytes.len()).then_some(value)
}

/// How far the next message has come.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    greeted: bool,
    unfinished: Option<Unfinished>,
}

/// A message whose bodies come next.
#[derive(Debug)]
struct Unfinished {
    message: Parsed,
    beside: Box<Beside>,
    /// Of the bodies that are to come, the last one first.
    lengths: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Header {
    length: usize,
    kind: u8,
    handles: u8,
    bodies: usize,
}

impl Parser {
    /// Whether it is in the middle of a message.
    pub(crate) fn is_within(&self) -> bool {
        self.unfinished.is_some()
    }

    /// Takes the next message, if it is there and nothing but a value of the user's.
    #[inline(always)]
    pub(crate) fn parse_plain(&self, buffer: &mut ReceiveBuffer, limits: &Limits) -> Option<Bytes> {
        if !self.greeted || self.unfinished.is_some() {
            return None;
        }
        let [l0, l1, l2, l3, KIND_USER, 0, 0, 0] = buffer.peek::<HEADER>()? else {
            return None;
        };
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        if length > limits.frame {
            return None;
        }
        buffer.take(HEADER, length)
    }

    /// Takes the next message, if it is there.
    pub(crate) fn parse(
        &mut self,
        buffer: &mut ReceiveBuffer,
        limits: &Limits,
    ) -> Result<Option<Parsed>, ProtocolError> {
        loop {
            if self.unfinished.is_some() {
                return Ok(self.finish(buffer));
            }
            let Some(header) = buffer.peek() else {
                return Ok(None);
            };
            let header = Header::read(header, self.greeted, limits)?;
            let Some(payload) = buffer.take(HEADER, header.length) else {
                return Ok(None);
            };
            if !self.greeted {
                check_hello(&payload)?;
                self.greeted = true;
            } else if header.is_plain() {
                return Ok(Some(Parsed {
                    payload,
                    part: header.part(0),
                    beside: None,
                }));
            } else {
                self.unfinished = Some(header.message(payload, limits)?);
            }
        }
    }

    /// Takes the bodies that have come; the message, when it has all of them.
    fn finish(&mut self, buffer: &mut ReceiveBuffer) -> Option<Parsed> {
        let Unfinished { beside, lengths, .. } = self.unfinished.as_mut()?;
        while let Some(&length) = lengths.last() {
            beside.bodies.push(buffer.take(0, length)?);
            lengths.pop();
        }
        let Unfinished { message, beside, .. } = self.unfinished.take()?;
        Some(Parsed {
            beside: Some(beside),
            ..message
        })
    }
}

impl Header {
    fn read(
        [l0, l1, l2, l3, kind, handles, b0, b1]: [u8; HEADER],
        greeted: bool,
        limits: &Limits,
    ) -> Result<Self, ProtocolError> {
        let header = Self {
            length: u32::from_le_bytes([l0, l1, l2, l3]) as usize,
            kind,
            handles,
            bodies: usize::from(u16::from_le_bytes([b0, b1])),
        };
        if !greeted && (kind != KIND_HELLO || header.length != 4) {
            return Err(ProtocolError::Hello {
                expected: HELLO,
                found: None,
            });
        }
        if greeted && !(KIND_USER..=KIND_CANCEL).contains(&kind) {
            return Err(ProtocolError::UnknownFrame { kind });
        }
        limits.check(header.length)?;
        Ok(header)
    }

    /// Whether nothing but a value is in the frame, as in most.
    fn is_plain(self) -> bool {
        self.kind < KIND_REQUEST && self.handles == 0 && self.bodies == 0
    }

    fn part(self, number: u32) -> Part {
        match self.kind {
            KIND_INTERNAL => Part::Internal,
            KIND_REQUEST => Part::Request(number),
            KIND_REPLY => Part::Reply(number),
            KIND_REFUSAL => Part::Refusal(number),
            KIND_CANCEL => Part::Cancel(number),
            _ => Part::Message,
        }
    }

    /// Takes the payload apart; the lengths of the bodies, the last one first.
    fn message(self, mut payload: Bytes, limits: &Limits) -> Result<Unfinished, ProtocolError> {
        let numbered = usize::from(self.kind >= KIND_REQUEST);
        let expected = WORD * (numbered + self.bodies);
        if payload.len() < expected {
            let found = payload.len();
            return Err(ProtocolError::FrameTooShort { expected, found });
        }
        let words = payload.split_to(expected);
        let (words, _) = words.as_chunks::<WORD>();
        let number = words.first().map_or(0, |word| u32::from_le_bytes(*word));
        let lengths: Vec<usize> = words[numbered..]
            .iter()
            .map(|word| u32::from_le_bytes(*word) as usize)
            .rev()
            .collect();
        limits.check(
            lengths
                .iter()
                .fold(self.length, |sum, length| sum.saturating_add(*length)),
        )?;
        let message = Parsed {
            payload,
            part: self.part(number),
            beside: None,
        };
        let beside = Box::new(Beside {
            bodies: Vec::with_capacity(lengths.len()),
            handles: usize::from(self.handles),
            ..Beside::default()
        });
        Ok(Unfinished {
            message,
            beside,
            lengths,
        })
    }
}

fn check_hello(payload: &[u8]) -> Result<(), ProtocolError> {
    let found = match *payload {
        [b'F', b'N', version, codec] => Some((version, codec)),
        _ => None,
    };
    if found == Some(HELLO) {
        Ok(())
    } else {
        Err(ProtocolError::Hello { expected: HELLO, found })
    }
}
