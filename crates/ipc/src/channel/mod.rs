//! The tokio storey: it waits for the socket, reads and writes, and asks [`proto`](crate::proto) for everything else.

mod asking;
mod receiver;
mod sender;
mod shared;

pub use receiver::Receiver;
pub use sender::Sender;

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use serde::Serialize;

use crate::error::{RecvError, SendError};
use crate::message::Message;
use crate::outgoing::Outgoing;
use crate::proto::{Limits, Mode};
use shared::Shared;

/// One end of a channel: a [`Sender`] and a [`Receiver`] in one hand.
///
/// Dropping it closes the channel at once: what still waits in this process is lost
/// ([`close`](Channel::close) waits for it).
#[derive(Debug)]
pub struct Channel {
    sender: Sender,
    receiver: Receiver,
}

impl Channel {
    /// Makes a channel of a connected Unix stream socket, with the default [`Limits`].
    ///
    /// # Errors
    ///
    /// What the kernel says to making the socket non-blocking, or to waiting for it.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O enabled.
    pub fn new(socket: OwnedFd, mode: Mode) -> io::Result<Self> {
        Self::with_limits(socket, mode, Limits::default())
    }

    /// As [`new`](Self::new), with bounds of one's own.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    pub fn with_limits(socket: OwnedFd, mode: Mode, limits: Limits) -> io::Result<Self> {
        let shared = Arc::new(Shared::new(socket, mode, limits)?);
        shared.write_waiting();
        let sender = Sender::new(Arc::clone(&shared));
        Ok(Self {
            sender,
            receiver: Receiver::new(shared),
        })
    }

    /// Makes both ends of a channel, in this process.
    ///
    /// # Errors
    ///
    /// What the kernel says to making a pair of sockets.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    pub fn pair(mode: Mode) -> io::Result<(Self, Self)> {
        let (left, right) = ferronode_sys::stream_pair()?;
        Ok((Self::new(left, mode)?, Self::new(right, mode)?))
    }

    /// The half that sends: cheap to clone.
    #[must_use]
    pub fn sender(&self) -> &Sender {
        &self.sender
    }

    /// Takes the halves apart, for different tasks.
    #[must_use]
    pub fn split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }

    /// Sends a message: see [`Sender::send`].
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    ///
    /// # Cancel safety
    ///
    /// As [`Sender::send`].
    pub async fn send<T: Serialize>(&self, message: impl Into<Outgoing<T>>) -> Result<(), SendError<T>> {
        self.sender.send(message).await
    }

    /// Receives a message: see [`Receiver::recv`].
    ///
    /// # Errors
    ///
    /// As [`Receiver::recv`].
    ///
    /// # Cancel safety
    ///
    /// As [`Receiver::recv`].
    pub async fn recv(&mut self) -> Result<Option<Message>, RecvError> {
        self.receiver.recv().await
    }

    /// Accepts no more messages, writes what waits, then closes the channel.
    ///
    /// Waits as long as the peer takes to read it, and to acknowledge a handle: bound it with a timeout where the peer
    /// may not. What comes from the peer meanwhile is dropped.
    ///
    /// # Cancel safety
    ///
    /// When cancelled the channel is closed at once, as by dropping it.
    pub async fn close(mut self) {
        self.sender.disconnect();
        loop {
            tokio::select! {
                () = self.sender.flush() => return,
                // Acknowledgements are among what comes.
                received = self.receiver.recv() => if let Ok(None) = received { return },
            }
        }
    }
}
