//! Messages through a real socket: order, back-pressure, and every way to end.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ferronode_ipc::{Channel, Limits, Mode, Outgoing, ProtocolError, RecvError, SendErrorKind};
use serde::{Deserialize, Serialize};

use crate::{alone, soon};

const MODES: [Mode; 3] = [Mode::Json, Mode::Advanced, Mode::Bincode];

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u64,
    lines: Vec<(String, i32)>,
    note: Option<String>,
}

#[test]
fn values_arrive_as_they_were_in_both_directions() {
    alone(async {
        for mode in MODES {
            let (mut parent, mut child) = Channel::pair(mode).unwrap();
            let order = Order {
                id: u64::MAX,
                lines: vec![("é\n€".into(), -5)],
                note: None,
            };
            parent.send(order.clone()).await.unwrap();
            child.send("back").await.unwrap();
            let message = soon(child.recv()).await.unwrap().unwrap();
            assert_eq!(message.to::<Order>().unwrap(), order);
            assert!(
                message.to::<Vec<bool>>().is_err(),
                "it is no such thing, and still there"
            );
            assert_eq!(message.to::<Order>().unwrap(), order);
            assert_eq!(
                soon(parent.recv()).await.unwrap().unwrap().to::<String>().unwrap(),
                "back"
            );
        }
    });
}

#[test]
fn internal_messages_are_told_apart() {
    alone(async {
        for mode in MODES {
            let (parent, mut child) = Channel::pair(mode).unwrap();
            let value = std::collections::BTreeMap::from([("cmd", "NODE_CLUSTER"), ("act", "online")]);
            parent.send(Outgoing::internal(value)).await.unwrap();
            parent.send("mine").await.unwrap();
            assert!(soon(child.recv()).await.unwrap().unwrap().is_internal());
            assert!(!soon(child.recv()).await.unwrap().unwrap().is_internal());
        }
    });
}

#[test]
fn a_message_larger_than_the_socket_arrives_whole() {
    alone(async {
        for mode in MODES {
            let (parent, mut child) = Channel::pair(mode).unwrap();
            let text: String = ('a'..='z').cycle().take(5_000_000).collect();
            soon(parent.send(text.clone())).await.unwrap();
            let behind = tokio::spawn(async move { parent.send("behind".to_owned()).await });
            assert_eq!(soon(child.recv()).await.unwrap().unwrap().to::<String>().unwrap(), text);
            soon(behind).await.unwrap().unwrap();
            assert_eq!(
                soon(child.recv()).await.unwrap().unwrap().to::<String>().unwrap(),
                "behind"
            );
        }
    });
}

#[test]
fn send_waits_for_a_peer_that_does_not_read_and_goes_on_when_it_does() {
    alone(async {
        for mode in MODES {
            let (parent, mut child) = Channel::pair(mode).unwrap();
            let text = "x".repeat(10_000);
            let mut sent = 0;
            let full = loop {
                match parent.sender().try_send(text.clone()) {
                    Ok(()) => sent += 1,
                    Err(error) => break error,
                }
                assert!(sent < 1000, "nothing says stop");
            };
            assert!(matches!(full.kind, SendErrorKind::Full));
            assert_eq!(full.message.into_parts().0, text, "the message comes back");
            let waiting = parent.sender().clone();
            let waiting = tokio::spawn(async move { waiting.send("last".to_owned()).await });
            for _ in 0..sent {
                assert_eq!(soon(child.recv()).await.unwrap().unwrap().to::<String>().unwrap(), text);
            }
            soon(waiting).await.unwrap().unwrap();
            assert_eq!(
                soon(child.recv()).await.unwrap().unwrap().to::<String>().unwrap(),
                "last"
            );
        }
    });
}

