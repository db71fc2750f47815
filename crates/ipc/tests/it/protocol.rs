//! The pure protocol: no socket, descriptors are numbers.

use std::io::IoSlice;

use bytes::Bytes;
use ferronode_ipc::EncodeError;
use ferronode_ipc::proto::{
    About, Answer, Bundle, Event, Frame, HandleKind, Incoming, Limits, Mode, Outbox, ProtocolError, Received, decode,
    encode,
};
use proptest::prelude::*;

const MODES: [Mode; 3] = [Mode::Json, Mode::Advanced, Mode::Bincode];

/// Everything that the peer of `outbox` would read, with the descriptors at the byte where they ride.
fn drain(outbox: &mut Outbox<u32>) -> Vec<(Vec<u8>, Vec<u32>)> {
    let mut calls = Vec::new();
    while let Some(transmit) = outbox.transmit() {
        let (bytes, handles) = (concat(&transmit.parts), transmit.handles.to_vec());
        outbox.transmitted(bytes.len());
        calls.push((bytes, handles));
    }
    calls
}

/// The descriptors of a message, and whether some were lost.
fn handles_of(message: Received<u32>) -> (Vec<u32>, bool) {
    message.company.map_or((Vec::new(), false), |company| {
        (company.handles.into(), company.handles_lost)
    })
}

