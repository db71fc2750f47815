//! Peers that break the rules, or keep to them in bad faith: each ends in a typed error or a clean end, nothing grows,
//! no descriptor stays.

use std::io::{ErrorKind, IoSlice, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::thread;

use ferronode_ipc::proto::{About, HandleKind, Part, encode};
use ferronode_ipc::{Channel, Limits, Mode, ProtocolError, RecvError};
use serde::Serialize;

use crate::{alone, descriptors_are_back_to, open_descriptors, soon};

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

/// How much a peer that is not read gets rid of before it would have to wait, in bytes of `frame`s.
fn flood(mut peer: &UnixStream, frame: &[u8], most: usize) -> usize {
    peer.set_nonblocking(true).unwrap();
    let mut written = 0;
    while written < most {
        match peer.write(frame) {
            Ok(count) => written += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    written
}

#[test]
fn a_peer_that_asks_and_asks_and_never_reads_the_refusals_is_not_read_any_more() {
    alone(async {
        for mode in MODES {
            let limits = Limits {
                requests: 0,
                ..Limits::default()
            };
            let (mut channel, peer) = with_raw_peer(mode, limits);
            let question = frame_of(mode, "?", Part::Request(7), 0).repeat(1_000);
            let mut written = 0;
            let most = 8 << 20;
            while written < most {
                let more = flood(&peer, &question, most - written);
                written += more;
                let received = tokio::time::timeout(std::time::Duration::ZERO, channel.recv()).await;
                assert!(received.is_err(), "no question is let in");
                if more == 0 {
                    break;
                }
            }
            assert!(written < most / 2, "{written} bytes of questions, and no end");
            // Whoever begins to read is answered, and heard again.
            let reading = thread::spawn(move || {
                peer.set_nonblocking(false).unwrap();
                let mut bytes = [0; 4096];
                while !matches!((&peer).read(&mut bytes), Ok(0) | Err(_)) {}
            });
            soon(channel.close()).await;
            reading.join().unwrap();
        }
    });
}

#[test]
fn what_came_with_too_many_descriptors_is_not_heard_of() {
    alone(async {
        let before = open_descriptors();
        for mode in MODES {
            let limits = Limits {
                handles: 8,
                ..Limits::default()
            };
            let (mut channel, peer) = with_raw_peer(mode, limits);
            let gift = std::fs::File::open("/dev/null").unwrap();
            let frame = frame_of(mode, "plain", Part::Message, 0);
            for _ in 0..9 {
                ferronode_sys::send(peer.as_fd(), &[IoSlice::new(&frame)], &[gift.as_fd()]).unwrap();
            }
            let end = loop {
                match soon(channel.recv()).await {
                    Ok(Some(message)) => assert_eq!(message.to::<String>().unwrap(), "plain"),
                    other => break other,
                }
            };
            assert!(
                matches!(
                    end,
                    Err(RecvError::Protocol(ProtocolError::TooManyHandles { limit: 8 }))
                ),
                "{end:?}"
            );
            assert!(soon(channel.recv()).await.unwrap().is_none(), "an error is the end");
        }
        descriptors_are_back_to(before).await;
    });
}
