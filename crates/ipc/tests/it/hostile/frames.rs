//! Frames without end, without sense, without bottom, and cut short.

use std::io::Write;
use std::thread;

use ferronode_ipc::proto::Part;
use ferronode_ipc::{Limits, Mode, ProtocolError, RecvError};

use super::{HELLO, MODES, frame_of, next, with_raw_peer};
use crate::{alone, descriptors_are_back_to, open_descriptors, soon};

fn header(mode: Mode, length: u32, bodies: u16) -> Vec<u8> {
    match mode {
        Mode::Bincode => [&length.to_le_bytes()[..], &[1, 0], &bodies.to_le_bytes()].concat(),
        _ => length.to_be_bytes().to_vec(),
    }
}

/// The channel must end with this error, say nothing more, and accept nothing more.
#[track_caller]
fn is_the_end(mode: Mode, bytes: &[u8], limits: Limits, expected: &ProtocolError) {
    let what = format!("{mode:?} {:?}", &bytes[..bytes.len().min(40)]);
    alone(async move {
        let before = open_descriptors();
        let (mut channel, mut peer) = with_raw_peer(mode, limits);
        peer.write_all(&frame_of(mode, "before", Part::Message, 0)).unwrap();
        let bytes = bytes.to_vec();
        // It ends with an error of its own when nobody reads on.
        let writing = thread::spawn(move || peer.write_all(&bytes).is_ok().then_some(peer));
        assert_eq!(next(&mut channel).await.to::<String>().unwrap(), "before", "{what}");
        match soon(channel.recv()).await {
            Err(RecvError::Protocol(error)) => assert_eq!(&error, expected, "{what}"),
            other => panic!("{what}: {other:?}"),
        }
        assert!(soon(channel.recv()).await.unwrap().is_none(), "{what}");
        assert_eq!(
            channel.send(1).await.unwrap_err().code(),
            Some("ERR_IPC_CHANNEL_CLOSED")
        );
        soon(channel.sender().flush()).await;
        drop((channel, writing.join()));
        descriptors_are_back_to(before).await;
    });
}

/// What is no message is its reader's problem: the channel goes on behind it.
#[track_caller]
fn is_refused_by_its_reader(mode: Mode, bytes: &[u8]) {
    alone(async {
        let (mut channel, mut peer) = with_raw_peer(mode, Limits::default());
        let bytes = [bytes, &frame_of(mode, "behind", Part::Message, 0)].concat();
        let writing = thread::spawn(move || peer.write_all(&bytes).map(|()| peer));
        let message = next(&mut channel).await;
        assert!(message.to::<Vec<(String, bool)>>().is_err());
        assert!(mode == Mode::Bincode || message.to::<serde_json::Value>().is_err());
        assert!(message.value().is_err());
        assert_eq!(next(&mut channel).await.to::<String>().unwrap(), "behind");
        channel.send("and it can be answered").await.unwrap();
        drop(writing.join());
    });
}

#[test]
fn a_frame_without_end_or_with_a_huge_length_ends_the_channel_at_the_limit() {
    let limits = Limits {
        frame: 100_000,
        ..Limits::default()
    };
    let too_long = |found| ProtocolError::FrameTooLong { limit: 100_000, found };
    for mode in [Mode::Advanced, Mode::Bincode] {
        for length in [100_001, u32::MAX / 2, u32::MAX] {
            is_the_end(mode, &header(mode, length, 0), limits, &too_long(length as usize));
        }
    }
    alone(async {
        let (mut channel, mut peer) = with_raw_peer(Mode::Json, limits);
        let writing = thread::spawn(move || while peer.write_all(&[b'x'; 4096]).is_ok() {});
        match soon(channel.recv()).await {
            Err(RecvError::Protocol(ProtocolError::FrameTooLong { found, .. })) => {
                assert!(found <= 100_000 + (64 << 10), "no more than one read beyond: {found}");
            }
            other => panic!("{other:?}"),
        }
        writing.join().unwrap();
    });
}

#[test]
fn frames_that_cannot_be_end_the_channel() {
    let hello = ProtocolError::UnknownFrame { kind: 0 };
    let too_short = ProtocolError::FrameTooShort { expected: 8, found: 6 };
    let short = [&header(Mode::Bincode, 6, 2)[..], b"sixsix"].concat();
    for (mode, bytes, expected) in [
        (Mode::Json, &b"\n"[..], ProtocolError::EmptyLine),
        (Mode::Json, b" \t\r\n", ProtocolError::EmptyLine),
        (Mode::Advanced, &[0, 0, 0, 0], ProtocolError::EmptyFrame),
        (Mode::Bincode, &HELLO, hello),
        (
            Mode::Bincode,
            &[0, 0, 0, 0, 7, 0, 0, 0],
            ProtocolError::UnknownFrame { kind: 7 },
        ),
        (Mode::Bincode, &short, too_short),
    ] {
        is_the_end(mode, bytes, Limits::default(), &expected);
    }
}