#[test]
fn a_cancelled_send_has_sent_nothing_and_a_cancelled_recv_has_lost_nothing() {
    alone(async {
        let (parent, mut child) = Channel::pair(Mode::Json).unwrap();
        let mut sent = 0;
        while parent.sender().try_send("y".repeat(5_000)).is_ok() {
            sent += 1;
        }
        {
            let send = parent.send("never");
            tokio::pin!(send);
            let noop = std::task::Waker::noop();
            assert!(
                send.as_mut()
                    .poll(&mut std::task::Context::from_waker(noop))
                    .is_pending()
            );
        }
        for _ in 0..sent {
            {
                let recv = child.recv();
                tokio::pin!(recv);
                // Cut short wherever it stands: the message is returned now, or by the next call.
                let noop = std::task::Waker::noop();
                if let std::task::Poll::Ready(message) = recv.as_mut().poll(&mut std::task::Context::from_waker(noop)) {
                    assert_eq!(message.unwrap().unwrap().to::<String>().unwrap().len(), 5_000);
                    continue;
                }
            }
            assert_eq!(
                soon(child.recv()).await.unwrap().unwrap().to::<String>().unwrap().len(),
                5_000
            );
        }
        parent.close().await;
        assert!(
            soon(child.recv()).await.unwrap().is_none(),
            "what was cancelled never came"
        );
    });
}

#[test]
fn disconnect_writes_what_waits_and_then_ends_both_sides() {
    alone(async {
        for mode in MODES {
            let (mut parent, mut child) = Channel::pair(mode).unwrap();
            parent.send("z".repeat(1_000_000)).await.unwrap();
            parent.sender().disconnect();
            assert!(!parent.sender().is_connected());
            let error = parent.send("too late").await.unwrap_err();
            assert_eq!(error.code(), Some("ERR_IPC_CHANNEL_CLOSED"));
            assert_eq!(
                soon(child.recv()).await.unwrap().unwrap().to::<String>().unwrap().len(),
                1_000_000
            );
            assert!(soon(child.recv()).await.unwrap().is_none());
            assert!(soon(child.recv()).await.unwrap().is_none(), "and again");
            assert!(child.send("nobody").await.is_err());
            assert!(soon(parent.recv()).await.unwrap().is_none());
        }
    });
}

#[test]
fn what_was_sent_before_the_peer_went_away_is_still_received() {
    alone(async {
        for mode in MODES {
            let (parent, mut child) = Channel::pair(mode).unwrap();
            // Unread bytes at the peer make the kernel say ECONNRESET here: that is an end like any other.
            child.send("never read").await.unwrap();
            parent.send("goodbye").await.unwrap();
            drop(parent);
            assert_eq!(
                soon(child.recv()).await.unwrap().unwrap().to::<String>().unwrap(),
                "goodbye"
            );
            assert!(soon(child.recv()).await.unwrap().is_none());
        }
    });
}

#[test]
fn close_waits_until_everything_is_written() {
    alone(async {
        let (parent, mut child) = Channel::pair(Mode::Json).unwrap();
        parent.send("w".repeat(3_000_000)).await.unwrap();
        let closing = tokio::spawn(parent.close());
        assert_eq!(
            soon(child.recv()).await.unwrap().unwrap().to::<String>().unwrap().len(),
            3_000_000
        );
        soon(closing).await.unwrap();
        assert!(soon(child.recv()).await.unwrap().is_none());
    });
}

#[test]
fn a_channel_on_which_nothing_was_sent_is_flushed_at_once() {
    alone(async {
        for mode in MODES {
            let (parent, _child) = Channel::pair(mode).unwrap();
            soon(parent.sender().flush()).await;
        }
    });
}

#[test]
fn try_recv_takes_what_is_here_and_does_not_wait() {
    alone(async {
        let (parent, child) = Channel::pair(Mode::Json).unwrap();
        let (_sender, mut receiver) = child.split();
        assert!(receiver.try_recv().unwrap().is_none() && !receiver.has_ended());
        parent.send(1).await.unwrap();
        assert_eq!(receiver.try_recv().unwrap().unwrap().to::<i32>().unwrap(), 1);
        drop(parent);
        assert!(receiver.try_recv().unwrap().is_none() && receiver.has_ended());
    });
}

