//! From messages to bytes and descriptors: what waits to be written, and in which order.
//!
//! Rule 1: frames leave in the order in which they were pushed, each whole before the next begins.
//! Rule 2: what overtakes goes before everything that has not begun: what is owed (answers, refusals), and a handle sent
//! again.
//! Rule 3: while a handle is in flight (see [`handle`](super::handle)), only what overtakes may begin, or what may be in
//! flight beside it.
//! Rule 4: a frame with descriptors begins a system call of its own, so that they ride on its first byte.
//! Rule 5: in Node's modes a handle is kept until it is acknowledged; otherwise until the kernel has taken it.
//! Rule 6: a protocol above the channel need not wait for room, until 1 MiB of what it has pressed in waits: then the peer
//! does not read.
//! Rule 7: what is owed is never refused for want of room. When too much of it waits, the peer is not to be heard any
//! more until it has read: see [`Outbox::owes_too_much`].
//!
//! Plan: small frames that follow each other are copied into one run of bytes. A copy of 64 bytes is cheaper than an
//! allocation and a part of a system call of their own. A long frame stays where it was written, and so do bodies.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::Bytes;

use super::handle::{Answer, Flight, Landing};
use super::limits::Limits;
use super::mode::Mode;

/// The most pieces that leave in one system call.
const MAX_PARTS: usize = 64;
/// Frames up to this length join a run; a run does not begin to grow beyond [`RUN`].
const SMALL: usize = 4 << 10;
const RUN: usize = 64 << 10;
/// How many bytes may be pressed in where there is no room.
const PRESSED: usize = 1 << 20;
/// The most that is kept of what frames were written in: room for a message of 128 KiB, whose vector has doubled.
const SPARE: usize = 256 << 10;

/// A message ready to be written, with what travels beside it.
#[derive(Debug)]
pub struct Frame<D> {
    /// The bytes, delimiter or header included.
    pub bytes: Vec<u8>,
    /// Bodies, written behind the bytes as they are.
    pub bodies: Vec<Bytes>,
    /// The descriptors.
    pub handles: Vec<D>,
    /// Whether it is of a protocol above the channel: who gives it up is told.
    pub internal: bool,
    /// Whether frames of its kind may arrive in another order, so that in Node's modes some may be under way together.
    pub unordered: bool,
}

impl<D> Frame<D> {
    /// A frame of bytes alone.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            bodies: Vec::new(),
            handles: Vec::new(),
            internal: false,
            unordered: false,
        }
    }

    fn len(&self) -> usize {
        self.bytes.len() + self.bodies.iter().map(Bytes::len).sum::<usize>()
    }

    fn is_plain(&self) -> bool {
        self.handles.is_empty() && self.bodies.is_empty()
    }
}

/// What to hand to the kernel now.
#[derive(Debug)]
pub struct Transmit<'a, D> {
    /// Pieces to be written in this order, at least one and none of them empty.
    pub parts: Vec<IoSlice<'a>>,
    /// Descriptors that ride on the first byte.
    pub handles: &'a [D],
}

/// The sending side of a channel: push frames, write what it says, tell it how much was written.
#[derive(Debug)]
pub struct Outbox<D> {
    mode: Mode,
    limits: Limits,
    queue: VecDeque<Entry<D>>,
    /// The frames whose handles are in flight, for the case that they must be sent again.
    flight: Flight<Frame<D>>,
    bytes: usize,
    handles: usize,
    owed: usize,
    pressed: usize,
    /// What a frame was written in that is needed no more.
    spare: Vec<u8>,
}

/// An empty vector where bytes were that are needed no more; without room if that would be much to keep.
fn spare_of(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.clear();
    if bytes.capacity() <= SPARE { bytes } else { Vec::new() }
}

/// A frame with something beside its bytes, or a long one; or a run of small ones.
#[derive(Debug)]
struct Entry<D> {
    frame: Frame<D>,
    length: usize,
    written: usize,
    overtakes: bool,
    /// How much is owed with it: nothing, or its length.
    owed: usize,
    /// How much of it was pressed in.
    pressed: usize,
    /// How often it has been sent before.
    tries: u32,
}

