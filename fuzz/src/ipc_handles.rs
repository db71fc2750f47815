//! Two ends of a channel and the kernel between them, played with; then one end and a peer that lies.
//!
//! Properties: messages arrive in order, but for those that mind none among each other; a handle arrives once at most, and
//! with its own message; when all is written, read and answered, nothing is counted any more. Whatever a peer answers, a
//! handle leaves four times at most, and no other that minds its order leaves before it is answered.
//!
//! An input is a mode, then one byte a step: what is done, by which end, how much.

use std::collections::VecDeque;

use ferronode_ipc::proto::{
    About, Answer, Bundle, Event, Frame, HandleKind, Incoming, Limits, Mode, Outbox, decode, encode,
};

const MODES: [Mode; 3] = [Mode::Json, Mode::Advanced, Mode::Bincode];

fn frame(mode: Mode, number: u32, handles: u32) -> Frame<u32> {
    let about = About {
        handles: &vec![HandleKind::Native; handles as usize],
        ..About::default()
    };
    let mut bytes = Vec::new();
    encode(mode, &(number, handles), &about, &Limits::default(), &mut bytes).expect("two numbers can be written");
    Frame {
        handles: vec![number; handles as usize],
        ..Frame::new(bytes)
    }
}

/// One way through the kernel: bytes, and before which of them descriptors ride. `None` are lost on arrival.
type Wire = VecDeque<(Vec<u8>, Option<Bundle<u32>>)>;

struct End {
    outbox: Outbox<u32>,
    incoming: Incoming<u32>,
    sent: u32,
    /// The numbers of those that are to arrive in order.
    ordered: Vec<u32>,
    heard: Vec<u32>,
    given_up: u32,
}

impl End {
    fn new(mode: Mode) -> Self {
        Self {
            outbox: Outbox::new(mode, Limits::default()),
            incoming: Incoming::new(mode, Limits::default()),
            sent: 0,
            ordered: Vec::new(),
            heard: Vec::new(),
            given_up: 0,
        }
    }

    fn push(&mut self, mode: Mode, handles: u32, unordered: bool) {
        let frame = frame(mode, self.sent, handles);
        if self.outbox.push(Frame { unordered, ..frame }).is_ok() {
            self.sent += 1;
            self.ordered.extend((!unordered).then_some(self.sent - 1));
        }
    }

    /// Writes up to `most` bytes in one call.
    fn write(&mut self, most: usize, wire: &mut Wire) -> bool {
        let Some(transmit) = self.outbox.transmit() else {
            return false;
        };
        let mut bytes: Vec<u8> = transmit.parts.iter().flat_map(|part| part.iter().copied()).collect();
        bytes.truncate(most);
        let bundle = (!transmit.handles.is_empty()).then(|| Bundle::Whole(transmit.handles.to_vec()));
        self.outbox.transmitted(bytes.len());
        wire.push_back((bytes, bundle));
        true
    }

    /// Reads what one call wrote.
    fn read(&mut self, mode: Mode, wire: &mut Wire, lost: bool) -> bool {
        let Some((bytes, bundle)) = wire.pop_front() else {
            return false;
        };
        let bundle = bundle.map(|bundle| if lost { Bundle::Lost } else { bundle });
        self.incoming
            .received(&bytes, bundle)
            .expect("no more than were sent for messages");
        while let Some(event) = self.incoming.next_event().expect("the other end keeps to the rules") {
            match event {
                Event::Answer(answer) => self.outbox.answer(answer),
                Event::Acknowledged(answer) => self.given_up += u32::from(self.outbox.acknowledged(answer).is_some()),
                Event::Sockets(query) => panic!("nobody said {query:?}"),
                Event::Message(message) => {
                    let (number, handles): (u32, u32) =
                        decode(mode, &message.payload, message.nesting()).expect("it is what was sent");
                    let came = message.company.map_or_else(VecDeque::new, |company| {
                        assert!(!company.handles_lost || mode == Mode::Bincode);
                        if company.handles_lost {
                            vec![number; handles as usize].into()
                        } else {
                            company.handles
                        }
                    });
                    assert_eq!(came, vec![number; handles as usize], "its own handles");
                    self.heard.push(number);
                }
            }
        }
        true
    }
}

