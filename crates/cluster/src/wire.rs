//! A frame of the cluster on a channel: Node's object in Node's modes, as it stands in ours.
//!
//! Rule: a frame never waits for the program's messages to be read: it goes behind them, however many they are. Who leaves
//! too many frames unread is given up.

use ferronode_ipc::{Handle, Message, Mode, Outgoing, SendErrorKind, Sender};
use serde::Serialize;

use crate::proto::{AnyFrame, Frame, accepted_in_json, from_node, to_node};

/// The peer leaves unread what it was sent.
#[derive(Debug)]
pub(crate) struct NeverReads;

/// Sends a frame, with a handle if there is one.
///
/// A channel that is closed drops it: whoever reads the other end of that channel will know.
pub(crate) fn send(sender: &Sender, frame: &Frame, handle: Option<Handle>) -> Result<(), NeverReads> {
    match sender.mode() {
        Mode::Bincode => press(sender, frame, handle),
        _ => press(sender, to_node(frame), handle),
    }
}

fn press(sender: &Sender, frame: impl Serialize, handle: Option<Handle>) -> Result<(), NeverReads> {
    let mut message = Outgoing::internal(frame);
    if let Some(handle) = handle {
        message = message.with_handle(handle);
    }
    match sender.send_now(message) {
        Err(error) if matches!(error.kind, SendErrorKind::Full) => Err(NeverReads),
        Err(error) => {
            tracing::debug!(%error, "a frame was not sent");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Reads a frame. `None` for internal messages that are not the cluster's.
pub(crate) fn read(message: &Message) -> Option<Frame> {
    match message.mode() {
        Mode::Bincode => message.to().ok(),
        Mode::Json => accepted_in_json(message.payload()).or_else(|| read_any(message)),
        _ => read_any(message),
    }
}

/// Reads whatever Node may have written.
fn read_any(message: &Message) -> Option<Frame> {
    match message.to::<AnyFrame>() {
        Ok(any) => from_node(any),
        Err(error) => {
            tracing::warn!(%error, "an internal message that is none of the cluster's, or is not understood");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use ferronode_ipc::Channel;
    use ferronode_sys::stream_pair;

    use super::*;

    #[tokio::test]
    async fn a_worker_that_reads_is_not_given_up_however_long_its_channel_is_full() {
        let (ours, theirs) = stream_pair().unwrap();
        let (sender, _receiver) = Channel::new(ours, Mode::Json).unwrap().split();
        let mut worker = Channel::new(theirs, Mode::Json).unwrap();
        let frame = Frame {
            seq: 0,
            ack: None,
            message: crate::proto::Message::Acknowledged,
        };
        for _ in 0..20 {
            // The program says as much as there is room for.
            while sender.try_send("x".repeat(10_000)).is_ok() {}
            for _ in 0..2_000 {
                send(&sender, &frame, None).unwrap();
            }
            for _ in 0..2_000 {
                while !worker.recv().await.unwrap().unwrap().is_internal() {}
            }
        }
    }
}