impl<D> Entry<D> {
    fn new(frame: Frame<D>, overtakes: bool) -> Self {
        Self {
            length: frame.len(),
            frame,
            written: 0,
            overtakes,
            owed: 0,
            pressed: 0,
            tries: 0,
        }
    }

    fn takes_in(&self, more: usize) -> bool {
        !self.overtakes && self.frame.is_plain() && more <= SMALL && self.length + more <= RUN
    }

    /// Adds what is not yet written, piece by piece, as long as pieces are allowed.
    fn add_parts<'a>(&'a self, parts: &mut Vec<IoSlice<'a>>) {
        let mut before = self.written;
        let bodies = self.frame.bodies.iter().map(|body| &body[..]);
        for piece in std::iter::once(&self.frame.bytes[..]).chain(bodies) {
            let skipped = before.min(piece.len());
            before -= skipped;
            if skipped < piece.len() && parts.len() < MAX_PARTS {
                parts.push(IoSlice::new(&piece[skipped..]));
            }
        }
    }
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
            bytes: 0,
            handles: 0,
            owed: 0,
            pressed: 0,
            spare: Vec::new(),
        };
        if let Some(hello) = mode.hello() {
            outbox.overtake(Entry::new(Frame::new(hello.to_vec()), true));
        }
        outbox
    }

    /// Whether another frame would be accepted: always when nothing waits.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.bytes < self.limits.queue.max(1) && self.handles < self.limits.handles.max(1)
    }

    /// Whether so much is owed to the peer that nothing more is to be heard of it, or it would be owed ever more.
    ///
    /// What is owed waits for nothing but the socket, so it is the peer that does not read. Messages do not count: two
    /// ends that write much to each other at the same time must both read.
    #[must_use]
    pub fn owes_too_much(&self) -> bool {
        self.owed > self.limits.queue
    }

    /// Whether so much waits that a system call is well spent on it.
    #[must_use]
    pub fn is_worth_writing(&self) -> bool {
        self.bytes >= RUN.min(self.limits.queue) || self.handles > 0
    }

    /// Whether everything has been written, and no handle is in flight.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.flight.is_free()
    }

    /// Adds a frame.
    ///
    /// # Errors
    ///
    /// Gives it back when too much waits already.
    pub fn push(&mut self, frame: Frame<D>) -> Result<(), Frame<D>> {
        if !self.has_room() {
            return Err(frame);
        }
        self.push_now(frame);
        Ok(())
    }

    /// Adds a frame though there is no room, for a protocol above the channel.
    ///
    /// # Errors
    ///
    /// Gives it back when 1 MiB of such frames waits.
    pub fn press(&mut self, frame: Frame<D>) -> Result<(), Frame<D>> {
        let more = if self.has_room() { 0 } else { frame.len() };
        if more > 0 && self.pressed > PRESSED {
            return Err(frame);
        }
        self.push_now(frame);
        if let Some(last) = self.queue.back_mut() {
            last.pressed += more;
            self.pressed += more;
        }
        Ok(())
    }

    /// Adds a frame whatever waits already.
    pub fn push_now(&mut self, frame: Frame<D>) {
        let length = frame.len();
        let plain = frame.is_plain() && length <= SMALL;
        if let Some(run) = self.queue.back_mut().filter(|last| plain && last.takes_in(length)) {
            run.frame.bytes.extend_from_slice(&frame.bytes);
            run.length += length;
            self.bytes += length;
            self.reuse(frame.bytes);
        } else {
            self.insert(self.queue.len(), Entry::new(frame, false));
        }
    }

    /// An empty vector to write the next frame in: that of one which is on its way, if there is one. It is kept until it is
    /// taken, by whoever has a use for it or to be dropped.
    pub fn spare(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.spare)
    }

    /// The kernel has taken the bytes of a frame that was never pushed, while nothing waited: it has been written, and is
    /// the [`spare`](Self::spare) one.
    #[must_use]
    pub fn written_past(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        self.flight.wrote(bytes.len());
        spare_of(bytes)
    }

    fn reuse(&mut self, bytes: Vec<u8>) {
        self.spare = spare_of(bytes);
    }

    /// Owes the peer an answer for a handle.
    pub fn answer(&mut self, answer: Answer) {
        self.owe(Frame::new(self.mode.answer(answer)));
    }

    /// Owes the peer a frame, without handles, for something that it has said.
    pub fn owe(&mut self, frame: Frame<D>) {
        let owed = frame.len();
        self.owed += owed;
        let entry = Entry::new(frame, true);
        self.overtake(Entry { owed, ..entry });
    }

    /// The peer has answered the oldest handle in flight. Gives the frame back that is given up: the peer will not see it.
    #[must_use]
    pub fn acknowledged(&mut self, answer: Answer) -> Option<Frame<D>> {
        match self.flight.answered(answer) {
            // A frame that is not written whole, or waits to be sent again, nobody can have received.
            Landing::Ignored => None,
            Landing::Arrived(frame) => {
                self.handles -= frame.handles.len();
                None
            }
            Landing::Again(frame, tries) => {
                self.handles -= frame.handles.len();
                let entry = Entry::new(frame, true);
                self.overtake(Entry { tries, ..entry });
                None
            }
            Landing::GivenUp(frame) => {
                self.handles -= frame.handles.len();
                Some(frame)
            }
        }
    }

    /// What to write now, or `None` when nothing may be written.
    #[must_use]
    pub fn transmit(&self) -> Option<Transmit<'_, D>> {
        let mut parts = Vec::new();
        for entry in &self.queue {
            let begun = entry.written > 0;
            if !(begun || self.may_begin(entry)) || parts.len() == MAX_PARTS {
                break;
            }
            let carries = !begun && !entry.frame.handles.is_empty();
            if carries && !parts.is_empty() {
                break;
            }
            entry.add_parts(&mut parts);
            if carries {
                return Some(Transmit {
                    parts,
                    handles: &entry.frame.handles,
                });
            }
        }
        (!parts.is_empty()).then_some(Transmit { parts, handles: &[] })
    }

    fn may_begin(
        &self,
        Entry {
            frame,
            length,
            overtakes,
            ..
        }: &Entry<D>,
    ) -> bool {
        self.flight.is_free()
            || match frame.handles.is_empty() {
                true => *overtakes,
                false => frame.unordered && self.flight.has_room(*length),
            }
    }

    /// The kernel has taken the first `written` bytes of the last [`transmit`](Self::transmit), and its descriptors with
    /// the first of them.
    pub fn transmitted(&mut self, mut written: usize) {
        while written > 0 {
            let Some(entry) = self.queue.front_mut() else { break };
            if entry.written == 0 && !entry.frame.handles.is_empty() && self.mode.is_nodes() {
                self.flight.depart();
            }
            let step = written.min(entry.length - entry.written);
            entry.written += step;
            written -= step;
            self.bytes -= step;
            self.flight.wrote(step);
            if entry.written == entry.length {
                self.leave(step);
            }
        }
    }

    /// The frame at the front has been written whole, so much of it in the last call.
    fn leave(&mut self, last: usize) {
        let Some(Entry {
            frame,
            owed,
            pressed,
            tries,
            length,
            ..
        }) = self.queue.pop_front()
        else {
            return;
        };
        self.owed -= owed;
        self.pressed -= pressed;
        if frame.handles.is_empty() {
            self.reuse(frame.bytes);
        } else if self.mode.is_nodes() {
            let unordered = frame.unordered;
            self.flight.departed(frame, tries, unordered, last == length);
        } else {
            self.handles -= frame.handles.len();
        }
    }

    /// Forgets everything that waits, and the handle in flight.
    pub fn clear(&mut self) {
        self.queue.clear();
        self.flight = Flight::default();
        (self.bytes, self.handles, self.owed, self.pressed) = (0, 0, 0, 0);
        self.spare = Vec::new();
    }

    fn overtake(&mut self, entry: Entry<D>) {
        let ahead = self
            .queue
            .iter()
            .take_while(|entry| entry.written > 0 || entry.overtakes)
            .count();
        self.insert(ahead, entry);
    }

    fn insert(&mut self, at: usize, entry: Entry<D>) {
        self.bytes += entry.length;
        self.handles += entry.frame.handles.len();
        self.queue.insert(at, entry);
    }
}
