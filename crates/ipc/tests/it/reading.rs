//! What is said does not depend on how it was read, nor on the way by which it is taken.

use bytes::Bytes;
use ferronode_ipc::proto::{About, Event, Incoming, Limits, Mode, Outbox, Part, encode};
use proptest::prelude::*;

const MODES: [Mode; 3] = [Mode::Json, Mode::Advanced, Mode::Bincode];

/// A message: its part, its payload, how many bytes of bodies it has.
type Said = (Part, Bytes, usize);

/// What a peer of this mode writes: its hello, and a message for each length.
fn written(mode: Mode, messages: &[(usize, Part)]) -> Vec<u8> {
    let hello = Outbox::<u32>::new(mode, Limits::default());
    let parts = hello.transmit().map_or(Vec::new(), |transmit| transmit.parts);
    let mut bytes: Vec<u8> = parts.iter().flat_map(|part| part.to_vec()).collect();
    for (length, part) in messages {
        let bodies = match mode {
            Mode::Bincode => vec![Bytes::from(vec![7; *length]); length % 3],
            _ => Vec::new(),
        };
        let about = About {
            part: *part,
            bodies: &bodies,
            ..About::default()
        };
        encode(mode, &"_".repeat(*length), &about, &Limits::default(), &mut bytes).unwrap();
        bytes.extend(bodies.concat());
    }
    bytes
}

/// Takes all that is there, the short way first if it may be.
fn hear(incoming: &mut Incoming<u32>, said: &mut Vec<Said>, short_way: bool) {
    loop {
        if let Some(payload) = short_way.then(|| incoming.next_plain()).flatten() {
            said.push((Part::Message, payload, 0));
            continue;
        }
        match incoming.next_event().unwrap() {
            Some(Event::Message(message)) => {
                let bodies = message.company.map_or(0, |company| company.bodies.concat().len());
                said.push((message.part, message.payload, bodies));
            }
            Some(other) => panic!("{other:?}"),
            None => return,
        }
    }
}

/// Reads as a driver does, pieces of up to these lengths, to places of this capacity.
fn read(mode: Mode, mut bytes: &[u8], pieces: &[usize], place: usize) -> Vec<Said> {
    let mut incoming = Incoming::new(mode, Limits::default());
    let mut said = Vec::new();
    for piece in pieces.iter().cycle() {
        if incoming.space().is_none() {
            incoming.lend(Vec::with_capacity(place));
        }
        let space = incoming.space().unwrap();
        let room = space.capacity() - space.len();
        assert!(room > 0, "a read of nothing would be taken for the end");
        let (now, later) = bytes.split_at(bytes.len().min(*piece).min(room));
        space.extend_from_slice(now);
        incoming.received(&[], None).unwrap();
        hear(&mut incoming, &mut said, piece % 2 == 0);
        if piece % 3 == 0 {
            incoming.settle();
        }
        bytes = later;
        if bytes.is_empty() {
            break;
        }
    }
    incoming.ended().unwrap();
    said
}

fn any_message() -> impl Strategy<Value = (usize, Part)> {
    let length = prop_oneof![
        0usize..100,
        4_000usize..4_100,
        65_400usize..65_600,
        100_000usize..200_000
    ];
    let part = prop_oneof![
        Just(Part::Message),
        Just(Part::Message),
        Just(Part::Request(1)),
        Just(Part::Reply(2)),
    ];
    (length, part)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn however_it_is_read_the_same_is_said(
        mode in 0usize..3,
        messages in prop::collection::vec(any_message(), 1..8),
        pieces in prop::collection::vec(prop_oneof![100usize..5_000, 60_000usize..300_000], 1..8),
        place in prop_oneof![Just(1), Just(5_000), Just(65_536), Just(131_072)],
    ) {
        let mode = MODES[mode];
        let bytes = written(mode, &messages);
        let mut whole = Incoming::new(mode, Limits::default());
        let mut expected = Vec::new();
        whole.received(&bytes, None).unwrap();
        hear(&mut whole, &mut expected, false);
        prop_assert_eq!(expected.len(), messages.len());
        prop_assert!(read(mode, &bytes, &pieces, place) == expected);
    }
}

#[test]
fn what_is_behind_a_long_message_does_not_say_what_it_is() {
    for mode in MODES {
        let bytes = written(mode, &[(70_000, Part::Request(7)), (100_000, Part::Message)]);
        let (beginning, rest) = bytes.split_at(100);
        let mut incoming = Incoming::new(mode, Limits::default());
        let mut said = Vec::new();
        for piece in [beginning, rest] {
            incoming.received(piece, None).unwrap();
            hear(&mut incoming, &mut said, true);
        }
        let parts: Vec<Part> = said.iter().map(|(part, ..)| *part).collect();
        assert_eq!(parts, [Part::Request(7), Part::Message], "{mode:?}");
    }
}

#[test]
fn node_is_heard_behind_any_other_underscore() {
    for mode in [Mode::Json, Mode::Advanced] {
        for (name, cmd, part) in [
            ("a", "NODE_X", Part::Internal),
            ("_", "NODE_X", Part::Internal),
            ("a_b\\", "NODE_X", Part::Internal),
            ("NODE_", "NODE", Part::Message),
        ] {
            let mut bytes = Vec::new();
            let value = std::collections::BTreeMap::from([(name, "1_2"), ("cmd", cmd)]);
            encode(mode, &value, &About::default(), &Limits::default(), &mut bytes).unwrap();
            let mut incoming = Incoming::new(mode, Limits::default());
            let mut said = Vec::new();
            incoming.received(&bytes, None).unwrap();
            hear(&mut incoming, &mut said, true);
            assert_eq!(said[0].0, part, "{name} {cmd} {mode:?}");
        }
    }
}
