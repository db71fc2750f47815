//! What the two halves of a channel share: the socket, and what waits to be written to it.
//!
//! Rule: whoever adds to the outbox writes at once, and goes on until it is empty or the socket is full.
//! Only then is a task started that waits for "writable"; it ends when it has caught up. So an idle channel is registered
//! for reading alone, and a message that fits costs one system call in the task that sent it.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use ferronode_sys::{Readiness, set_nonblocking, set_send_buffer, shut_down};
use tokio::runtime;
use tokio::sync::Notify;

use super::asking::Asking;
use crate::handle::Handle;
use crate::proto::{Answer, Frame, Limits, Mode, Outbox};

/// What the kernel may hold of a channel between our own processes, in bytes; it doubles the number. Twice the default was
/// measured best for large bodies: with less the writer waits more often, with more they fall out of the caches.
const SEND_BUFFER: usize = 212_992;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) socket: Readiness,
    pub(super) mode: Mode,
    pub(super) limits: Limits,
    /// Never locked before `writing` is.
    pub(super) asking: Asking,
    /// Whether a message would be accepted, as far as is known without the lock. Who must know takes the lock.
    pub(super) roomy: AtomicBool,
    /// Whether the peer is not to be heard until it has read what it is owed, as far as is known without the lock.
    owing: AtomicBool,
    writing: Mutex<Writing>,
    /// Told whenever something has left the outbox, or the channel has closed.
    moved: Notify,
    runtime: runtime::Handle,
}

/// A `std` mutex, since no lock is held across an await: a turn with it is a push and at most a few writes.
#[derive(Debug)]
struct Writing {
    outbox: Outbox<Handle>,
    state: State,
    /// Whether the channel ends because this end has said so.
    left: bool,
    /// Whether a task waits for the socket to have room again.
    waiting: bool,
    /// Who receives, and waits: it writes what is fed, and goes on when no more than may be is owed.
    receiver: Option<Waker>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// No message is accepted any more; what waits is still written.
    Draining,
    Closed,
}

/// Whether the socket takes more.
enum Flow {
    Written,
    Full,
    /// The kernel does not, though the peer may have read all: as many descriptors are under way between processes as
    /// this user may have open (ETOOMANYREFS), or its memory is short.
    Short,
}

/// How long until the kernel is asked again when it is short, or this process is of descriptors: others must give some
/// back, and nothing tells when they do.
const AGAIN: Duration = Duration::from_millis(10);

impl Shared {
    pub(super) fn new(socket: OwnedFd, mode: Mode, limits: Limits) -> io::Result<Self> {
        set_nonblocking(socket.as_fd())?;
        if !mode.is_nodes() {
            // Large bodies wait less often for the peer. A system that allows less is slower, and nothing else.
            _ = set_send_buffer(socket.as_fd(), SEND_BUFFER);
        }
        let shared = Self {
            socket: Readiness::reading(socket)?,
            mode,
            limits,
            asking: Asking::new(&limits),
            roomy: AtomicBool::new(true),
            owing: AtomicBool::new(false),
            writing: Mutex::new(Writing {
                outbox: Outbox::new(mode, limits),
                state: State::Open,
                left: false,
                waiting: false,
                receiver: None,
            }),
            moved: Notify::new(),
            runtime: runtime::Handle::current(),
        };
        Ok(shared)
    }

    /// Writes what waits, as far as the socket takes it: the hello at the beginning, and what was only fed.
    pub(super) fn write_waiting(self: &Arc<Self>) {
        self.write(&mut self.lock());
    }

    /// Writes a frame of bytes alone, if nothing is before it: from where it is, and the outbox hears of it only if some is
    /// left. Gives a vector for the next frame; or the bytes back, to be pushed, if nothing of them was written.
    pub(super) fn write_past(self: &Arc<Self>, bytes: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
        let mut writing = self.lock();
        if writing.state != State::Open || !writing.outbox.is_idle() {
            return Err(bytes);
        }
        // What is wrong with the socket shows again when it is pushed.
        match ferronode_sys::send(self.socket.as_fd(), &[IoSlice::new(&bytes)], &[]) {
            Ok(written) if written == bytes.len() => Ok(writing.outbox.written_past(bytes)),
            Ok(written) => {
                writing.outbox.push_now(Frame::new(bytes));
                writing.outbox.transmitted(written);
                let spare = self.write(&mut writing);
                self.roomy.store(writing.outbox.has_room(), Ordering::Relaxed);
                Ok(spare)
            }
            Err(_) => Err(bytes),
        }
    }

