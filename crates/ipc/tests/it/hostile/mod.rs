//! Peers that break the rules, or keep to them in bad faith: each ends in a typed error or a clean end, nothing grows,
//! no descriptor stays.

mod descriptors;
mod frames;
mod talk;

use std::io::Write;
use std::os::unix::net::UnixStream;

use ferronode_ipc::proto::{About, HandleKind, Part, encode};
use ferronode_ipc::{Channel, Limits, Message, Mode};
use serde::Serialize;

use crate::soon;

const MODES: [Mode; 3] = [Mode::Json, Mode::Advanced, Mode::Bincode];
const HELLO: [u8; 12] = [4, 0, 0, 0, 0, 0, 0, 0, b'F', b'N', 1, 1];

/// A channel whose peer is a bare socket that has said hello, where a mode wants that.
fn with_raw_peer(mode: Mode, limits: Limits) -> (Channel, UnixStream) {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    if mode == Mode::Bincode {
        theirs.write_all(&HELLO).unwrap();
    }
    (Channel::with_limits(ours.into(), mode, limits).unwrap(), theirs)
}

fn frame_of<T: Serialize + ?Sized>(mode: Mode, value: &T, part: Part, handles: usize) -> Vec<u8> {
    let about = About {
        part,
        handles: &vec![HandleKind::Native; handles],
        ..About::default()
    };
    let mut bytes = Vec::new();
    encode(mode, value, &about, &Limits::default(), &mut bytes).unwrap();
    bytes
}

/// The next message, which must be there.
async fn next(channel: &mut Channel) -> Message {
    soon(channel.recv()).await.unwrap().unwrap()
}
