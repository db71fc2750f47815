//! Every async function, dropped at its first and at its second poll: nothing is lost, nothing is half sent, and the
//! channel goes on.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use ferronode_ipc::{Channel, Graph, Mode, Outgoing, RequestError, Sender};

use crate::{alone, descriptors_are_back_to, open_descriptors, soon};

const MODES: [Mode; 3] = [Mode::Json, Mode::Advanced, Mode::Bincode];
const LONG: Duration = Duration::from_secs(20);

/// Polls a future so often, unless it is ready before, lets the runtime turn in between, and drops it.
async fn cut_short<F: Future>(future: F, polls: usize) -> Poll<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Poll::Ready(output);
        }
        tokio::task::yield_now().await;
    }
    Poll::Pending
}

/// Fills the channel, so that whoever sends must wait: how many messages it took.
fn fill(sender: &Sender) -> usize {
    (0..).take_while(|_| sender.try_send("f".repeat(5_000)).is_ok()).count()
}

/// What the peer hears until the end, without the filling.
async fn heard(peer: &mut Channel) -> Vec<String> {
    let mut heard = Vec::new();
    while let Some(message) = soon(peer.recv()).await.unwrap() {
        assert!(message.bodies().is_empty() && message.take_handle().is_none());
        heard.push(message.to::<String>().unwrap());
    }
    heard.retain(|text| !text.starts_with("ffff"));
    heard
}

#[test]
fn send_feed_and_send_graph_are_whole_or_not_at_all() {
    alone(async {
        let before = open_descriptors();
        for (mode, polls) in MODES.into_iter().flat_map(|mode| [(mode, 1), (mode, 2)]) {
            let (ours, mut theirs) = Channel::pair(mode).unwrap();
            let sender = ours.sender().clone();
            assert!(fill(&sender) > 10);
            let (mut with_company, handle) = (
                Outgoing::new("never"),
                std::os::unix::net::UnixStream::pair().unwrap().0,
            );
            with_company = with_company.with_handle(handle);
            if mode == Mode::Bincode {
                with_company = with_company.with_body(Bytes::from_static(b"never"));
            }
            assert!(cut_short(sender.send(with_company), polls).await.is_pending());
            assert!(cut_short(sender.feed("never"), polls).await.is_pending());
            if mode == Mode::Advanced {
                let graph = Graph::of("never").unwrap();
                assert!(cut_short(sender.send_graph(&graph), polls).await.is_pending());
            }
            let closing = tokio::spawn(async move {
                ours.send("afterwards").await.unwrap();
                ours.close().await;
            });
            assert_eq!(heard(&mut theirs).await, ["afterwards"], "{mode:?}");
            soon(closing).await.unwrap();
            // Where there is room the first poll sends, whole.
            let (ours, mut theirs) = Channel::pair(mode).unwrap();
            assert!(cut_short(ours.send("sent"), 1).await.is_ready());
            assert!(cut_short(ours.sender().feed("fed"), 1).await.is_ready());
            ours.sender().disconnect();
            assert_eq!(heard(&mut theirs).await, ["sent", "fed"]);
        }
        descriptors_are_back_to(before).await;
    });
}

#[test]
fn flush_can_be_asked_for_again() {
    alone(async {
        for (mode, polls) in MODES.into_iter().flat_map(|mode| [(mode, 1), (mode, 2)]) {
            let (ours, mut theirs) = Channel::pair(mode).unwrap();
            let filled = fill(ours.sender());
            assert!(cut_short(ours.sender().flush(), polls).await.is_pending());
            let sender = ours.sender().clone();
            let flushing = tokio::spawn(async move { sender.flush().await });
            for _ in 0..filled {
                assert!(soon(theirs.recv()).await.unwrap().is_some());
            }
            soon(flushing).await.unwrap();
            ours.send("afterwards").await.unwrap();
            drop(ours);
            assert_eq!(heard(&mut theirs).await, ["afterwards"]);
        }
    });
}

#[test]
fn a_request_cut_short_before_it_is_sent_was_never_asked() {
    alone(async {
        for (mode, polls) in MODES.into_iter().flat_map(|mode| [(mode, 1), (mode, 2)]) {
            let (ours, mut theirs) = Channel::pair(mode).unwrap();
            fill(ours.sender());
            assert!(
                cut_short(ours.sender().request("never", LONG), polls)
                    .await
                    .is_pending()
            );
            let closing = tokio::spawn(async move { ours.close().await });
            assert_eq!(heard(&mut theirs).await, [""; 0]);
            soon(closing).await.unwrap();
        }
    });
}

