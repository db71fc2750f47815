//! From messages to bytes and descriptors: what waits to be written, and in which order.
//!
//! Rule 1: frames leave in the order in which they were pushed, each whole before the next begins.
//! Rule 2: what [overtakes](Entry::overtakes) goes before everything that has not begun: answers, and a handle sent again.
//! Rule 3: while a handle is in flight (see [`handle`](super::handle)), only what overtakes may begin.
//! Rule 4: a frame with descriptors begins a system call of its own, so that they ride on its first byte.
//! Rule 5: in Node's modes a handle is kept until it is acknowledged; otherwise until the kernel has taken it.

use std::collections::VecDeque;

use bytes::Bytes;

use super::handle::{Answer, Flight, Landing};
use super::limits::Limits;
use super::mode::Mode;

/// The most frames that leave in one system call.
const MAX_PARTS: usize = 64;

/// A message ready to be written, with the descriptors that ride on it.
#[derive(Debug)]
pub struct Frame<D> {
    /// The bytes, delimiter or header included.
    pub bytes: Bytes,
    /// The descriptors.
    pub handles: Vec<D>,
}

/// What to hand to the kernel now.
#[derive(Debug)]
pub struct Transmit<'a, D> {
    /// Pieces to be written in this order, at least one and none of them empty.
    pub parts: Vec<&'a [u8]>,
    /// Descriptors that ride on the first byte.
    pub handles: &'a [D],
}

/// Whether a frame was accepted.
#[derive(Debug)]
pub enum Pushed<D> {
    /// It will be written.
    Queued,
    /// Too much waits already: here it is again.
    Full(Frame<D>),
}

/// The sending side of a channel: push frames, write what it says, tell it how much was written.
#[derive(Debug)]
pub struct Outbox<D> {
    mode: Mode,
    limits: Limits,
    queue: VecDeque<Entry<D>>,
    flight: Flight,
    /// The frame whose handle is in flight, for the case that it must be sent again.
    kept: Option<Frame<D>>,
    bytes: usize,
    handles: usize,
}

#[derive(Debug)]
struct Entry<D> {
    frame: Frame<D>,
    written: usize,
    overtakes: bool,
}

impl<D> Outbox<D> {
    /// Begins with nothing to write, but for the hello of mode `bincode`.
    #[must_use]
    pub fn new(mode: Mode, limits: Limits) -> Self {
        let mut outbox = Self {
            mode,
            limits,
            queue: VecDeque::new(),
            flight: Flight::default(),
            kept: None,
            bytes: 0,
            handles: 0,
        };
        if let Some(bytes) = mode.hello() {
            outbox.push_now(Frame {
                bytes,
                handles: Vec::new(),
            });
        }
        outbox
    }

    /// Whether another frame would be accepted.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.bytes < self.limits.queue && self.handles < self.limits.handles
    }

    /// Whether everything has been written, and no handle is in flight.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.flight.is_free()
    }

    /// Adds a frame, unless too much waits already.
    pub fn push(&mut self, frame: Frame<D>) -> Pushed<D> {
        if !self.has_room() {
            return Pushed::Full(frame);
        }
        self.push_now(frame);
        Pushed::Queued
    }

    /// Adds a frame whatever waits already: for protocols that bound themselves.
    pub fn push_now(&mut self, frame: Frame<D>) {
        self.insert(
            self.queue.len(),
            Entry {
                frame,
                written: 0,
                overtakes: false,
            },
        );
    }

    /// Owes the peer an answer.
    pub fn answer(&mut self, answer: Answer) {
        let frame = Frame {
            bytes: Bytes::from_static(answer.json()),
            handles: Vec::new(),
        };
        self.overtake(frame);
    }

    /// The peer has answered the handle in flight. True when the handle is given up: the peer will not see its message.
    #[must_use]
    pub fn acknowledged(&mut self, answer: Answer) -> bool {
        match self.flight.answered(answer) {
            Landing::Ignored => false,
            landing => match (landing, self.kept.take()) {
                (Landing::Again, Some(frame)) => {
                    self.handles -= frame.handles.len();
                    self.overtake(frame);
                    false
                }
                (landing, kept) => {
                    self.handles -= kept.map_or(0, |frame| frame.handles.len());
                    landing == Landing::GivenUp
                }
            },
        }
    }

    /// What to write now, or `None` when nothing may be written.
    #[must_use]
    pub fn transmit(&self) -> Option<Transmit<'_, D>> {
        let mut parts = Vec::new();
        for entry in &self.queue {
            let begun = entry.written > 0;
            if !(begun || entry.overtakes || self.flight.is_free()) || parts.len() == MAX_PARTS {
                break;
            }
            let carries = !begun && !entry.frame.handles.is_empty();
            if carries && !parts.is_empty() {
                break;
            }
            parts.push(&entry.frame.bytes[entry.written..]);
            if carries {
                return Some(Transmit {
                    parts,
                    handles: &entry.frame.handles,
                });
            }
        }
        (!parts.is_empty()).then_some(Transmit { parts, handles: &[] })
    }

    /// The kernel has taken the first `written` bytes of the last [`transmit`](Self::transmit), and its descriptors with
    /// the first of them.
    pub fn transmitted(&mut self, mut written: usize) {
        while written > 0 {
            let Some(entry) = self.queue.front_mut() else { break };
            if entry.written == 0 && !entry.frame.handles.is_empty() && self.mode.is_nodes() {
                self.flight.depart();
            }
            let step = written.min(entry.frame.bytes.len() - entry.written);
            entry.written += step;
            written -= step;
            self.bytes -= step;
            if entry.written == entry.frame.bytes.len() {
                self.leave();
            }
        }
    }

    /// The frame at the front has been written whole.
    fn leave(&mut self) {
        let Some(Entry { frame, .. }) = self.queue.pop_front() else {
            return;
        };
        if frame.handles.is_empty() {
        } else if self.mode.is_nodes() {
            self.kept = Some(frame);
        } else {
            self.handles -= frame.handles.len();
        }
    }

    /// Forgets everything that waits, and the handle in flight.
    pub fn clear(&mut self) {
        self.queue.clear();
        self.kept = None;
        self.flight = Flight::Free;
        (self.bytes, self.handles) = (0, 0);
    }

    fn overtake(&mut self, frame: Frame<D>) {
        let ahead = self
            .queue
            .iter()
            .take_while(|entry| entry.written > 0 || entry.overtakes)
            .count();
        self.insert(
            ahead,
            Entry {
                frame,
                written: 0,
                overtakes: true,
            },
        );
    }

    fn insert(&mut self, at: usize, entry: Entry<D>) {
        self.bytes += entry.frame.bytes.len();
        self.handles += entry.frame.handles.len();
        self.queue.insert(at, entry);
    }
}
