//! Bodies beside a message, and messages that wait for company.

use bytes::Bytes;
use ferronode_ipc::{Channel, EncodeError, Limits, Mode, Outgoing, ProtocolError, RecvError, SendErrorKind};
use ferronode_sys::stream_pair;

use crate::{alone, soon};

fn pattern(length: usize) -> Bytes {
    (0..length).map(|index| (index % 251) as u8).collect()
}

#[test]
fn bodies_of_any_size_arrive_in_order_beside_their_message() {
    alone(async {
        let (parent, mut child) = Channel::pair(Mode::Bincode).unwrap();
        let sizes = [0, 1, 4_096, 65_535, 65_536, 1 << 20, 7];
        let sending = tokio::spawn(async move {
            for round in 0..3 {
                let message = sizes
                    .iter()
                    .fold(Outgoing::new(round), |message, &size| message.with_body(pattern(size)));
                parent.send(message).await.unwrap();
                parent.send("between").await.unwrap();
            }
            parent.close().await;
        });
        for round in 0..3 {
            let message = soon(child.recv()).await.unwrap().unwrap();
            assert_eq!(message.to::<i32>().unwrap(), round);
            assert_eq!(message.bodies().iter().map(Bytes::len).collect::<Vec<_>>(), sizes);
            assert!(message.bodies().iter().all(|body| *body == pattern(body.len())));
            let message = soon(child.recv()).await.unwrap().unwrap();
            assert!(message.to::<String>().unwrap() == "between" && message.bodies().is_empty());
        }
        assert!(soon(child.recv()).await.unwrap().is_none());
        sending.await.unwrap();
    });
}

#[test]
fn bodies_and_handles_travel_together() {
    alone(async {
        let (parent, mut child) = Channel::pair(Mode::Bincode).unwrap();
        let (left, _right) = stream_pair().unwrap();
        let message = Outgoing::new("both").with_body(pattern(200_000)).with_handle(left);
        let sending = tokio::spawn(async move {
            parent.send(message).await.unwrap();
            parent.close().await;
        });
        let message = soon(child.recv()).await.unwrap().unwrap();
        assert_eq!(message.bodies(), [pattern(200_000)]);
        assert!(message.take_handle().is_some() && !message.handles_lost());
        drop(child);
        sending.await.unwrap();
    });
}

#[test]
fn nodes_modes_carry_no_bodies_and_give_the_message_back() {
    alone(async {
        let (parent, _child) = Channel::pair(Mode::Json).unwrap();
        let error = parent.send(Outgoing::new("x").with_body(pattern(3))).await.unwrap_err();
        assert!(matches!(
            error.kind,
            SendErrorKind::Encode(EncodeError::TooManyBodies { limit: 0, found: 1 })
        ));
        assert_eq!(error.message.into_parts().0, "x");
    });
}

#[test]
fn bodies_announced_beyond_the_limit_end_the_channel_before_they_come() {
    alone(async {
        let (ours, theirs) = stream_pair().unwrap();
        let limits = Limits {
            frame: 1_000,
            ..Limits::default()
        };
        let mut channel = Channel::with_limits(ours, Mode::Bincode, limits).unwrap();
        let peer = Channel::new(theirs, Mode::Bincode).unwrap();
        peer.send(Outgoing::new(0).with_body(pattern(1_000))).await.unwrap();
        let error = soon(channel.recv()).await.unwrap_err();
        assert!(
            matches!(
                error,
                RecvError::Protocol(ProtocolError::FrameTooLong {
                    limit: 1_000,
                    found: 1_005
                })
            ),
            "{error}"
        );
    });
}

#[test]
fn messages_that_are_fed_leave_together_and_at_the_latest_when_somebody_waits() {
    alone(async {
        for mode in [Mode::Json, Mode::Advanced, Mode::Bincode] {
            let (mut parent, child) = Channel::pair(mode).unwrap();
            for number in 0..1_000 {
                parent.sender().feed(number).await.unwrap();
            }
            let (sender, mut receiver) = child.split();
            assert!(receiver.try_recv().unwrap().is_none(), "they wait for company");
            // Who waits for an answer has sent its question.
            let answered = tokio::spawn(async move {
                for number in 0..1_000 {
                    let message = soon(receiver.recv()).await.unwrap().unwrap();
                    assert_eq!(message.to::<i32>().unwrap(), number);
                }
                sender.send("all").await.unwrap();
                receiver
            });
            let message = soon(parent.recv()).await.unwrap().unwrap();
            assert_eq!(message.to::<String>().unwrap(), "all");
            drop(answered.await.unwrap());
        }
    });
}

#[test]
fn all_that_an_iterator_gives_is_sent_in_order_until_one_cannot_be() {
    alone(async {
        for mode in [Mode::Json, Mode::Advanced, Mode::Bincode] {
            let (parent, mut child) = Channel::pair(mode).unwrap();
            let sending = tokio::spawn(async move {
                parent.sender().send_all(0..100_000).await.unwrap();
                parent.sender().send_all(std::iter::empty::<u8>()).await.unwrap();
                parent.close().await;
            });
            for number in 0..100_000 {
                assert_eq!(soon(child.recv()).await.unwrap().unwrap().to::<i32>().unwrap(), number);
            }
            assert!(soon(child.recv()).await.unwrap().is_none());
            sending.await.unwrap();
        }
        let (ours, theirs) = stream_pair().unwrap();
        let limits = Limits {
            frame: 10,
            ..Limits::default()
        };
        let parent = Channel::with_limits(ours, Mode::Json, limits).unwrap();
        let mut child = Channel::new(theirs, Mode::Json).unwrap();
        let error = parent
            .sender()
            .send_all(["one", "two", "much too long", "four"])
            .await
            .unwrap_err();
        assert_eq!(error.message.into_parts().0, "much too long");
        for text in ["one", "two"] {
            assert_eq!(soon(child.recv()).await.unwrap().unwrap().to::<String>().unwrap(), text);
        }
        drop(child);
        let (_, mut receiver) = parent.split();
        assert!(soon(receiver.recv()).await.unwrap().is_none());
    });
}

#[test]
fn flush_writes_what_was_fed() {
    alone(async {
        let (parent, child) = Channel::pair(Mode::Json).unwrap();
        let (_sender, mut receiver) = child.split();
        parent.sender().feed("a").await.unwrap();
        soon(parent.sender().flush()).await;
        assert!(receiver.try_recv().unwrap().is_some());
    });
}

#[test]
fn what_is_fed_while_the_receiver_waits_already_leaves_too() {
    alone(async {
        let (parent, mut child) = Channel::pair(Mode::Json).unwrap();
        let (sender, mut receiver) = parent.split();
        let mut receiving = Box::pin(async move { receiver.recv().await });
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(receiving.as_mut().poll(&mut context).is_pending());
        let receiving = tokio::spawn(receiving);
        tokio::task::yield_now().await;
        sender.feed("a").await.unwrap();
        sender.feed("b").await.unwrap();
        for text in ["a", "b"] {
            assert_eq!(soon(child.recv()).await.unwrap().unwrap().to::<String>().unwrap(), text);
        }
        drop(child);
        assert!(soon(receiving).await.unwrap().unwrap().is_none());
    });
}
