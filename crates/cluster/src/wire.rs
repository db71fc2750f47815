//! A frame of the cluster on a channel: Node's object in Node's modes, as it stands in ours.
//!
//! Rule: a frame never waits for the program's messages to be read: it goes behind them, however many they are. So what a
//! worker leaves unread of ours is counted, and one that asks and asks and never reads is given up.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use ferronode_ipc::{Handle, Message, Mode, Outgoing, SendErrorKind, Sender};
use serde::Serialize;

use crate::proto::{self, AnyFrame, Frame, accepted_in_json, from_node, to_node};

/// How many bytes of frames may wait for a worker whose channel is full already. 1 MiB: an honest one leaves a few hundred.
const MOST: usize = 1 << 20;

/// How many bytes of frames have been sent since the channel was full.
#[derive(Debug, Default)]
pub(crate) struct Unread(AtomicUsize);

/// A worker reads nothing, and asks for more.
#[derive(Debug)]
pub(crate) struct NeverReads {
    unread: usize,
}

impl fmt::Display for NeverReads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected at most {MOST} bytes of frames unread, found {}",
            self.unread
        )
    }
}

/// Sends a frame to the primary, however much waits already: what a worker says answers the primary, or its own program.
///
/// A channel that is closed drops it: whoever reads the other end of that channel will know.
pub(crate) fn send_to_primary(sender: &Sender, frame: &Frame) {
    let sent = match sender.mode() {
        Mode::Bincode => sender.send_now(Outgoing::internal(frame)).is_ok(),
        _ => sender.send_now(Outgoing::internal(to_node(frame))).is_ok(),
    };
    if !sent {
        tracing::debug!(?frame, "a frame was not sent: the channel is closed");
    }
}

impl Unread {
    /// Sends a frame to a worker, with a connection if there is one.
    pub(crate) fn send(&self, sender: &Sender, frame: &Frame, connection: Option<Handle>) -> Result<(), NeverReads> {
        let length = length(frame);
        match sender.mode() {
            Mode::Bincode => self.push(sender, length, with(Outgoing::internal(frame), connection)),
            _ => self.push(sender, length, with(Outgoing::internal(to_node(frame)), connection)),
        }
    }

    fn push<T: Serialize>(&self, sender: &Sender, length: usize, message: Outgoing<T>) -> Result<(), NeverReads> {
        let (unread, sent) = match sender.try_send(message) {
            Err(full) if matches!(full.kind, SendErrorKind::Full) => {
                let unread = self.0.load(Ordering::Relaxed);
                if unread > MOST {
                    return Err(NeverReads { unread });
                }
                (unread + length, sender.send_now(full.message))
            }
            sent => (0, sent),
        };
        self.0.store(unread, Ordering::Relaxed);
        if let Err(error) = sent {
            tracing::debug!(%error, "a frame was not sent");
        }
        Ok(())
    }
}

/// How long a frame is, more or less: what a worker can make long is what it has asked for.
fn length(frame: &Frame) -> usize {
    let asked_for = match &frame.message {
        proto::Message::Reply(reply) => reply.key.0.len() + reply.data.as_ref().map_or(0, String::len),
        _ => 0,
    };
    size_of::<Frame>() + asked_for
}

/// Reads a frame. `None` for internal messages that are not the cluster's.
pub(crate) fn read(message: &Message) -> Option<Frame> {
    match message.mode() {
        Mode::Bincode => message.to().ok(),
        mode => accepted_in_json(message.payload())
            .filter(|_| mode == Mode::Json)
            .or_else(|| match message.to::<AnyFrame>() {
                Ok(any) => from_node(any),
                Err(error) => {
                    tracing::warn!(%error, "an internal message that is none of the cluster's, or is not understood");
                    None
                }
            }),
    }
}

fn with<T: Serialize>(message: Outgoing<T>, handle: Option<Handle>) -> Outgoing<T> {
    match handle {
        Some(handle) => message.with_handle(handle),
        None => message,
    }
}
