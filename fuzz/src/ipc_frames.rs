//! Any bytes, cut anywhere, with any descriptors, into the receiving side of a channel.
//!
//! Properties: our readers agree with `serde_json` and the crate `bincode`; no panic; no allocation far beyond the limits (`-malloc_limit_mb` sees to that); bytes cut anywhere, and taken
//! by the short way, say what the whole says; a descriptor comes out once at most.
//!
//! An input is a plan and a stream: so many cuts, then for each where it is, how many descriptors the piece before it
//! brings, and how much filling stands there (what is long is received in another way); then the stream.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::mem;

use bytes::Bytes;
use ferronode_ipc::proto::{Bundle, Event, Incoming, Nesting, Part, Received, decode, decode_graph};
use ferronode_ipc::{Limits, Mode, ProtocolError};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

/// Descriptors of a piece beyond this are lost on the way.
const MOST: u8 = 4;

/// What a program might expect.
#[derive(Debug, Deserialize)]
#[allow(dead_code)]
enum Shape {
    Unit,
    Numbers(Vec<i64>),
    Pair(String, Option<u8>),
    Message {
        cmd: String,
        seq: u64,
        data: Option<Box<Shape>>,
    },
}

struct Piece {
    bytes: Vec<u8>,
    handles: u8,
}

/// The pieces that an input asks for.
fn pieces(input: &[u8]) -> Vec<Piece> {
    let Some((&count, rest)) = input.split_first() else {
        return Vec::new();
    };
    let count = usize::from(count % 8).min(rest.len() / 4);
    let (plan, mut stream) = rest.split_at(count * 4);
    let (plan, _) = plan.as_chunks::<4>();
    let mut pieces: Vec<Piece> = Vec::new();
    for &[low, high, handles, filling] in plan {
        let at = usize::from(u16::from_le_bytes([low, high])) % (stream.len() + 1);
        let (piece, behind) = stream.split_at(at);
        let mut bytes = piece.to_vec();
        bytes.resize(at + filling_of(filling), b'x');
        pieces.push(Piece { bytes, handles });
        stream = behind;
    }
    pieces.push(Piece {
        bytes: stream.to_vec(),
        handles: 0,
    });
    pieces
}

/// Mostly none, since it takes time; else so many times 16 KiB.
fn filling_of(said: u8) -> usize {
    if said < 0xf0 { 0 } else { usize::from(said & 0x0f) << 14 }
}

/// What is said, but for descriptors.
#[derive(Debug, PartialEq)]
struct Said {
    payload: Bytes,
    bodies: Vec<Bytes>,
    about: String,
}

/// How a stream is read and heard.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// To a place that is lent for each piece, and by the short way where there is one.
    Short,
    /// From beside, one event after the other.
    Long,
}

/// How long a place is that is lent.
const PLACE: usize = 4 << 10;

/// Reads a piece as a driver does: to where it belongs, if that is known, and the rest beside.
fn receive(
    way: Way,
    incoming: &mut Incoming<u32>,
    bytes: &[u8],
    bundle: Option<Bundle<u32>>,
) -> Result<(), ProtocolError> {
    let mut placed = 0;
    if way == Way::Short && incoming.space().is_none() {
        incoming.lend(Vec::with_capacity(PLACE));
    }
    if let Some(place) = incoming.space() {
        placed = bytes.len().min(place.capacity() - place.len());
        place.extend_from_slice(&bytes[..placed]);
    }
    incoming.received(&bytes[placed..], bundle)
}

/// Hears all that is said; descriptors go to `handles`.
fn hear(
    mode: Mode,
    way: Way,
    incoming: &mut Incoming<u32>,
    said: &mut Vec<Said>,
    handles: &mut Vec<u32>,
) -> Result<(), ProtocolError> {
    loop {
        if let Some(payload) = (way == Way::Short).then(|| incoming.next_plain()).flatten() {
            let (about, bodies) = (format!("{:?} {:?}", Part::default(), Nesting::default()), Vec::new());
            said.push(Said { payload, bodies, about });
            continue;
        }
        let Some(event) = incoming.next_event()? else {
            return Ok(());
        };
        let Event::Message(message) = event else {
            let about = format!("{event:?}");
            let (payload, bodies) = (Bytes::new(), Vec::new());
            said.push(Said { payload, bodies, about });
            continue;
        };
        look(mode, &message);
        let mut about = format!("{:?} {:?}", message.part, message.nesting());
        let Received { payload, company, .. } = message;
        let mut bodies = Vec::new();
        if let Some(company) = company {
            about += &format!(" {:?} {}", company.key, company.handles_lost);
            handles.extend(company.handles);
            bodies = company.bodies;
        }
        said.push(Said { payload, bodies, about });
    }
}