fn concat(parts: &[IoSlice<'_>]) -> Vec<u8> {
    parts.iter().flat_map(|part| part.to_vec()).collect()
}

fn frame(mode: Mode, text: &str, handles: &[u32]) -> Frame<u32> {
    let about = About {
        handles: &vec![HandleKind::Native; handles.len()],
        ..About::default()
    };
    let mut bytes = Vec::new();
    encode(mode, text, &about, &Limits::default(), &mut bytes).unwrap();
    Frame {
        handles: handles.to_vec(),
        ..Frame::new(bytes)
    }
}

/// Reads a piece as a driver does: to where it belongs, as much as there is room for at a time.
fn receive(incoming: &mut Incoming<u32>, bytes: &[u8], handles: &[u32]) -> Result<(), ProtocolError> {
    if incoming.space().is_none() {
        incoming.lend(Vec::with_capacity(8));
    }
    let space = incoming.space().unwrap();
    let room = space.capacity() - space.len();
    let (placed, rest) = bytes.split_at(bytes.len().min(room));
    space.extend_from_slice(placed);
    let bundle = (!handles.is_empty()).then(|| Bundle::Whole(handles.to_vec()));
    incoming.received(rest, bundle)
}

/// What comes out when `pieces` are read one after another.
fn read(mode: Mode, pieces: &[(&[u8], Vec<u32>)]) -> Result<Vec<String>, ProtocolError> {
    let mut incoming = Incoming::new(mode, Limits::default());
    let mut seen = Vec::new();
    for (bytes, handles) in pieces {
        receive(&mut incoming, bytes, handles)?;
        while let Some(event) = incoming.next_event()? {
            seen.push(match event {
                Event::Message(message) => {
                    let text: String = decode(mode, &message.payload, message.nesting()).unwrap();
                    let (handles, lost) = handles_of(message);
                    format!("{text} {handles:?}{}", if lost { " lost" } else { "" })
                }
                Event::Answer(answer) => format!("answer {answer:?}"),
                Event::Acknowledged(answer) => format!("acknowledged {answer:?}"),
                Event::Sockets(query) => format!("{query:?}"),
            });
        }
        incoming.settle();
    }
    incoming.ended().map(|()| seen)
}

#[test]
fn frames_cut_at_every_byte_are_the_same() {
    for mode in MODES {
        let mut outbox = Outbox::new(mode, Limits::default());
        for text in ["one", "zwei\nzwei", "", "€😀"] {
            outbox.push(frame(mode, text, &[])).unwrap();
        }
        let bytes: Vec<u8> = drain(&mut outbox).into_iter().flat_map(|(bytes, _)| bytes).collect();
        let expected = ["one []", "zwei\nzwei []", " []", "€😀 []"];
        for cut in 0..=bytes.len() {
            let (left, right) = bytes.split_at(cut);
            assert_eq!(
                read(mode, &[(left, vec![]), (right, vec![])]).unwrap(),
                expected,
                "{mode:?} cut at {cut}"
            );
        }
    }
}

#[test]
fn descriptors_reach_their_message_wherever_its_bytes_are_cut() {
    let mut outbox = Outbox::new(Mode::Bincode, Limits::default());
    for (text, handles) in [("plain", &[][..]), ("two", &[7, 8]), ("one", &[9]), ("end", &[])] {
        outbox.push_now(frame(Mode::Bincode, text, handles));
    }
    let calls = drain(&mut outbox);
    assert_eq!(
        calls.iter().map(|(_, handles)| handles.as_slice()).collect::<Vec<_>>(),
        [&[][..], &[7, 8], &[9], &[]]
    );
    for (nth, (bytes, _)) in calls.iter().enumerate() {
        for cut in 1..bytes.len() {
            // Descriptors ride on the first byte of their call, so they come with the left part.
            let mut pieces: Vec<(&[u8], Vec<u32>)> = Vec::new();
            for (other, (bytes, handles)) in calls.iter().enumerate() {
                if other == nth {
                    pieces.push((&bytes[..cut], handles.clone()));
                    pieces.push((&bytes[cut..], vec![]));
                } else {
                    pieces.push((bytes, handles.clone()));
                }
            }
            let seen = read(Mode::Bincode, &pieces).unwrap();
            assert_eq!(
                seen,
                ["plain []", "two [7, 8]", "one [9]", "end []"],
                "call {nth} cut at {cut}"
            );
        }
    }
}

#[test]
fn one_handle_is_in_flight_and_the_rest_wait_for_its_ack() {
    let mut outbox = Outbox::new(Mode::Json, Limits::default());
    outbox.push_now(frame(Mode::Json, "a", &[1]));
    outbox.push_now(frame(Mode::Json, "b", &[]));
    outbox.push_now(frame(Mode::Json, "c", &[2]));
    outbox.push_now(frame(Mode::Json, "d", &[]));
    let handle = |text: &str| format!("{{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Native\",\"msg\":\"{text}\"}}\n");
    assert_eq!(drain(&mut outbox), [(handle("a").into_bytes(), vec![1])]);
    outbox.answer(Answer::Ack);
    assert_eq!(
        drain(&mut outbox),
        [(b"{\"cmd\":\"NODE_HANDLE_ACK\"}\n".to_vec(), vec![])],
        "answers overtake"
    );
    assert!(outbox.acknowledged(Answer::Ack).is_none());
    assert_eq!(
        drain(&mut outbox),
        [(b"\"b\"\n".to_vec(), vec![]), (handle("c").into_bytes(), vec![2])]
    );
    assert!(!outbox.is_idle());
    assert!(outbox.acknowledged(Answer::Ack).is_none());
    assert_eq!(drain(&mut outbox), [(b"\"d\"\n".to_vec(), vec![])]);
    assert!(outbox.is_idle());
}

#[test]
fn a_handle_refused_is_sent_again_three_times_and_then_given_up() {
    let mut outbox = Outbox::new(Mode::Json, Limits::default());
    outbox.push_now(frame(Mode::Json, "a", &[1]));
    outbox.push_now(frame(Mode::Json, "b", &[]));
    for _ in 0..3 {
        assert_eq!(drain(&mut outbox).len(), 1);
        assert!(outbox.acknowledged(Answer::Nack).is_none());
    }
    assert_eq!(drain(&mut outbox)[0].1, [1]);
    assert_eq!(outbox.acknowledged(Answer::Nack).unwrap().handles, [1], "given up");
    assert_eq!(drain(&mut outbox), [(b"\"b\"\n".to_vec(), vec![])]);
    assert!(outbox.is_idle() && outbox.has_room());
}

#[test]
fn an_answer_to_what_is_not_yet_written_whole_answers_nothing() {
    for answer in [Answer::Ack, Answer::Nack] {
        let limits = Limits {
            handles: 2,
            ..Limits::default()
        };
        let mut outbox = Outbox::new(Mode::Json, limits);
        for _ in 0..3 {
            outbox.push_now(frame(Mode::Json, "a", &[1]));
            outbox.push_now(frame(Mode::Json, "b", &[]));
            outbox.transmitted(5);
            for _ in 0..5 {
                assert!(outbox.acknowledged(answer).is_none(), "the peer cannot have it yet");
            }
            assert_eq!(drain(&mut outbox).len(), 1, "the rest of it, and nothing behind it");
            assert!(outbox.acknowledged(Answer::Ack).is_none());
            assert_eq!(drain(&mut outbox), [(b"\"b\"\n".to_vec(), vec![])]);
            assert!(outbox.is_idle() && outbox.has_room(), "no handle is counted any more");
        }
    }
}

#[test]
fn answers_beyond_the_first_answer_nothing_while_a_handle_waits_to_be_sent_again() {
    let mut outbox = Outbox::new(Mode::Json, Limits::default());
    outbox.push_now(frame(Mode::Json, "a", &[1]));
    assert_eq!(drain(&mut outbox)[0].1, [1]);
    for answer in [Answer::Nack, Answer::Nack, Answer::Nack, Answer::Nack, Answer::Ack] {
        assert!(
            outbox.acknowledged(answer).is_none(),
            "not given up: it is about to leave again"
        );
    }
    assert_eq!(drain(&mut outbox)[0].1, [1]);
    assert!(!outbox.is_idle(), "it is in flight");
    assert!(outbox.acknowledged(Answer::Ack).is_none());
    assert!(outbox.is_idle());
}

#[test]
fn a_handle_message_is_answered_before_it_is_delivered() {
    let wrapped = b"{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Native\",\"msg\":\"hi\"}\n";
    assert_eq!(
        read(Mode::Json, &[(wrapped, vec![5])]).unwrap(),
        ["answer Ack", "hi [5]"]
    );
    assert_eq!(read(Mode::Json, &[(wrapped, vec![])]).unwrap(), ["answer Nack"]);
    let early: &[(&[u8], Vec<u32>)] = &[(b"\"plain\"\n", vec![5]), (wrapped, vec![])];
    assert_eq!(read(Mode::Json, early).unwrap(), ["plain []", "answer Ack", "hi [5]"]);
}

#[test]
fn descriptors_lost_on_the_way_are_said_to_be_lost() {
    let mut incoming: Incoming<u32> = Incoming::new(Mode::Bincode, Limits::default());
    let mut outbox = Outbox::new(Mode::Bincode, Limits::default());
    outbox.push_now(frame(Mode::Bincode, "a", &[1, 2]));
    outbox.push_now(frame(Mode::Bincode, "b", &[3]));
    for (nth, (bytes, handles)) in drain(&mut outbox).into_iter().enumerate() {
        let bundle = match nth {
            0 => None,
            1 => Some(Bundle::Lost),
            _ => Some(Bundle::Whole(handles)),
        };
        incoming.received(&bytes, bundle).unwrap();
    }
    let mut messages = std::iter::from_fn(|| match incoming.next_event().unwrap() {
        Some(Event::Message(message)) => Some(handles_of(message)),
        _ => None,
    });
    assert_eq!(messages.next(), Some((vec![], true)));
    assert_eq!(messages.next(), Some((vec![3], false)));
}

#[test]
fn what_breaks_the_rules_is_named() {
    let limits = Limits {
        frame: 100,
        queue: 100,
        handles: 2,
        requests: 1,
    };
    let cases: [(Mode, &[u8], ProtocolError); 6] = [
        (Mode::Json, b"\n", ProtocolError::EmptyLine),
        (Mode::Json, b" \r\n", ProtocolError::EmptyLine),
        (
            Mode::Json,
            &[b'x'; 101],
            ProtocolError::FrameTooLong { limit: 100, found: 101 },
        ),
        (
            Mode::Bincode,
            b"{\"cmd\":1}\n",
            ProtocolError::Hello {
                expected: (1, 1),
                found: None,
            },
        ),
        (
            Mode::Bincode,
            &[4, 0, 0, 0, 0, 0, 0, 0, b'F', b'N', 9, 1],
            ProtocolError::Hello {
                expected: (1, 1),
                found: Some((9, 1)),
            },
        ),
        (
            Mode::Bincode,
            &[4, 0, 0, 0, 0, 0, 0, 0, b'F', b'N', 1, 1, 255, 255, 255, 255, 1, 0, 0, 0],
            ProtocolError::FrameTooLong {
                limit: 100,
                found: 0xffff_ffff,
            },
        ),
    ];
    for (mode, bytes, expected) in cases {
        let mut incoming: Incoming<u32> = Incoming::new(mode, limits);
        incoming.received(bytes, None).unwrap();
        assert_eq!(incoming.next_event().unwrap_err(), expected);
    }
    let mut incoming: Incoming<u32> = Incoming::new(Mode::Json, limits);
    let flood = incoming.received(b"x", Some(Bundle::Whole(vec![1, 2, 3])));
    assert_eq!(flood.unwrap_err(), ProtocolError::TooManyHandles { limit: 2 });
}

#[test]
fn a_frame_longer_than_the_limit_is_refused_by_its_writer() {
    let limits = Limits {
        frame: 10,
        ..Limits::default()
    };
    let with_handles = |count| vec![HandleKind::Native; count];
    let mut out = b"before".to_vec();
    for mode in MODES {
        let error = encode(mode, "12345678901", &About::default(), &limits, &mut out).unwrap_err();
        assert!(matches!(error, EncodeError::TooLong { limit: 10, .. }), "{error}");
        let (most, bodies) = if mode == Mode::Bincode { (253, 1_024) } else { (1, 0) };
        let about = About {
            handles: &with_handles(most + 1),
            ..About::default()
        };
        let error = encode(mode, &1, &about, &Limits::default(), &mut out).unwrap_err();
        assert!(
            matches!(error, EncodeError::TooManyHandles { limit, .. } if limit == most),
            "{error}"
        );
        let about = About {
            bodies: &vec![Bytes::new(); bodies + 1],
            ..About::default()
        };
        let error = encode(mode, &1, &about, &Limits::default(), &mut out).unwrap_err();
        assert!(
            matches!(error, EncodeError::TooManyBodies { limit, .. } if limit == bodies),
            "{error}"
        );
    }
    let about = About {
        bodies: &[Bytes::from_static(&[0; 20])],
        ..About::default()
    };
    assert!(
        encode(Mode::Bincode, &1, &about, &limits, &mut out).is_err(),
        "bodies count"
    );
    assert_eq!(out, b"before", "nothing is left of what was refused");
}

#[test]
fn a_full_outbox_gives_the_frame_back() {
    let limits = Limits {
        queue: 20,
        ..Limits::default()
    };
    let mut outbox = Outbox::new(Mode::Json, limits);
    outbox.push(frame(Mode::Json, "a message of some length", &[])).unwrap();
    let back = outbox.push(frame(Mode::Json, "b", &[4])).unwrap_err();
    assert_eq!(back.handles, [4]);
    outbox.transmitted(27);
    outbox.push(back).unwrap();
}

#[test]
fn what_is_pressed_into_a_full_outbox_is_bounded_until_some_of_it_is_written() {
    let mut outbox: Outbox<u32> = Outbox::new(Mode::Json, Limits::default());
    let filling = "x".repeat(200_000);
    outbox.push(frame(Mode::Json, &filling, &[])).unwrap();
    let pressed = |outbox: &mut Outbox<u32>| {
        (0..100_000).find(|_| outbox.press(frame(Mode::Json, &"y".repeat(97), &[])).is_err())
    };
    let expected = (1 << 20) / 100 + 1;
    assert_eq!(pressed(&mut outbox), Some(expected));
    assert_eq!(pressed(&mut outbox), Some(0));
    // What was there before, and the first run of them.
    outbox.transmitted(200_003 + (64 << 10));
    assert!(pressed(&mut outbox).is_some_and(|count| (1..expected).contains(&count)));
    drain(&mut outbox);
    assert!(outbox.is_idle() && pressed(&mut outbox).is_some_and(|count| count > expected));
}

#[test]
fn a_queue_of_no_bytes_takes_one_frame_at_a_time_and_no_handle() {
    let limits = Limits {
        queue: 0,
        handles: 0,
        ..Limits::default()
    };
    let mut outbox: Outbox<u32> = Outbox::new(Mode::Json, limits);
    outbox.push(frame(Mode::Json, "a", &[])).unwrap();
    let back = outbox.push(frame(Mode::Json, "b", &[])).unwrap_err();
    assert_eq!(drain(&mut outbox).len(), 1);
    outbox.push(back).unwrap();

    let about = About {
        handles: &[HandleKind::Server],
        ..About::default()
    };
    match encode(Mode::Json, &1, &about, &limits, &mut Vec::new()) {
        Err(EncodeError::TooManyHandles { limit: 0, found: 1 }) => {}
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn any_bytes_give_messages_or_an_error_and_never_a_panic(bytes: Vec<u8>, cut: prop::sample::Index, mode in 0usize..3) {
        let mode = MODES[mode];
        let mut incoming: Incoming<u32> = Incoming::new(mode, Limits { frame: 1000, queue: 1000, handles: 3, requests: 1 });
        let (left, right) = bytes.split_at(cut.index(bytes.len() + 1));
        for (piece, handle) in [(left, 1), (right, 2)] {
            incoming.received(piece, Some(Bundle::Whole(vec![handle]))).unwrap();
            while let Ok(Some(event)) = incoming.next_event() {
                if let Event::Message(message) = event {
                    let _: Result<String, _> = decode(mode, &message.payload, message.nesting());
                }
            }
        }
    }

    #[test]
    fn whatever_is_pushed_arrives_in_order_however_it_is_written_and_read(
        messages in prop::collection::vec((".{0,40}", 0u32..3), 1..20),
        steps in prop::collection::vec(1usize..50, 1..200),
    ) {
        let mut outbox = Outbox::new(Mode::Bincode, Limits::default());
        for (text, handles) in &messages {
            let handles: Vec<u32> = (0..*handles).collect();
            outbox.push_now(frame(Mode::Bincode, text, &handles));
        }
        let mut incoming = Incoming::new(Mode::Bincode, Limits::default());
        let mut steps = steps.into_iter().cycle();
        let mut seen = Vec::new();
        while let Some(transmit) = outbox.transmit() {
            let bytes = concat(&transmit.parts);
            let written = steps.next().unwrap().min(bytes.len());
            let bundle = (!transmit.handles.is_empty()).then(|| Bundle::Whole(transmit.handles.to_vec()));
            incoming.received(&bytes[..written], bundle).unwrap();
            outbox.transmitted(written);
            while let Some(event) = incoming.next_event().unwrap() {
                let Event::Message(message) = event else { panic!("{event:?}") };
                let text: String = decode(Mode::Bincode, &message.payload, message.nesting()).unwrap();
                seen.push((text, u32::try_from(handles_of(message).0.len()).unwrap()));
            }
        }
        prop_assert_eq!(seen, messages);
    }
}
