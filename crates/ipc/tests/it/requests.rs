//! Questions and answers: each is answered once, refused, or given up, and nobody waits for nothing.

use std::time::Duration;

use ferronode_ipc::{Channel, Limits, Mode, Outgoing, Request, RequestError, SendErrorKind};
use ferronode_sys::stream_pair;

use crate::{alone, soon};

const MODES: [Mode; 3] = [Mode::Json, Mode::Advanced, Mode::Bincode];
const LONG: Duration = Duration::from_secs(20);

/// The next message of `channel`, which must be a question.
async fn question(channel: &mut Channel) -> (String, Request) {
    let message = soon(channel.recv()).await.unwrap().unwrap();
    let request = message.request().expect("it is a question");
    assert!(message.request().is_none(), "one takes it");
    (message.to().unwrap(), request)
}

#[test]
fn answers_reach_their_questions_in_whatever_order_they_come() {
    alone(async {
        for mode in MODES {
            let (parent, mut child) = Channel::pair(mode).unwrap();
            let (sender, mut receiver) = parent.split();
            let receiving = tokio::spawn(async move {
                let mut seen = Vec::new();
                while let Some(message) = receiver.recv().await.unwrap() {
                    seen.push(message.to::<String>().unwrap());
                }
                seen
            });
            let ask = |text: &'static str| {
                let sender = sender.clone();
                tokio::spawn(async move { sender.request(text, LONG).await.unwrap().to::<String>().unwrap() })
            };
            let (one, two) = (ask("one"), ask("two"));
            let (first, second) = (question(&mut child).await, question(&mut child).await);
            child.send("a message is no answer").await.unwrap();
            for (text, request) in [second, first] {
                request.reply(format!("{text}!")).await.unwrap();
            }
            assert_eq!((one.await.unwrap(), two.await.unwrap()), ("one!".into(), "two!".into()));
            drop(child);
            assert_eq!(receiving.await.unwrap(), ["a message is no answer"]);
        }
    });
}

#[test]
fn an_answer_brings_handles_and_bodies() {
    alone(async {
        let (mut parent, mut child) = Channel::pair(Mode::Bincode).unwrap();
        let sender = parent.sender().clone();
        let asking = tokio::spawn(async move { sender.request("a socket?", LONG).await.unwrap() });
        let answering = tokio::spawn(async move {
            let (_, request) = question(&mut child).await;
            let (left, _) = stream_pair().unwrap();
            let answer = Outgoing::new("here").with_handle(left).with_body(&b"body"[..]);
            request.reply(answer).await.unwrap();
            child
        });
        let (answer, _) = tokio::join!(asking, async {
            let child = answering.await.unwrap();
            tokio::spawn(async move { _ = parent.recv().await });
            child
        });
        let answer = answer.unwrap();
        assert!(answer.take_handle().is_some());
        assert_eq!(answer.bodies(), [&b"body"[..]]);
    });
}

#[test]
fn a_question_is_refused_with_a_reason_also_when_it_is_dropped() {
    alone(async {
        for mode in MODES {
            let (parent, mut child) = Channel::pair(mode).unwrap();
            let (sender, mut receiver) = parent.split();
            tokio::spawn(async move { while let Ok(Some(_)) = receiver.recv().await {} });
            let answering = tokio::spawn(async move {
                question(&mut child).await.1.refuse("not today");
                drop(question(&mut child).await);
                drop(soon(child.recv()).await.unwrap().unwrap());
                child
            });
            for why in [
                "not today",
                "the question was dropped without an answer",
                "the question was dropped without an answer",
            ] {
                let error = soon(sender.request("please", LONG)).await.unwrap_err();
                assert!(
                    matches!(&error, RequestError::Refused { why: found } if found == why),
                    "{error}"
                );
            }
            answering.await.unwrap();
        }
    });
}

#[test]
fn who_gives_up_is_heard_of_and_a_late_answer_is_dropped() {
    alone(async {
        for mode in MODES {
            let (parent, mut child) = Channel::pair(mode).unwrap();
            let (sender, mut receiver) = parent.split();
            let receiving =
                tokio::spawn(async move { receiver.recv().await.unwrap().unwrap().to::<String>().unwrap() });
            let error = soon(sender.request("quick", Duration::from_millis(1)))
                .await
                .unwrap_err();
            assert!(matches!(error, RequestError::TimedOut { .. }), "{error}");
            let (_, mut request) = question(&mut child).await;
            let heard = soon(async {
                tokio::select! {
                    () = request.cancelled() => true,
                    received = child.recv() => panic!("{received:?}"),
                }
            });
            assert!(heard.await);
            soon(request.cancelled()).await;
            request.reply("too late").await.unwrap();
            child.send("the channel goes on").await.unwrap();
            assert_eq!(soon(receiving).await.unwrap(), "the channel goes on");
        }
    });
}