    /// Adds a frame if the channel is open and has room (or `how` says not to ask for room), and gives a vector for the
    /// next one.
    pub(super) fn push(self: &Arc<Self>, frame: Frame<Handle>, how: Push) -> Result<Vec<u8>, NotPushed> {
        let mut writing = self.lock();
        if writing.state != State::Open {
            return Err(NotPushed::Closed(frame));
        }
        match how {
            Push::Regardless => writing.outbox.push_now(frame),
            Push::Pressed => writing.outbox.press(frame).map_err(NotPushed::Full)?,
            Push::Owed => writing.outbox.owe(frame),
            Push::Send | Push::Feed => writing.outbox.push(frame).map_err(NotPushed::Full)?,
        }
        if how != Push::Feed || writing.outbox.is_worth_writing() {
            let spare = self.write(&mut writing);
            self.roomy.store(writing.outbox.has_room(), Ordering::Relaxed);
            return Ok(spare);
        }
        if let Some(receiver) = writing.receiver.take() {
            receiver.wake();
        }
        Ok(writing.outbox.spare())
    }

    /// Owes the peer an answer for a handle.
    pub(super) fn answer(self: &Arc<Self>, answer: Answer) {
        let mut writing = self.lock();
        if writing.state != State::Closed {
            writing.outbox.answer(answer);
            self.write(&mut writing);
        }
    }

    /// Whether the peer may be heard: not while it leaves unread what it is owed.
    pub(super) fn may_hear(&self) -> bool {
        !self.owing.load(Ordering::Relaxed)
    }

    /// As [`may_hear`](Self::may_hear); whoever may not is woken when it may.
    pub(super) fn poll_hear(&self, context: &Context<'_>) -> Poll<()> {
        if self.may_hear() {
            return Poll::Ready(());
        }
        let mut writing = self.lock();
        if self.may_hear() {
            return Poll::Ready(());
        }
        writing.receiver = Some(context.waker().clone());
        Poll::Pending
    }

