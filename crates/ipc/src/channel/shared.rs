//! What the two halves of a channel share: the socket, and what waits to be written to it.
//!
//! Rule: whoever adds to the outbox writes at once, and goes on until it is empty or the socket is full.
//! Only then is a task started that waits for "writable"; it ends when it has caught up. So an idle channel is registered
//! for reading alone, and a message that fits costs one system call in the task that sent it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ferronode_sys::{Readiness, set_nonblocking, set_send_buffer, shut_down};
use tokio::runtime;
use tokio::sync::Notify;

use super::asking::Asking;
use crate::handle::Handle;
use crate::proto::{Answer, Frame, Limits, Mode, Outbox, Pushed};

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
    /// Whether a task waits for the socket to have room again.
    waiting: bool,
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
}

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
            writing: Mutex::new(Writing {
                outbox: Outbox::new(mode, limits),
                state: State::Open,
                waiting: false,
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

    /// Adds a frame if the channel is open and has room (or `how` says not to ask for room), and gives a vector for the
    /// next one.
    pub(super) fn push(self: &Arc<Self>, frame: Frame<Handle>, how: Push) -> Result<Vec<u8>, NotPushed> {
        let mut writing = self.lock();
        if writing.state != State::Open {
            return Err(NotPushed::Closed(frame));
        }
        let vector = if how == Push::Regardless {
            writing.outbox.push_now(frame)
        } else {
            match writing.outbox.push(frame) {
                Pushed::Queued(vector) => vector,
                Pushed::Full(frame) => return Err(NotPushed::Full(frame)),
            }
        };
        if how != Push::Feed || writing.outbox.is_worth_writing() {
            self.write(&mut writing);
            self.roomy.store(writing.outbox.has_room(), Ordering::Relaxed);
        }
        Ok(vector)
    }

    /// Owes the peer an answer for a handle.
    pub(super) fn answer(self: &Arc<Self>, answer: Answer) {
        let mut writing = self.lock();
        writing.outbox.answer(answer);
        self.write(&mut writing);
    }

    /// The peer has answered. True when a handle was given up.
    pub(super) fn acknowledged(self: &Arc<Self>, answer: Answer) -> bool {
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
    }

    /// Writes what may be written; starts to wait for the socket if it is full.
    fn write(self: &Arc<Self>, writing: &mut Writing) {
        if writing.state == State::Closed || writing.waiting {
            return;
        }
        if let Flow::Full = self.write_some(writing) {
            writing.waiting = true;
            self.runtime.spawn(Arc::clone(self).write_when_writable());
        }
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
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
            if self.has_caught_up() {
                return;
            }
        };
        loop {
            let Ok(ready) = socket.ready().await else {
                return self.close();
            };
            if self.has_caught_up() {
                return;
            }
            ready.clear();
        }
    }

    fn has_caught_up(&self) -> bool {
        let mut writing = self.lock();
        if writing.state != State::Closed && matches!(self.write_some(&mut writing), Flow::Full) {
            return false;
        }
        writing.waiting = false;
        true
    }

    fn lock(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
}

/// Why a frame was not accepted, and the frame.
pub(super) enum NotPushed {
    Closed(Frame<Handle>),
    Full(Frame<Handle>),
}