/// Reads the message as whatever its reader may take it for.
fn look(mode: Mode, message: &Received<u32>) {
    let (payload, nesting) = (&message.payload, message.nesting());
    _ = decode_graph(mode, payload, nesting);
    look_as::<Shape>(mode, payload, nesting);
    look_as::<String>(mode, payload, nesting);
    look_as::<Vec<u16>>(mode, payload, nesting);
    look_as::<BTreeMap<i64, Option<f32>>>(mode, payload, nesting);
    if mode != Mode::Bincode {
        look_as::<serde_json::Value>(mode, payload, nesting);
        look_as::<IgnoredAny>(mode, payload, nesting);
    }
}

/// Reads a type, and sees that another reader of the format says the same.
fn look_as<T: DeserializeOwned + Debug>(mode: Mode, payload: &[u8], nesting: Nesting) {
    _ = decode::<T>(mode, payload, nesting);
    let ours = decode::<T>(mode, payload, Nesting::default());
    let theirs = match mode {
        Mode::Json if std::str::from_utf8(payload).is_ok() => serde_json::from_slice(payload).ok(),
        Mode::Bincode if !ours.as_ref().is_err_and(|error| error.to_string().contains("deep")) => {
            let limited = bincode::config::standard().with_limit::<{ 1 << 24 }>();
            let read = bincode::serde::decode_from_slice(payload, limited).ok();
            read.and_then(|(value, read): (T, usize)| (read == payload.len()).then_some(value))
        }
        _ => return,
    };
    assert_eq!(format!("{:?}", ours.ok()), format!("{theirs:?}"));
}

/// What is heard of `pieces`, and how it ends; and the descriptors that came out.
fn run(
    mode: Mode,
    way: Way,
    pieces: &[(Vec<u8>, Option<Bundle<u32>>)],
) -> (Vec<Said>, Option<mem::Discriminant<ProtocolError>>, Vec<u32>) {
    let limits = Limits {
        frame: 1 << 20,
        handles: 16,
        ..Limits::default()
    };
    let mut incoming = Incoming::new(mode, limits);
    let (mut said, mut handles) = (Vec::new(), Vec::new());
    let mut all = || {
        for (bytes, bundle) in pieces {
            let bundle = bundle.as_ref().map(|bundle| match bundle {
                Bundle::Whole(handles) => Bundle::Whole(handles.clone()),
                Bundle::Lost => Bundle::Lost,
            });
            receive(way, &mut incoming, bytes, bundle)?;
            hear(mode, way, &mut incoming, &mut said, &mut handles)?;
            if way == Way::Short {
                incoming.settle();
            }
        }
        incoming.ended()
    };
    let end = all().err().map(|error| mem::discriminant(&error));
    (said, end, handles)
}

/// The bundles of `pieces`, each descriptor another number.
fn bundles(pieces: &[Piece]) -> Vec<Option<Bundle<u32>>> {
    let mut numbers = 0u32..;
    let bundle = |piece: &Piece| match piece.handles {
        0 => None,
        count if count > MOST => Some(Bundle::Lost),
        count => Some(Bundle::Whole(numbers.by_ref().take(count.into()).collect())),
    };
    pieces.iter().map(bundle).collect()
}

/// Checks the properties on one input.
pub fn check(mode: Mode, input: &[u8]) {
    let pieces = pieces(input);
    // As they come: descriptors with their pieces.
    let as_planned: Vec<_> = pieces
        .iter()
        .map(|piece| piece.bytes.clone())
        .zip(bundles(&pieces))
        .collect();
    let (_, _, handles) = run(mode, Way::Short, &as_planned);
    let unique: BTreeSet<u32> = handles.iter().copied().collect();
    assert_eq!(unique.len(), handles.len(), "a descriptor came out twice");
    assert!(handles.is_sorted(), "descriptors overtook each other");
    // All descriptors first, since a cut must not part them from their message: then cuts do not matter.
    let early = || bundles(&pieces).into_iter().map(|bundle| (Vec::new(), bundle));
    let cut = early().chain(pieces.iter().map(|piece| (piece.bytes.clone(), None)));
    let whole = pieces.iter().flat_map(|piece| piece.bytes.iter().copied()).collect();
    let whole = early().chain([(whole, None)]);
    assert_eq!(
        run(mode, Way::Short, &cut.collect::<Vec<_>>()),
        run(mode, Way::Long, &whole.collect::<Vec<_>>())
    );
}