/// A channel whose peer is a bare socket, to send it what no channel would.
fn with_raw_peer(mode: Mode, limits: Limits) -> (Channel, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    (Channel::with_limits(ours.into(), mode, limits).unwrap(), theirs)
}

#[test]
fn a_peer_that_says_much_and_no_message_does_not_keep_who_only_looks() {
    const MUCH: usize = 64 << 20;
    alone(async {
        let (channel, mut peer) = with_raw_peer(Mode::Json, Limits::default());
        let (sender, mut receiver) = channel.split();
        let said = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&said);
        let talk = thread::spawn(move || {
            let words = b"{\"cmd\":\"NODE_HANDLE_ACK\"}\n".repeat(1000);
            while counter.load(Ordering::Relaxed) < MUCH && peer.write_all(&words).is_ok() {
                counter.fetch_add(words.len(), Ordering::Relaxed);
            }
        });
        while said.load(Ordering::Relaxed) == 0 {
            thread::yield_now();
        }
        assert!(receiver.try_recv().unwrap().is_none() && !receiver.has_ended());
        assert!(said.load(Ordering::Relaxed) < 4 << 20, "about a MiB is heard");
        drop((sender, receiver));
        talk.join().unwrap();
    });
}

#[test]
fn a_peer_that_breaks_the_rules_ends_the_channel_with_the_reason() {
    alone(async {
        let limits = Limits {
            frame: 1000,
            ..Limits::default()
        };
        let (mut channel, mut peer) = with_raw_peer(Mode::Json, limits);
        peer.write_all(b"1\n\n2\n").unwrap();
        assert_eq!(soon(channel.recv()).await.unwrap().unwrap().to::<i32>().unwrap(), 1);
        match soon(channel.recv()).await {
            Err(RecvError::Protocol(ProtocolError::EmptyLine)) => {}
            other => panic!("{other:?}"),
        }
        assert!(soon(channel.recv()).await.unwrap().is_none());
        assert!(channel.send(1).await.is_err());

        let (mut channel, mut peer) = with_raw_peer(Mode::Json, limits);
        peer.write_all(&[b'x'; 2000]).unwrap();
        match soon(channel.recv()).await {
            Err(RecvError::Protocol(ProtocolError::FrameTooLong {
                limit: 1000,
                found: 2000,
            })) => {}
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn half_a_frame_and_then_the_end_is_named() {
    alone(async {
        let (mut channel, mut peer) = with_raw_peer(Mode::Json, Limits::default());
        peer.write_all(b"1\n{\"half\":").unwrap();
        drop(peer);
        assert_eq!(soon(channel.recv()).await.unwrap().unwrap().to::<i32>().unwrap(), 1);
        match soon(channel.recv()).await {
            Err(RecvError::Protocol(ProtocolError::UnfinishedFrame { found: 8 })) => {}
            other => panic!("{other:?}"),
        }
        assert!(soon(channel.recv()).await.unwrap().is_none());
    });
}

#[test]
fn what_the_peer_had_begun_to_say_when_we_left_is_no_error() {
    alone(async {
        for mode in MODES {
            let (channel, mut peer) = with_raw_peer(mode, Limits::default());
            let (sender, mut receiver) = channel.split();
            peer.write_all(b"\0").unwrap();
            assert!(receiver.try_recv().unwrap().is_none());
            sender.disconnect();
            assert!(soon(receiver.recv()).await.unwrap().is_none(), "{mode:?}");
        }
    });
}

#[test]
fn a_broken_line_is_the_problem_of_its_reader_alone() {
    alone(async {
        let (mut channel, mut peer) = with_raw_peer(Mode::Json, Limits::default());
        peer.write_all(b"undefined\n{\"ok\":true}\n").unwrap();
        let broken = soon(channel.recv()).await.unwrap().unwrap();
        assert!(broken.to::<serde_json::Value>().is_err());
        assert!(
            soon(channel.recv())
                .await
                .unwrap()
                .unwrap()
                .to::<serde_json::Value>()
                .unwrap()["ok"]
                .as_bool()
                .unwrap()
        );
    });
}
