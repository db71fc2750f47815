//! What Node makes of what an outbox writes: it keeps one descriptor at a time, so each must be read with its own frame.

use std::collections::VecDeque;

use ferronode_ipc::proto::{About, Answer, Frame, HandleKind, Limits, Mode, Outbox, encode};
use proptest::prelude::*;

/// A Unix stream socket, as far as descriptors go.
#[derive(Default)]
struct Kernel {
    segments: VecDeque<(VecDeque<u8>, Option<u32>)>,
}

impl Kernel {
    /// Gives bytes of the segments one behind the other, but none behind those with which a descriptor came.
    fn recvmsg(&mut self, room: usize) -> (Vec<u8>, Option<u32>) {
        let (mut bytes, mut descriptor) = (Vec::new(), None);
        while let Some((segment, carried)) = self.segments.front_mut() {
            let step = segment.len().min(room - bytes.len());
            bytes.extend(segment.drain(..step));
            descriptor = carried.take();
            if !segment.is_empty() {
                break;
            }
            self.segments.pop_front();
            if descriptor.is_some() {
                break;
            }
        }
        (bytes, descriptor)
    }
}

/// A Node process that reads.
#[derive(Default)]
struct Node {
    line: Vec<u8>,
    pending: Option<u32>,
    heard: Vec<(usize, Option<u32>)>,
}

impl Node {
    /// Reads once, and says what it answers.
    fn read(&mut self, kernel: &mut Kernel, room: usize) -> Vec<Answer> {
        let (bytes, descriptor) = kernel.recvmsg(room);
        self.pending = descriptor.or(self.pending.take());
        let mut answers = Vec::new();
        for byte in bytes {
            if byte != b'\n' {
                self.line.push(byte);
                continue;
            }
            let line = String::from_utf8(std::mem::take(&mut self.line)).unwrap();
            let number = line.split("no ").nth(1).and_then(|rest| rest.split('.').next());
            let descriptor = if line.contains("NODE_HANDLE") {
                let descriptor = self.pending.take();
                answers.push(if descriptor.is_some() {
                    Answer::Ack
                } else {
                    Answer::Nack
                });
                descriptor
            } else {
                None
            };
            self.heard.push((number.unwrap().parse().unwrap(), descriptor));
        }
        answers
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// A message of this length.
    Plain(usize),
    Ordered(usize),
    Unordered(usize),
    /// The socket takes so many bytes.
    Write(usize),
    /// The reader reads, and what it answers is heard.
    Read,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (0usize..9_000).prop_map(Step::Plain),
        1 => (0usize..9_000).prop_map(Step::Ordered),
        4 => (0usize..300).prop_map(Step::Unordered),
        1 => (0usize..9_000).prop_map(Step::Unordered),
        1 => (1usize..9_000).prop_map(Step::Write),
        4 => Just(Step::Write(usize::MAX)),
        3 => Just(Step::Read),
    ]
}

fn frame(number: usize, length: usize, handle: Option<u32>) -> Frame<u32> {
    let about = About {
        handles: &[HandleKind::Native][..usize::from(handle.is_some())],
        ..About::default()
    };
    let (mut bytes, padding) = (Vec::new(), "x".repeat(length));
    encode(
        Mode::Json,
        &format!("no {number}.{padding}"),
        &about,
        &Limits::default(),
        &mut bytes,
    )
    .unwrap();
    Frame {
        handles: handle.into_iter().collect(),
        ..Frame::new(bytes)
    }
}

/// Writes once; says how many descriptors left with it.
fn write(outbox: &mut Outbox<u32>, kernel: &mut Kernel, most: usize) -> bool {
    let Some(transmit) = outbox.transmit() else {
        return false;
    };
    let mut bytes: VecDeque<u8> = transmit.parts.iter().flat_map(|part| part.to_vec()).collect();
    bytes.truncate(most);
    let (written, descriptor) = (bytes.len(), transmit.handles.first().copied());
    kernel.segments.push_back((bytes, descriptor));
    outbox.transmitted(written);
    true
}

fn read(outbox: &mut Outbox<u32>, kernel: &mut Kernel, node: &mut Node, room: usize) -> bool {
    let before = (node.heard.len(), node.line.len());
    for answer in node.read(kernel, room) {
        assert!(outbox.acknowledged(answer).is_none());
    }
    before != (node.heard.len(), node.line.len())
}

proptest! {
    #[test]
    fn each_descriptor_is_read_with_its_own_frame(
        steps in prop::collection::vec(step(), 1..60),
        room in prop_oneof![Just(4_096usize), Just(65_536)],
    ) {
        let mut outbox = Outbox::new(Mode::Json, Limits::default());
        let (mut kernel, mut node) = (Kernel::default(), Node::default());
        let mut sent = Vec::new();
        for step in steps {
            let (length, kind) = match step {
                Step::Plain(length) => (length, None),
                Step::Ordered(length) => (length, Some(false)),
                Step::Unordered(length) => (length, Some(true)),
                Step::Write(most) => {
                    write(&mut outbox, &mut kernel, most);
                    continue;
                }
                Step::Read => {
                    read(&mut outbox, &mut kernel, &mut node, room);
                    continue;
                }
            };
            let (number, handle) = (sent.len(), kind.map(|_| u32::try_from(sent.len()).unwrap()));
            let unordered = kind == Some(true);
            outbox.push_now(Frame { unordered, ..frame(number, length, handle) });
            sent.push((number, handle));
        }
        while write(&mut outbox, &mut kernel, usize::MAX) | read(&mut outbox, &mut kernel, &mut node, room) {}
        prop_assert_eq!(node.heard, sent);
        prop_assert!(outbox.is_idle());
    }
}

#[test]
fn connections_leave_together_until_eight_are_under_way() {
    let mut outbox = Outbox::new(Mode::Json, Limits::default());
    let (mut kernel, mut node) = (Kernel::default(), Node::default());
    for number in 0..10 {
        let handle = Some(u32::try_from(number).unwrap());
        let unordered = true;
        outbox.push_now(Frame {
            unordered,
            ..frame(number, 0, handle)
        });
    }
    outbox.push_now(frame(10, 0, None));
    let mut written = || std::iter::from_fn(|| write(&mut outbox, &mut kernel, usize::MAX).then_some(())).count();
    assert_eq!(written(), 8);
    read(&mut outbox, &mut kernel, &mut node, 65_536);
    let mut written = || std::iter::from_fn(|| write(&mut outbox, &mut kernel, usize::MAX).then_some(())).count();
    assert_eq!(written(), 1);
    // What is behind them waits for all.
    while read(&mut outbox, &mut kernel, &mut node, 65_536) {}
    assert_eq!(node.heard.len(), 9);
    assert!(write(&mut outbox, &mut kernel, usize::MAX));
    assert!(
        !write(&mut outbox, &mut kernel, usize::MAX),
        "the message waits for all connections"
    );
}
