//! The half that receives.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use ferronode_sys::ReceiveError;

use super::shared::Shared;
use crate::error::RecvError;
use crate::message::Message;
use crate::proto::{Bundle, Event, Incoming};

/// How much is read at once: 64 KiB, as libuv does.
const READ: usize = 64 << 10;

thread_local! {
    /// One for all channels of a thread: a read is understood, or moved to its channel's own memory, before the next.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ].into_boxed_slice());
}

/// Receives messages. Dropping it closes the channel.
#[derive(Debug)]
pub struct Receiver {
    shared: Arc<Shared>,
    incoming: Incoming<OwnedFd>,
    ended: bool,
}

impl Receiver {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let incoming = Incoming::new(shared.mode, shared.limits);
        Self {
            shared,
            incoming,
            ended: false,
        }
    }

    /// The next message, or `None` when the channel has ended: both ends then know it.
    ///
    /// # Errors
    ///
    /// [`RecvError`]: fatal ones are said once, and then the channel has ended.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: a message is either returned or stays.
    #[doc(alias = "message")]
    pub async fn recv(&mut self) -> Result<Option<Message>, RecvError> {
        poll_fn(|context| self.poll_recv(context)).await
    }

    /// As [`recv`](Self::recv), for whoever polls.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    pub fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Message>, RecvError>> {
        loop {
            match self.next_message()? {
                None if self.ended => return Poll::Ready(Ok(None)),
                None => {}
                message => return Poll::Ready(Ok(message)),
            }
            let shared = Arc::clone(&self.shared);
            let readable = ready!(shared.socket.poll_ready(context)).map_err(RecvError::Io)?;
            if !self.read()?.more() {
                readable.clear();
            }
        }
    }

    /// The next message that is here already: `Ok(None)` says that none is, now or ever again.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    pub fn try_recv(&mut self) -> Result<Option<Message>, RecvError> {
        loop {
            match self.next_message()? {
                None if self.ended => return Ok(None),
                None => {}
                message => return Ok(message),
            }
            if self.read()? == Read::Nothing {
                return Ok(None);
            }
        }
    }

    /// Whether the channel has ended: nothing will be received any more.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Goes on with what has been read: answers, acknowledgements, until there is a message.
    fn next_message(&mut self) -> Result<Option<Message>, RecvError> {
        loop {
            match self.incoming.next_event() {
                Ok(Some(Event::Message(received))) => {
                    return Ok(Some(Message::new(self.shared.mode, received)));
                }
                Ok(Some(Event::Answer(answer))) => self.shared.answer(answer),
                Ok(Some(Event::Acknowledged(answer))) => {
                    if self.shared.acknowledged(answer) {
                        return Err(RecvError::HandleNotReceived);
                    }
                }
                Ok(None) => return Ok(None),
                Err(error) => {
                    self.end();
                    self.incoming = Incoming::new(self.shared.mode, self.shared.limits);
                    return Err(error.into());
                }
            }
        }
    }

    /// Reads once, without waiting.
    fn read(&mut self) -> Result<Read, RecvError> {
        let socket = self.shared.socket.as_fd();
        let incoming = &mut self.incoming;
        let read = SCRATCH.with_borrow_mut(|scratch| {
            let mut fds = Vec::new();
            let (read, bundle) = match ferronode_sys::receive(socket, scratch, &mut fds) {
                Ok(read) => (read, (!fds.is_empty()).then_some(Bundle::Whole(fds))),
                Err(ReceiveError::Truncated { bytes, .. }) => (bytes, Some(Bundle::Lost)),
                Err(ReceiveError::Io(error)) => return of_error(error),
                Err(error) => return Err(RecvError::Io(io::Error::other(error))),
            };
            // A read stops behind a message that carried descriptors: only another short read means "empty".
            let more = bundle.is_some() || read == READ;
            incoming.received(&scratch[..read], bundle)?;
            Ok(if read == 0 { Read::End } else { Read::Some { more } })
        });
        if !matches!(read, Ok(Read::Some { .. } | Read::Nothing)) {
            self.end();
        }
        if matches!(read, Ok(Read::End)) {
            self.incoming.ended()?;
        }
        read
    }

    fn end(&mut self) {
        self.ended = true;
        self.shared.close();
    }
}

/// What one read has brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    Some { more: bool },
    Nothing,
    End,
}

impl Read {
    /// Whether the next read may bring something without a wait.
    fn more(self) -> bool {
        matches!(self, Self::Some { more: true } | Self::End)
    }
}

fn of_error(error: io::Error) -> Result<Read, RecvError> {
    match error.kind() {
        io::ErrorKind::WouldBlock => Ok(Read::Nothing),
        // The peer went away with our bytes unread: everything that it had sent has been read by now.
        io::ErrorKind::ConnectionReset => Ok(Read::End),
        _ => Err(RecvError::Io(error)),
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.close();
    }
}