#[test]
fn a_question_ends_with_its_channel_on_both_ends() {
    alone(async {
        for mode in MODES {
            let (parent, mut child) = Channel::pair(mode).unwrap();
            let (sender, mut receiver) = parent.split();
            let receiving = tokio::spawn(async move { while let Ok(Some(_)) = receiver.recv().await {} });
            let asking = tokio::spawn(async move { sender.request("?", LONG).await });
            let (_, mut request) = question(&mut child).await;
            drop(child);
            soon(request.cancelled()).await;
            assert!(matches!(soon(asking).await.unwrap(), Err(RequestError::Closed)));
            receiving.await.unwrap();
        }
    });
}

#[test]
fn no_more_questions_are_open_than_the_limit_says_on_either_end() {
    alone(async {
        for mode in MODES {
            let (ours, theirs) = stream_pair().unwrap();
            let few = Limits {
                requests: 2,
                ..Limits::default()
            };
            let many = Channel::new(ours, mode).unwrap();
            let mut few = Channel::with_limits(theirs, mode, few).unwrap();
            let (sender, mut receiver) = many.split();
            tokio::spawn(async move { while let Ok(Some(_)) = receiver.recv().await {} });
            let open: Vec<_> = (0..2)
                .map(|_| {
                    let sender = sender.clone();
                    tokio::spawn(async move { sender.request("?", LONG).await })
                })
                .collect();
            let held = [question(&mut few).await, question(&mut few).await];
            let (third, none) = tokio::join!(sender.request("third", LONG), async {
                tokio::time::timeout(Duration::from_millis(50), few.recv()).await
            });
            assert!(matches!(third, Err(RequestError::Refused { .. })), "{third:?}");
            assert!(none.is_err(), "the third is not seen");
            let asking = [few.sender().clone(), few.sender().clone()].map(|sender| {
                let mut asking = Box::pin(async move { sender.request("?", LONG).await });
                let mut context = std::task::Context::from_waker(std::task::Waker::noop());
                assert!(asking.as_mut().poll(&mut context).is_pending());
                asking
            });
            let error = few.sender().request("?", LONG).await.unwrap_err();
            assert!(
                matches!(
                    &error,
                    RequestError::NotSent(error) if matches!(error.kind, SendErrorKind::TooManyRequests { limit: 2 })
                ),
                "{error}"
            );
            drop((asking, held));
            for asked in open {
                assert!(matches!(soon(asked).await.unwrap(), Err(RequestError::Refused { .. })));
            }
        }
    });
}

#[test]
fn what_resembles_a_question_is_the_users() {
    alone(async {
        let (parent, mut child) = Channel::pair(Mode::Json).unwrap();
        for text in [
            r#"{"ferronode":"request","id":1,"body":2,"more":3}"#,
            r#"{"ferronode":"question","id":1}"#,
            r#"{"ferronode":"request","id":-1}"#,
            r#"{"id":1,"ferronode":"request"}"#,
        ] {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            // A map of serde_json would sort its keys.
            parent
                .send(serde_json::value::RawValue::from_string(text.to_owned()).unwrap())
                .await
                .unwrap();
            let message = soon(child.recv()).await.unwrap().unwrap();
            assert!(message.request().is_none(), "{text}");
            assert_eq!(message.payload(), text, "what is written already is written as it is");
            assert_eq!(message.to::<serde_json::Value>().unwrap(), value);
        }
    });
}

#[test]
fn a_question_may_wait_as_long_as_a_duration_can_say() {
    alone(async {
        let (parent, mut child) = Channel::pair(Mode::Json).unwrap();
        let (sender, mut receiver) = parent.split();
        tokio::spawn(async move { while let Ok(Some(_)) = receiver.recv().await {} });
        let asking =
            tokio::spawn(async move { sender.request("?", Duration::MAX).await.unwrap().to::<i32>().unwrap() });
        question(&mut child).await.1.reply(42).await.unwrap();
        assert_eq!(soon(asking).await.unwrap(), 42);
    });
}

#[test]
fn an_internal_value_asks_and_answers_like_any_other() {
    alone(async {
        for mode in MODES {
            let (parent, mut child) = Channel::pair(mode).unwrap();
            let (sender, mut receiver) = parent.split();
            tokio::spawn(async move { while let Ok(Some(_)) = receiver.recv().await {} });
            let asking = tokio::spawn(async move { sender.request(Outgoing::internal("?"), LONG).await });
            let (_, request) = question(&mut child).await;
            request.reply(Outgoing::internal("!")).await.unwrap();
            assert_eq!(soon(asking).await.unwrap().unwrap().to::<String>().unwrap(), "!");
        }
    });
}

#[test]
fn a_question_that_is_read_after_the_channel_has_ended_is_given_up_already() {
    alone(async {
        for mode in MODES {
            let (parent, mut child) = Channel::pair(mode).unwrap();
            let asking = parent.sender().clone();
            let mut asking = Box::pin(async move { asking.request("?", LONG).await });
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(asking.as_mut().poll(&mut context).is_pending());
            drop(parent);
            // The first message that the peer cannot get any more ends the channel on this end.
            child.send("nobody is there").await.unwrap();
            assert!(!child.sender().is_connected());
            let (_, mut request) = question(&mut child).await;
            soon(request.cancelled()).await;
        }
    });
}