#[test]
fn a_request_cut_short_while_it_waits_is_taken_back_and_its_number_is_free() {
    alone(async {
        for (mode, polls) in MODES.into_iter().flat_map(|mode| [(mode, 1), (mode, 2)]) {
            let (mut ours, mut theirs) = Channel::pair(mode).unwrap();
            // More often than questions may be open.
            for _ in 0..1_100 {
                let asked = cut_short(ours.sender().request("?", LONG), polls).await;
                assert!(asked.is_pending());
                let mut request = soon(theirs.recv()).await.unwrap().unwrap().request().unwrap();
                // The taking back is among what the other end receives.
                assert!(cut_short(theirs.recv(), 2).await.is_pending());
                soon(request.cancelled()).await;
            }
            let sender = ours.sender().clone();
            let asking = tokio::spawn(async move { sender.request("?", LONG).await });
            let message = soon(theirs.recv()).await.unwrap().unwrap();
            message.request().unwrap().reply("!").await.unwrap();
            let receiving = tokio::spawn(async move { ours.recv().await.map(|message| message.is_none()) });
            assert_eq!(soon(asking).await.unwrap().unwrap().to::<String>().unwrap(), "!");
            drop(theirs);
            assert!(soon(receiving).await.unwrap().unwrap());
        }
    });
}

#[test]
fn recv_loses_nothing_wherever_it_is_cut_short() {
    alone(async {
        for (mode, polls) in MODES.into_iter().flat_map(|mode| [(mode, 1), (mode, 2)]) {
            let (ours, mut theirs) = Channel::pair(mode).unwrap();
            let (sender, mut receiver) = ours.split();
            // The acknowledgements are among what comes.
            let acknowledged = tokio::spawn(async move { receiver.recv().await.map(|message| message.is_none()) });
            let text = "x".repeat(300_000);
            let sent = text.clone();
            let sending = tokio::spawn(async move {
                for number in 0..30 {
                    let handle = std::os::unix::net::UnixStream::pair().unwrap().0;
                    let message = Outgoing::new((number, sent.clone())).with_handle(handle);
                    sender.send(message).await.unwrap();
                }
                sender.disconnect();
            });
            let mut number = 0;
            let waiting = async {
                loop {
                    match cut_short(theirs.recv(), polls).await {
                        Poll::Ready(Ok(Some(message))) => {
                            assert_eq!(message.to::<(i32, String)>().unwrap(), (number, text.clone()));
                            assert!(message.take_handle().is_some());
                            number += 1;
                        }
                        Poll::Ready(end) => break assert!(end.unwrap().is_none()),
                        Poll::Pending => tokio::task::yield_now().await,
                    }
                }
            };
            soon(waiting).await;
            assert_eq!(number, 30);
            soon(sending).await.unwrap();
            assert!(soon(acknowledged).await.unwrap().unwrap());
        }
    });
}

#[test]
fn close_cut_short_closes_at_once() {
    alone(async {
        let before = open_descriptors();
        for (mode, polls) in MODES.into_iter().flat_map(|mode| [(mode, 1), (mode, 2)]) {
            let (ours, mut theirs) = Channel::pair(mode).unwrap();
            let sender = ours.sender().clone();
            let filled = fill(&sender);
            assert!(cut_short(ours.close(), polls).await.is_pending());
            assert!(sender.send("too late").await.is_err());
            soon(sender.flush()).await;
            drop(sender);
            let mut heard = 0;
            // What the socket held still comes; of the message that it cut the end is missing, and that is said.
            while let Ok(Some(message)) = soon(theirs.recv()).await {
                assert_eq!(message.to::<String>().unwrap().len(), 5_000);
                heard += 1;
            }
            assert!(heard < filled && theirs.send("nobody").await.is_err());
        }
        descriptors_are_back_to(before).await;
    });
}

#[test]
fn a_reply_cut_short_is_a_refusal_and_cancelled_can_be_asked_for_again() {
    alone(async {
        for (mode, polls) in MODES.into_iter().flat_map(|mode| [(mode, 1), (mode, 2)]) {
            let (ours, mut theirs) = Channel::pair(mode).unwrap();
            let (sender, mut receiver) = ours.split();
            let asking = tokio::spawn(async move { sender.request("?", LONG).await });
            let mut request = soon(theirs.recv()).await.unwrap().unwrap().request().unwrap();
            for _ in 0..3 {
                assert!(cut_short(request.cancelled(), polls).await.is_pending());
            }
            fill(theirs.sender());
            assert!(cut_short(request.reply("never"), polls).await.is_pending());
            let receiving = tokio::spawn(async move {
                while let Some(message) = receiver.recv().await.unwrap() {
                    assert!(message.to::<String>().unwrap().starts_with("ffff"));
                }
            });
            let end = soon(asking).await.unwrap();
            assert!(matches!(end, Err(RequestError::Refused { .. })), "{end:?}");
            soon(theirs.close()).await;
            soon(receiving).await.unwrap();
        }
    });
}
