//! Peers that break the rules, or keep to them in bad faith: each ends in a typed error or a clean end, nothing grows,
//! no descriptor stays.

use std::fs::{self, File};
use std::io::{ErrorKind, IoSlice, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use ferronode_ipc::proto::{About, HandleKind, Part, encode};
use ferronode_ipc::{
    Channel, Handle, Limits, Message, Mode, Outgoing, ProtocolError, RecvError, Request, RequestError,
};
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

fn header(mode: Mode, length: u32, bodies: u16) -> Vec<u8> {
    match mode {
        Mode::Bincode => [&length.to_le_bytes()[..], &[1, 0], &bodies.to_le_bytes()].concat(),
        _ => length.to_be_bytes().to_vec(),
    }
}

/// The next message, which must be there.
async fn next(channel: &mut Channel) -> Message {
    soon(channel.recv()).await.unwrap().unwrap()
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

#[test]
fn answers_that_nobody_waits_for_change_nothing() {
    alone(async {
        for mode in [Mode::Json, Mode::Advanced] {
            let (mut channel, mut peer) = with_raw_peer(mode, Limits::default());
            for answer in ["NODE_HANDLE_ACK", "NODE_HANDLE_NACK"].repeat(100) {
                let said = std::collections::BTreeMap::from([("cmd", answer)]);
                peer.write_all(&frame_of(mode, &said, Part::Message, 0)).unwrap();
            }
            peer.write_all(&frame_of(mode, "behind", Part::Message, 0)).unwrap();
            assert_eq!(next(&mut channel).await.to::<String>().unwrap(), "behind");
            soon(channel.sender().flush()).await;
        }
    });
}

#[test]
fn replies_refusals_and_cancels_of_unknown_questions_change_nothing() {
    alone(async {
        for mode in MODES {
            let (mut channel, mut peer) = with_raw_peer(mode, Limits::default());
            for id in [0, 7, u32::MAX] {
                for part in [Part::Reply(id), Part::Refusal(id), Part::Cancel(id)] {
                    peer.write_all(&frame_of(mode, "?", part, 0)).unwrap();
                }
            }
            peer.write_all(&frame_of(mode, "behind", Part::Message, 0)).unwrap();
            assert_eq!(next(&mut channel).await.to::<String>().unwrap(), "behind");
        }
    });
}

#[test]
fn thousands_of_questions_that_nobody_answers_leave_room_for_everything_else() {
    alone(async {
        for mode in MODES {
            let (mut ours, theirs) = Channel::pair(mode).unwrap();
            let (asking, mut hearing) = theirs.split();
            // It keeps no count of its own, and reads what it is told.
            let raw = asking.clone();
            let heard = tokio::spawn(async move {
                let mut heard = 0;
                while let Ok(Some(_)) = hearing.recv().await {
                    heard += 1;
                }
                heard
            });
            let open: Vec<_> = (0..1_024)
                .map(|_| {
                    let asking = asking.clone();
                    tokio::spawn(async move { asking.request("?", Duration::from_secs(60)).await.map(drop) })
                })
                .collect();
            let mut held: Vec<Request> = Vec::new();
            while held.len() < 1_024 {
                held.extend(next(&mut ours).await.request());
            }
            raw.send("something else").await.unwrap();
            assert_eq!(next(&mut ours).await.to::<String>().unwrap(), "something else");
            ours.send("and back").await.unwrap();
            drop(ours);
            drop(held);
            for asked in open {
                let end = soon(asked).await.unwrap();
                assert!(
                    matches!(end, Err(RequestError::Closed | RequestError::Refused { .. })),
                    "{end:?}"
                );
            }
            assert_eq!(soon(heard).await.unwrap(), 1);
        }
    });
}

#[test]
fn descriptors_that_no_message_asks_for_are_closed_with_the_channel() {
    alone(async {
        let before = open_descriptors();
        for mode in MODES {
            let (mut channel, peer) = with_raw_peer(mode, Limits::default());
            let gift = File::open("/dev/null").unwrap();
            let frame = frame_of(mode, "plain", Part::Message, 0);
            for _ in 0..20 {
                ferronode_sys::send(peer.as_fd(), &[IoSlice::new(&frame)], &[gift.as_fd()]).unwrap();
                let message = next(&mut channel).await;
                assert!(message.take_handle().is_none() && message.to::<String>().unwrap() == "plain");
            }
            drop(peer);
            assert!(soon(channel.recv()).await.unwrap().is_none());
        }
        descriptors_are_back_to(before).await;
    });
}

/// Whether reading from the descriptor blocks, as its flags have it.
fn blocks(fd: &OwnedFd) -> bool {
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", fd.as_raw_fd())).unwrap();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
    u32::from_str_radix(flags.trim(), 8).unwrap() & 0o4000 == 0
}

#[test]
fn a_descriptor_of_the_wrong_kind_is_named_and_left_as_it_is() {
    alone(async {
        let before = open_descriptors();
        for mode in MODES {
            let (mut channel, peer) = with_raw_peer(mode, Limits::default());
            let (pipe, _other) = std::io::pipe().unwrap();
            let gifts: [OwnedFd; 6] = [
                File::open("/proc/self/exe").unwrap().into(),
                File::options().read(true).write(true).open("/dev/ptmx").unwrap().into(),
                nix::sys::eventfd::EventFd::new().unwrap().into(),
                nix::sys::epoll::Epoll::new(nix::sys::epoll::EpollCreateFlags::empty())
                    .unwrap()
                    .0,
                pipe.into(),
                File::open("/proc/self").unwrap().into(),
            ];
            for gift in gifts {
                let frame = frame_of(mode, "a connection", Part::Message, 1);
                ferronode_sys::send(peer.as_fd(), &[IoSlice::new(&frame)], &[gift.as_fd()]).unwrap();
                let message = next(&mut channel).await;
                let handle = message.take_handle().expect("something came");
                let Handle::Fd(fd) = handle else {
                    panic!("{handle:?} is no socket")
                };
                assert!(blocks(&fd), "it is shared with who knows whom");
                assert_eq!(
                    Handle::from(fd).into_tcp_stream().unwrap_err().kind(),
                    ErrorKind::InvalidData
                );
            }
            let frame = frame_of(mode, "a socket", Part::Message, 1);
            ferronode_sys::send(peer.as_fd(), &[IoSlice::new(&frame)], &[peer.as_fd()]).unwrap();
            assert!(matches!(
                next(&mut channel).await.take_handle(),
                Some(Handle::UnixStream(_))
            ));
        }
        descriptors_are_back_to(before).await;
    });
}

#[test]
fn a_peer_that_says_no_to_every_handle_costs_those_and_nothing_else() {
    alone(async {
        let before = open_descriptors();
        for mode in [Mode::Json, Mode::Advanced] {
            let (mut channel, peer) = with_raw_peer(mode, Limits::default());
            let far = thread::spawn(move || {
                let said = std::collections::BTreeMap::from([("cmd", "NODE_HANDLE_NACK")]);
                let no = frame_of(mode, &said, Part::Message, 0);
                let (mut bytes, mut fds, mut all) = (vec![0; 65_536], Vec::new(), Vec::new());
                loop {
                    match ferronode_sys::receive(peer.as_fd(), &mut bytes, &mut fds).unwrap() {
                        0 => return all,
                        count => all.extend_from_slice(&bytes[..count]),
                    }
                    if !fds.is_empty() {
                        fds.clear();
                        (&peer).write_all(&no).unwrap();
                    }
                }
            });
            for number in 0..20 {
                let handle = UnixStream::pair().unwrap().0;
                channel.send(Outgoing::new("lost").with_handle(handle)).await.unwrap();
                channel.send(format!("kept {number}")).await.unwrap();
                match soon(channel.recv()).await {
                    Err(RecvError::HandleNotReceived) => {}
                    other => panic!("{other:?}"),
                }
            }
            soon(channel.sender().flush()).await;
            drop(channel);
            let heard = String::from_utf8_lossy(&far.join().unwrap()).into_owned();
            assert_eq!(heard.matches("lost").count(), 80, "four times each");
            let at: Vec<_> = (0..20)
                .map(|number| heard.find(&format!("kept {number}\"")).unwrap_or_default())
                .collect();
            assert!(mode == Mode::Advanced || at.is_sorted_by(|a, b| a < b), "{at:?}");
            assert_eq!(heard.matches("kept").count(), 20);
        }
        descriptors_are_back_to(before).await;
    });
}

#[test]
fn a_peer_that_dies_with_a_handle_in_flight_takes_nothing_with_it() {
    alone(async {
        let before = open_descriptors();
        for mode in MODES {
            let (mut channel, mut peer) = with_raw_peer(mode, Limits::default());
            peer.write_all(&frame_of(mode, "last words", Part::Message, 0)).unwrap();
            let kept = std::sync::Arc::new(OwnedFd::from(UnixStream::pair().unwrap().0));
            let handle = std::sync::Arc::clone(&kept);
            channel.send(Outgoing::new("a").with_handle(handle)).await.unwrap();
            channel.send("behind").await.unwrap();
            drop(peer);
            assert_eq!(next(&mut channel).await.to::<String>().unwrap(), "last words");
            assert!(soon(channel.recv()).await.unwrap().is_none());
            soon(channel.sender().flush()).await;
            assert!(std::sync::Arc::try_unwrap(kept).is_ok(), "the channel has let go of it");
            soon(channel.close()).await;
        }
        descriptors_are_back_to(before).await;
    });
}

#[test]
fn handles_asked_for_without_descriptors_are_answered_and_not_read_further_than_the_answers_are() {
    alone(async {
        for mode in [Mode::Json, Mode::Advanced] {
            let (mut channel, peer) = with_raw_peer(mode, Limits::default());
            let handles = frame_of(mode, "h", Part::Message, 1).repeat(1_000);
            let (mut written, most) = (0, 8 << 20);
            loop {
                let more = flood(&peer, &handles, most - written);
                written += more;
                assert!(tokio::time::timeout(Duration::ZERO, channel.recv()).await.is_err());
                if more == 0 {
                    break;
                }
                assert!(written < most / 2, "{written} bytes of handles, and no end");
            }
            assert!(flood(&peer, b"x", 1) == 0, "nobody reads");
            drop(peer);
            assert!(soon(channel.recv()).await.is_err() || soon(channel.recv()).await.unwrap().is_none());
        }
    });
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
                let received = tokio::time::timeout(Duration::ZERO, channel.recv()).await;
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
            let gift = File::open("/dev/null").unwrap();
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