    /// The receiver has nothing to read: what waits is written, and what is fed from now on wakes it.
    pub(super) fn receiver_waits(self: &Arc<Self>, context: &Context<'_>) {
        let mut writing = self.lock();
        if !writing.outbox.is_idle() {
            self.write(&mut writing);
        }
        match &mut writing.receiver {
            Some(receiver) => receiver.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
    }

    /// The peer has answered. Gives the frame back that was given up.
    pub(super) fn acknowledged(self: &Arc<Self>, answer: Answer) -> Option<Frame<Handle>> {
        let mut writing = self.lock();
        let given_up = writing.outbox.acknowledged(answer);
        self.write(&mut writing);
        // The flight has ended, even if nothing was written after it: whoever flushes waits for that.
        self.moved.notify_waiters();
        given_up
    }

    /// Runs something beside the channel, in the runtime that it was made in.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }

    pub(super) fn is_open(&self) -> bool {
        self.lock().state == State::Open
    }

    /// Whether the channel ends because this end has disconnected, so that the peer may be cut short.
    pub(super) fn has_left(&self) -> bool {
        self.lock().left
    }

    pub(super) fn is_drained(&self) -> bool {
        let writing = self.lock();
        writing.state == State::Closed || writing.outbox.is_idle()
    }

    /// Waits until `done` says so; it is asked again whenever something has moved.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub(super) async fn until(&self, done: impl Fn(&Self) -> bool) {
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            if done(self) {
                return;
            }
            moved.await;
        }
    }

    pub(super) fn has_room(&self) -> bool {
        let writing = self.lock();
        let has_room = writing.state != State::Open || writing.outbox.has_room();
        self.roomy.store(has_room, Ordering::Relaxed);
        has_room
    }

    /// Accepts no more messages; the socket is closed when all that waits has been written.
    pub(super) fn disconnect(self: &Arc<Self>) {
        let mut writing = self.lock();
        if writing.state == State::Open {
            writing.state = State::Draining;
            writing.left = true;
            self.write(&mut writing);
        }
    }

    /// The peer is gone, or broke the rules: nothing can be written any more.
    pub(super) fn close(&self) {
        self.close_locked(&mut self.lock());
    }

    fn close_locked(&self, writing: &mut Writing) {
        writing.state = State::Closed;
        writing.outbox.clear();
        self.asking.end();
        // Both directions at once: Node knows no half-open channel. What the peer has sent can still be read.
        shut_down(self.socket.as_fd());
        self.moved.notify_waiters();
        self.note_what_is_owed(writing);
    }

    /// Stops the receiver when too much is owed, and wakes it when that is no more so.
    fn note_what_is_owed(&self, writing: &mut Writing) {
        let owing = writing.outbox.owes_too_much();
        if owing == self.owing.load(Ordering::Relaxed) {
            return;
        }
        self.owing.store(owing, Ordering::Relaxed);
        if let (false, Some(receiver)) = (owing, writing.receiver.take()) {
            receiver.wake();
        }
    }

    /// Writes what may be written; starts to wait for the socket if it is full. Gives a vector for the next frame, since an
    /// idle channel is to keep none.
    fn write(self: &Arc<Self>, writing: &mut Writing) -> Vec<u8> {
        let may = writing.state != State::Closed && !writing.waiting;
        if may && !matches!(self.write_some(writing), Flow::Written) {
            writing.waiting = true;
            self.runtime.spawn(Arc::clone(self).write_when_writable());
        }
        self.note_what_is_owed(writing);
        writing.outbox.spare()
    }

    fn write_some(&self, writing: &mut Writing) -> Flow {
        while let Some(transmit) = writing.outbox.transmit() {
            let fds: Vec<BorrowedFd<'_>> = transmit.handles.iter().map(AsFd::as_fd).collect();
            match ferronode_sys::send(self.socket.as_fd(), &transmit.parts, &fds) {
                Ok(written) => {
                    writing.outbox.transmitted(written);
                    self.moved.notify_waiters();
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Flow::Full,
                Err(error) if is_short(&error) => return Flow::Short,
                Err(_) => {
                    // The peer is gone.
                    self.close_locked(writing);
                    return Flow::Written;
                }
            }
        }
        if writing.state == State::Draining && writing.outbox.is_idle() {
            self.close_locked(writing);
        }
        Flow::Written
    }

    /// Waits for "writable" on a descriptor of its own, since the first is registered for reading alone.
    async fn write_when_writable(self: Arc<Self>) {
        let socket = loop {
            match self.socket.as_fd().try_clone_to_owned().and_then(Readiness::writing) {
                Ok(socket) => break socket,
                // Descriptors have run out: the peer reads meanwhile, and others close theirs.
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
            if let Flow::Written = self.catch_up() {
                return;
            }
        };
        loop {
            let Ok(ready) = socket.ready().await else {
                return self.close();
            };
            match self.catch_up() {
                Flow::Written => return,
                Flow::Full => ready.clear(),
                Flow::Short => tokio::time::sleep(AGAIN).await,
            }
        }
    }

    fn catch_up(&self) -> Flow {
        let mut writing = self.lock();
        let flow = match writing.state {
            State::Closed => Flow::Written,
            State::Open | State::Draining => self.write_some(&mut writing),
        };
        writing.waiting = !matches!(flow, Flow::Written);
        self.note_what_is_owed(&mut writing);
        if !writing.waiting {
            // While more waits somebody is about to push, and has a use for it.
            drop(writing.outbox.spare());
        }
        flow
    }

    fn lock(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_short(error: &io::Error) -> bool {
    matches!(
        ferronode_sys::error_name(error),
        Some("ETOOMANYREFS" | "ENOBUFS" | "ENOMEM")
    )
}

/// How a frame is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Push {
    /// If there is room, and written at once.
    Send,
    /// If there is room, and written when there is more, or when somebody sends, flushes or waits.
    Feed,
    /// Whatever waits already, and written at once.
    Regardless,
    /// Though there is no room, as long as not too much was added so, and written at once.
    Pressed,
    /// For something that the peer has said: whatever waits already, and before it.
    Owed,
}

/// Why a frame was not accepted, and the frame.
pub(super) enum NotPushed {
    Closed(Frame<Handle>),
    Full(Frame<Handle>),
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::thread;

    use super::*;

    /// More than the socket takes.
    const LONG: usize = 250_000;

    #[tokio::test]
    async fn what_a_frame_was_written_in_does_not_stay_on_an_idle_channel() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let shared = Arc::new(Shared::new(ours.into(), Mode::Json, Limits::default()).unwrap());
        for (length, how) in [(LONG, Push::Send), (100, Push::Feed)] {
            let frame = Frame::new(vec![b'x'; length]);
            assert!(shared.push(frame, how).is_ok());
            shared.write_waiting();
            let mut theirs = theirs.try_clone().unwrap();
            let reader = thread::spawn(move || theirs.read_exact(&mut vec![0; length]).unwrap());
            shared.until(Shared::is_drained).await;
            reader.join().unwrap();
            assert_eq!(shared.lock().outbox.spare().capacity(), 0);
        }
    }
}
