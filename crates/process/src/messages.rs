//! The channel of a forked child: messages to the parent and from it.
//!
//! Rule: the channel keeps the loop alive while somebody listens for [`MESSAGE`] or [`DISCONNECT`]. So a child that only
//! sends ends by itself, and one that listens stays until one side disconnects.
//!
//! ```text
//!   parent ── frames ──> waiting, bounded ──> MESSAGE, in order, once somebody listens
//!                          └─ full: nothing is read, and the parent's sends wait in the kernel
//! ```
//!
//! In Node: `lib/internal/child_process.js`, `setupChannel`, seen from the child.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use ferronode_ipc::{Inherited, Message, Outgoing, Receiver, RecvError, SendError, SendErrorKind, Sender, Waiting};
use serde::Serialize;

use crate::events::{DISCONNECT, MESSAGE, emitter};
use crate::wake;

static CHANNEL: Mutex<Option<Sender>> = Mutex::new(None);
/// Something was sent that may still lie in this process.
static UNFLUSHED: AtomicBool = AtomicBool::new(false);
/// What the program has said about being kept alive by the channel, if it has.
static KEEPS_ALIVE: Mutex<Option<bool>> = Mutex::new(None);

/// Sends a message to the parent: any value that can be serialized, and handles.
///
/// It does not wait: past the bound of the channel the message is refused, and [`channel`] has a `send` that waits.
///
/// # Errors
///
/// The message, and why it was not sent: [`SendErrorKind::Closed`] also where there is no channel,
/// [`SendErrorKind::Full`] where the parent does not read.
///
/// In Node: [`process.send`](https://nodejs.org/docs/latest-v20.x/api/process.html#processsendmessage-sendhandle-options-callback).
pub fn send<T: Serialize>(message: impl Into<Outgoing<T>>) -> Result<(), SendError<T>> {
    let message = message.into();
    let Some(channel) = channel() else {
        let kind = SendErrorKind::Closed;
        return Err(SendError { message, kind });
    };
    channel.try_send(message)?;
    UNFLUSHED.store(true, Ordering::Release);
    wake::wake();
    Ok(())
}

/// The sending half of the channel to the parent; `None` where this process was started without one, or outside of
/// [`run`](crate::run). Whoever sends by it waits for it: the end of the loop waits only for what [`send`] was given.
///
/// In Node: [`process.channel`](https://nodejs.org/docs/latest-v20.x/api/process.html#processchannel).
#[must_use]
pub fn channel() -> Option<Sender> {
    shared().clone()
}

/// Whether messages can be sent: false without a channel, after [`disconnect`], and when the parent is gone.
#[must_use]
pub fn connected() -> bool {
    shared().as_ref().is_some_and(Sender::is_connected)
}

/// Closes the channel, when what was sent is written. [`DISCONNECT`] follows.
///
/// # Errors
///
/// [`NotConnected`].
///
/// In Node: [`process.disconnect`](https://nodejs.org/docs/latest-v20.x/api/process.html#processdisconnect).
pub fn disconnect() -> Result<(), NotConnected> {
    match channel() {
        Some(channel) if channel.is_connected() => {
            channel.disconnect();
            wake::wake();
            Ok(())
        }
        _ => Err(NotConnected),
    }
}

/// Says whether the channel keeps the loop alive, whoever listens; `None`: who listens decides again.
///
/// In Node: [`process.channel.ref`, `unref`](https://nodejs.org/docs/latest-v20.x/api/process.html#processchannelref).
#[doc(alias = "ref")]
#[doc(alias = "unref")]
pub fn keep_alive_for_channel(keep: impl Into<Option<bool>>) {
    *KEEPS_ALIVE.lock().unwrap_or_else(PoisonError::into_inner) = keep.into();
    wake::wake();
}

/// There is no channel to the parent, or it is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotConnected;

impl NotConnected {
    /// Node's code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "ERR_IPC_DISCONNECTED"
    }
}

