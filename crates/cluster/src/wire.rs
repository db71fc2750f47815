//! A frame of the cluster on a channel: Node's object in Node's modes, as it stands in ours.

use ferronode_ipc::{Handle, Message, Mode, Outgoing, Sender};

use crate::proto::{AnyFrame, Frame, accepted_in_json, from_node, to_node};

/// Sends a frame, with a connection if there is one, however much waits already: the protocol bounds itself.
///
/// A channel that is closed drops it: whoever reads the other end of that channel will know.
pub(crate) fn send(sender: &Sender, frame: &Frame, connection: Option<Handle>) {
    let sent = match sender.mode() {
        Mode::Bincode => sender.send_now(with(Outgoing::internal(frame), connection)).is_ok(),
        _ => sender
            .send_now(with(Outgoing::internal(to_node(frame)), connection))
            .is_ok(),
    };
    if !sent {
        tracing::debug!(?frame, "not sent: the channel is closed");
    }
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

fn with<T: serde::Serialize>(message: Outgoing<T>, handle: Option<Handle>) -> Outgoing<T> {
    match handle {
        Some(handle) => message.with_handle(handle),
        None => message,
    }
}