fn each_once(numbers: &[u32]) -> bool {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.is_sorted_by(|a, b| a < b)
}

/// Two honest ends, and a kernel that loses descriptors.
fn play(mode: Mode, steps: &[u8]) {
    let mut ends = [End::new(mode), End::new(mode)];
    let mut wires = [Wire::new(), Wire::new()];
    for step in steps {
        let (this, much) = (usize::from(step & 1), usize::from(step >> 3));
        match (step >> 1) & 3 {
            0 if much < 8 => ends[this].push(mode, 0, false),
            0 if mode == Mode::Bincode => ends[this].push(mode, much as u32 - 7, false),
            0 => ends[this].push(mode, 1, much >= 16),
            1 => _ = ends[this].write(much * 4 + 1, &mut wires[this]),
            _ => _ = ends[this].read(mode, &mut wires[1 - this], step & 2 != 0 && much == 0),
        }
    }
    let mut moved = true;
    while moved {
        moved = false;
        for this in 0..2 {
            moved |= ends[this].write(usize::MAX, &mut wires[this]);
            moved |= ends[this].read(mode, &mut wires[1 - this], false);
        }
    }
    for this in 0..2 {
        let (sender, heard) = (&ends[this], &ends[1 - this].heard);
        assert!(
            sender.outbox.is_idle() && sender.outbox.has_room(),
            "something is counted still"
        );
        assert!(each_once(heard), "{heard:?}");
        for (at, number) in heard.iter().enumerate() {
            let (before, behind) = (&heard[..at], &heard[at..]);
            let in_place = before.iter().all(|other| other < number) && behind.iter().all(|other| other >= number);
            assert!(in_place || !sender.ordered.contains(number), "{number} in {heard:?}");
        }
        assert_eq!(
            heard.len() as u32,
            sender.sent - sender.given_up,
            "none is lost without a word"
        );
    }
}

/// One end against a peer that answers as it likes.
fn be_lied_to(mode: Mode, steps: &[u8]) {
    let mut outbox = Outbox::new(
        mode,
        Limits {
            handles: 4,
            ..Limits::default()
        },
    );
    let (mut number, mut departed, mut times, mut answered) = (0, None, 0, true);
    for step in steps {
        let much = usize::from(step >> 2);
        match step & 3 {
            0 => {
                _ = outbox.push(frame(mode, number, u32::from(much % 2 == 0)));
                number += 1;
            }
            1 => {
                let Some(transmit) = outbox.transmit() else { continue };
                let length: usize = transmit.parts.iter().map(|part| part.len()).sum();
                if let Some(&handle) = transmit.handles.first() {
                    times = if departed == Some(handle) { times + 1 } else { 1 };
                    assert!(
                        times <= 4 && answered,
                        "{handle} leaves the {times}th time, answered: {answered}"
                    );
                    assert!(departed <= Some(handle), "{handle} behind {departed:?}");
                    (departed, answered) = (Some(handle), false);
                }
                outbox.transmitted(length.min(much + 1));
            }
            2 => outbox.answer(Answer::Nack),
            _ => {
                let answer = if much == 0 { Answer::Nack } else { Answer::Ack };
                _ = outbox.acknowledged(answer);
                answered = true;
            }
        }
    }
    loop {
        while let Some(transmit) = outbox.transmit() {
            let length = transmit.parts.iter().map(|part| part.len()).sum();
            outbox.transmitted(length);
        }
        if outbox.is_idle() {
            break;
        }
        assert!(outbox.acknowledged(Answer::Ack).is_none());
    }
    assert!(outbox.has_room(), "handles are counted that have gone");
}

/// Checks the properties on one input.
pub fn check(input: &[u8]) {
    let Some((&first, steps)) = input.split_first() else {
        return;
    };
    let mode = MODES[usize::from(first) % 3];
    if first < 128 {
        play(mode, steps);
    } else if mode != Mode::Bincode {
        be_lied_to(mode, steps);
    }
}