impl fmt::Display for NotConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IPC channel is already disconnected")
    }
}

impl std::error::Error for NotConnected {}

/// The receiving half, and the messages that wait for a listener. The loop's.
pub(crate) struct Messages {
    receiver: Option<Receiver>,
    /// Those that came before their first listener.
    waiting: Waiting,
    flush: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

/// What the loop is to do next about the channel.
pub(crate) enum Step {
    Message(Message),
    Internal(Message),
    Ended,
    Failed(RecvError),
    /// All that was sent is written.
    Flushed,
    /// Nothing: it is woken when there is something.
    Wait,
}

impl Messages {
    /// Begins to use the channel, if there is one. Within a runtime.
    pub(crate) fn open(inherited: Option<Inherited>) -> io::Result<Self> {
        let (sender, receiver) = match inherited {
            None => (None, None),
            Some(inherited) => {
                let (sender, receiver) = inherited.open()?.split();
                (Some(sender), Some(receiver))
            }
        };
        *shared() = sender;
        Ok(Self {
            receiver,
            waiting: Waiting::default(),
            flush: None,
        })
    }

    /// Whether the channel keeps the loop alive.
    pub(crate) fn is_ref(&self) -> bool {
        if self.receiver.is_none() {
            return false;
        }
        let is_closing = !connected();
        let is_writing = self.flush.is_some() || UNFLUSHED.load(Ordering::Acquire);
        let said = *KEEPS_ALIVE.lock().unwrap_or_else(PoisonError::into_inner);
        is_closing || is_writing || said.unwrap_or_else(is_listened_to)
    }

    pub(crate) fn step(&mut self, context: &mut Context<'_>) -> Step {
        if self.is_flushed(context) {
            return Step::Flushed;
        }
        if is_heard()
            && let Some(message) = self.waiting.pop()
        {
            return Step::Message(message);
        }
        while !self.waiting.is_full() {
            let Some(receiver) = &mut self.receiver else { break };
            match receiver.poll_recv(context) {
                Poll::Pending => break,
                Poll::Ready(Ok(Some(message))) if message.is_internal() => return Step::Internal(message),
                Poll::Ready(Ok(Some(message))) if is_heard() => return Step::Message(message),
                Poll::Ready(Ok(Some(message))) => self.waiting.push(message),
                Poll::Ready(Ok(None)) => {
                    self.receiver = None;
                    return Step::Ended;
                }
                Poll::Ready(Err(error)) => return Step::Failed(error),
            }
        }
        Step::Wait
    }

    /// Whether what was sent has just been written, all of it.
    fn is_flushed(&mut self, context: &mut Context<'_>) -> bool {
        if UNFLUSHED.swap(false, Ordering::AcqRel)
            && let Some(channel) = channel()
        {
            self.flush = Some(Box::pin(async move { channel.flush().await }));
        }
        let Some(flush) = &mut self.flush else { return false };
        let is_done = flush.as_mut().poll(context).is_ready();
        if is_done {
            self.flush = None;
        }
        is_done
    }

    /// Waits, at the end, until what was sent is written. What comes meanwhile is dropped: nobody hears it any more.
    pub(crate) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            _ = self.is_flushed(context);
            if self.flush.is_none() {
                return Poll::Ready(());
            }
            // Acknowledgements of handles are among what comes.
            let Some(receiver) = &mut self.receiver else {
                return Poll::Ready(());
            };
            if let Ok(None) | Err(_) = ready!(receiver.poll_recv(context)) {
                return Poll::Ready(());
            }
        }
    }
}

fn is_heard() -> bool {
    emitter().listener_count(MESSAGE) > 0
}

fn is_listened_to() -> bool {
    is_heard() || emitter().listener_count(DISCONNECT) > 0
}

fn shared() -> MutexGuard<'static, Option<Sender>> {
    CHANNEL.lock().unwrap_or_else(PoisonError::into_inner)
}
