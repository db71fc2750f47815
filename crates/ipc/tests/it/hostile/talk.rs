//! Answers to nothing, questions without end, and a peer that leaves unread what it asked for.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use ferronode_ipc::proto::Part;
use ferronode_ipc::{Channel, Limits, Mode, Request, RequestError};

use super::{MODES, frame_of, next, with_raw_peer};
use crate::{alone, soon};

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
