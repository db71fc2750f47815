//! Our own mode `bincode`, from one Rust program to another: a header, then the message as bincode writes it.
//!
//! ```text
//! byte   0        4      5         6         8
//!        ┌────────┬──────┬─────────┬─────────┬─────────────────┐
//!        │ length │ kind │ handles │ nothing │ length bytes    │     integers are little-endian
//!        └────────┴──────┴─────────┴─────────┴─────────────────┘
//! kind 0   hello: "FN", version, codec. The first frame of each side, and only the first.
//! kind 1   a message of the user
//! kind 2   a message of the house (cluster's, say): numbered enums instead of Node's objects
//! ```
//!
//! The descriptors of a frame travel with its first byte, and no other frame's with the same system call: so a receiver
//! for whom some were lost knows which message they belonged to.
//!
//! This is the one file that knows the crate bincode. It is pinned to 2.0.1 (3.0.0 does not compile, and
//! RUSTSEC-2025-0141 says that nobody tends it any more); it is always called with a limit; what it writes is frozen by
//! golden bytes; and the hello names the codec, so that another one is another file and another number.

use bincode::config::{self, Configuration, LittleEndian, Varint};
use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{DecodeError, EncodeError, ProtocolError};
use super::incoming::Parsed;
use super::limits::Limits;
use super::receive_buffer::ReceiveBuffer;

/// The version of the frames, and the number of the codec: 1 is bincode 2 in its standard configuration.
pub(crate) const HELLO: (u8, u8) = (1, 1);

const HEADER: usize = 8;
const KIND_HELLO: u8 = 0;
const KIND_USER: u8 = 1;
const KIND_INTERNAL: u8 = 2;

/// No message is decoded beyond this, whatever [`Limits::frame`] says: bincode wants its limit at compile time.
const DECODE_LIMIT: usize = 1 << 30;

fn configuration() -> Configuration<LittleEndian, Varint, config::Limit<DECODE_LIMIT>> {
    config::standard().with_limit()
}

/// The first frame of a side.
pub(crate) fn hello() -> Bytes {
    Bytes::from_static(&[4, 0, 0, 0, KIND_HELLO, 0, 0, 0, b'F', b'N', HELLO.0, HELLO.1])
}

/// Writes a message with its header.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T, internal: bool, handles: u8) -> Result<Bytes, EncodeError> {
    let mut out = BytesMut::new().writer();
    out.get_mut().put_bytes(0, HEADER);
    bincode::serde::encode_into_std_write(value, &mut out, configuration())
        .map_err(|error| EncodeError::Value(error.into()))?;
    let mut out = out.into_inner();
    let found = out.len();
    let length = u32::try_from(found - HEADER).map_err(|_| EncodeError::TooLong {
        limit: u32::MAX as usize,
        found,
    })?;
    out[..4].copy_from_slice(&length.to_le_bytes());
    out[4] = if internal { KIND_INTERNAL } else { KIND_USER };
    out[5] = handles;
    Ok(out.freeze())
}

/// Reads a value from a message, which must be that value and nothing behind it.
pub(crate) fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, DecodeError> {
    let (value, read) = bincode::serde::decode_from_slice(payload, configuration()).map_err(DecodeError::other)?;
    if read != payload.len() {
        return Err(DecodeError::other(format!(
            "{} bytes are left behind the value",
            payload.len() - read
        )));
    }
    Ok(value)
}

/// Takes the next frame, if it is there; `greeted` says whether the hello has come, and is set when it does.
pub(crate) fn parse(
    buffer: &mut ReceiveBuffer,
    limits: &Limits,
    greeted: &mut bool,
) -> Result<Option<Parsed>, ProtocolError> {
    loop {
        let Some(&[l0, l1, l2, l3, kind, handles, _, _]) = buffer.peek(HEADER) else {
            return Ok(None);
        };
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        if !*greeted && (kind != KIND_HELLO || length != 4) {
            return Err(ProtocolError::Hello {
                expected: HELLO,
                found: None,
            });
        }
        if length > limits.frame {
            return Err(ProtocolError::FrameTooLong {
                limit: limits.frame,
                found: length,
            });
        }
        let Some(frame) = buffer.take(HEADER + length) else {
            return Ok(None);
        };
        let payload = frame.slice(HEADER..);
        match kind {
            KIND_HELLO if !*greeted => check_hello(&payload)?,
            KIND_USER | KIND_INTERNAL => {
                let internal = kind == KIND_INTERNAL;
                return Ok(Some(Parsed::Message {
                    payload,
                    internal,
                    handles: usize::from(handles),
                }));
            }
            kind => return Err(ProtocolError::UnknownFrame { kind }),
        }
        *greeted = true;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Serialize)]
    enum Golden {
        #[allow(dead_code)]
        Zero,
        One {
            number: u64,
            text: &'static str,
            maybe: Option<bool>,
            list: Vec<i32>,
        },
    }

    #[test]
    fn the_bytes_are_frozen() {
        let value = Golden::One {
            number: 300,
            text: "hé",
            maybe: Some(true),
            list: vec![-1, 70_000],
        };
        let expected = [
            &[20, 0, 0, 0, 2, 3, 0, 0][..],
            &[
                1, 251, 0x2c, 0x01, 3, b'h', 0xc3, 0xa9, 1, 1, 2, 1, 252, 0xe0, 0x22, 0x02, 0x00,
            ],
        ];
        let mut expected = expected.concat();
        expected[0] = u8::try_from(expected.len() - HEADER).unwrap();
        assert_eq!(encode(&value, true, 3).unwrap(), expected);
        assert_eq!(hello()[..], [4, 0, 0, 0, 0, 0, 0, 0, 0x46, 0x4e, 1, 1]);
    }
}
