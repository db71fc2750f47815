//! One door to the modes: a value becomes a frame's bytes, and a message's bytes become a value.

use bytes::Bytes;
use ferronode_v8_serialize::Graph;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::advanced;
use super::conversation::Part;
use super::envelope::Nesting;
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
    let mut bodies = 0;
    if !about.handles.is_empty() || !about.bodies.is_empty() {
        check_company(mode, about, limits)?;
        bodies = about.bodies.iter().map(Bytes::len).sum();
    }
    let encoded = match mode {
        Mode::Json => json::encode(value, about, out),
        Mode::Advanced => advanced::encode(value, about, out),
        #[cfg(feature = "bincode")]
        Mode::Bincode => super::bincode::encode(value, about, out),
    };
    let checked = encoded.and_then(|()| check_length(out.len() - start + bodies, limits));
    checked.inspect_err(|_| out.truncate(start))
}

/// As [`encode`], for a value as JavaScript has it. Mode `advanced` alone can say it.
///
/// # Errors
///
/// As [`encode`].
pub fn encode_graph(mode: Mode, graph: &Graph, limits: &Limits, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    if mode != Mode::Advanced {
        let what = format!(
            "a graph of JavaScript's values travels in mode \"advanced\", this is {:?}",
            mode.name()
        );
        return Err(EncodeError::Value(what.into()));
    }
    let start = out.len();
    let encoded = advanced::encode_graph(graph, out).and_then(|()| check_length(out.len() - start, limits));
    encoded.inspect_err(|_| out.truncate(start))
}

fn check_length(found: usize, limits: &Limits) -> Result<(), EncodeError> {
    let limit = limits.frame;
    if found > limit {
        Err(EncodeError::TooLong { limit, found })
    } else {
        Ok(())
    }
}

/// Whether the mode has room for what travels with the value, and the channel lets it.
fn check_company(mode: Mode, about: &About<'_>, limits: &Limits) -> Result<(), EncodeError> {
    let (handles, bodies) = mode.company();
    let handles = handles.min(limits.handles);
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

/// Reads a value from where it lies in the payload of a message of this mode.
///
/// # Errors
///
/// The payload is not such a value.
pub fn decode<T: DeserializeOwned>(mode: Mode, payload: &[u8], nesting: Nesting) -> Result<T, DecodeError> {
    match mode {
        Mode::Json => json::decode(payload, nesting),
        Mode::Advanced => advanced::decode(payload, nesting),
        #[cfg(feature = "bincode")]
        Mode::Bincode => super::bincode::decode(payload),
    }
}

/// Reads a message as JavaScript has it: in `advanced` with identity, cycles and types, in `json` what JSON can say.
///
/// # Errors
///
/// The payload is no value; or it is written in `bincode`, which does not say what it is.
pub fn decode_graph(mode: Mode, payload: &[u8], nesting: Nesting) -> Result<Graph, DecodeError> {
    match mode {
        Mode::Json => Graph::of(&json::decode::<serde_json::Value>(payload, nesting)?).map_err(DecodeError::other),
        Mode::Advanced => advanced::decode_graph(payload, nesting),
        #[cfg(feature = "bincode")]
        Mode::Bincode => Err(DecodeError::other(
            "expected a value that says what it is, found bincode",
        )),
    }
}