#[test]
fn broken_texts_and_wrong_values_are_refused_by_their_reader() {
    for line in [
        "undefined\n",
        "{\"a\":\n",
        "\u{feff}1\n",
        "{\"cmd\":\"NODE_X\n",
        "[1,]\n",
        "\\\n",
    ] {
        is_refused_by_its_reader(Mode::Json, line.as_bytes());
    }
    is_refused_by_its_reader(Mode::Json, b"\"\xff\xfe NODE_\"\xff\n");
    for payload in [
        &b"\xff"[..],
        b"\xff\x0f",
        b"\xff\x10\x30",
        b"\xff\x0f\"\xff\xff\xff\xff\x0fNODE_",
        b"\xff\x0fo\"\x03cmd\"\x0fNODE_HANDLE_ACK{\x02",
        b"\xff\x0fA\xff\xff\xff\xff\x0f",
        b"\xff\x0f^\x00",
        b"\xff\x0f\\\x00\x0a\xff\xff\xff\xff\x07",
        b"NODE_",
    ] {
        let length = u32::try_from(payload.len()).unwrap();
        is_refused_by_its_reader(
            Mode::Advanced,
            &[&header(Mode::Advanced, length, 0)[..], payload].concat(),
        );
    }
    // A text of a gigabyte, in eight bytes.
    let payload = b"\xfc\xff\xff\xff\x3fabc";
    is_refused_by_its_reader(Mode::Bincode, &[&header(Mode::Bincode, 8, 0)[..], payload].concat());
}

#[test]
fn nesting_without_end_is_refused_by_its_reader() {
    let deep = |open: &[u8], depth: usize| open.repeat(depth);
    for open in ["[", "{\"a\":", "{\"cmd\":\"NODE_HANDLE\",\"msg\":", "[{\"NODE_\":"] {
        let mut line = deep(open.as_bytes(), 200_000);
        line.push(b'\n');
        is_refused_by_its_reader(Mode::Json, &line);
    }
    for open in [
        &b"o\"\x05NODE_"[..],
        b"A\x01",
        b"o\"\x03cmd\"\x0bNODE_HANDLE\"\x03msg",
        b";",
        b"\\\x01",
        b"rc",
    ] {
        let payload = [b"\xff\x0f", &deep(open, 200_000)[..], b"NODE_"].concat();
        let length = u32::try_from(payload.len()).unwrap();
        is_refused_by_its_reader(Mode::Advanced, &[header(Mode::Advanced, length, 0), payload].concat());
    }
}

#[test]
fn a_value_that_refers_to_itself_ever_more_often_takes_no_time() {
    // Forty arrays, each twice the one before: a million millions to whoever follows all.
    let mut payload = b"\xff\x0fA\x29".to_vec();
    payload.extend_from_slice(b"\"\x05NODE_");
    payload.extend_from_slice(b"A\x00$\x00\x00");
    for level in 1..40u8 {
        payload.extend_from_slice(&[b'A', 2, b'^', level, b'^', level, b'$', 0, 2]);
    }
    payload.extend_from_slice(b"$\x00\x29");
    let length = u32::try_from(payload.len()).unwrap();
    alone(async {
        let (mut channel, mut peer) = with_raw_peer(Mode::Advanced, Limits::default());
        peer.write_all(&[header(Mode::Advanced, length, 0), payload].concat())
            .unwrap();
        let message = next(&mut channel).await;
        assert!(message.value().is_ok(), "it is a fine graph");
        assert!(message.to::<serde_json::Value>().is_err(), "and no tree");
    });
}

#[test]
fn half_a_frame_and_then_the_end_is_named_in_every_mode() {
    for mode in MODES {
        let whole = match mode {
            Mode::Bincode => [
                header(mode, 8, 1),
                90_000u32.to_le_bytes().to_vec(),
                b"four".to_vec(),
                vec![1; 90_000],
            ]
            .concat(),
            _ => frame_of(mode, &"x".repeat(90_000), Part::Message, 0),
        };
        for cut in [1, 3, 9, 15, 70_000, whole.len() - 1] {
            alone(async {
                let before = open_descriptors();
                let (mut channel, mut peer) = with_raw_peer(mode, Limits::default());
                peer.write_all(&frame_of(mode, "whole", Part::Message, 0)).unwrap();
                peer.write_all(&whole[..cut]).unwrap();
                drop(peer);
                assert_eq!(next(&mut channel).await.to::<String>().unwrap(), "whole");
                match soon(channel.recv()).await {
                    Err(RecvError::Protocol(ProtocolError::UnfinishedFrame { .. })) => {}
                    other => panic!("{mode:?} cut at {cut}: {other:?}"),
                }
                assert!(soon(channel.recv()).await.unwrap().is_none());
                drop(channel);
                descriptors_are_back_to(before).await;
            });
        }
    }
}
