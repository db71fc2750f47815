//! The half that receives.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ferronode_sys::ReceiveError;

use super::asking::Answered;
use super::sender::Sender;
use super::shared::Shared;
use crate::error::RecvError;
use crate::message::Message;
use crate::outgoing::Outgoing;
use crate::proto::{Bundle, Event, Incoming, Part, Received, SocketQuery};
use crate::request::Request;

/// How much is read at once: 128 KiB, twice what libuv does, so that a message of 64 KiB comes whole.
const READ: usize = 128 << 10;

/// How often it is looked whether connections are closed that a Node server waits for.
const LOOK: Duration = Duration::from_millis(100);

/// How many bytes are read, while no message comes, by a call that does not wait: 1 MiB; and what a read counts at least,
/// so that a peer does not keep it by saying little at a time.
const HEARD: usize = 1 << 20;
const A_READ: usize = 4 << 10;

/// The most that is kept to read to: a long line makes a place longer.
const SPARE: usize = 256 << 10;

thread_local! {
    /// A place to read to, for whichever channel of this thread reads next: a channel that waits keeps none.
    static PLACE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
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
    #[inline]
    pub fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Message>, RecvError>> {
        match self.incoming.next_plain() {
            Some(payload) => Poll::Ready(Ok(Some(Message::plain(self.shared.mode, payload)))),
            None => self.poll_recv_any(context),
        }
    }

    fn poll_recv_any(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Message>, RecvError>> {
        loop {
            // Most often nothing is there: somebody waits for a message, and then looks for it.
            if self.ended || !self.incoming.is_empty() || !self.shared.may_hear() {
                match self.next_said()? {
                    Said::Message(message) => return Poll::Ready(Ok(Some(message))),
                    Said::TooMuch => {
                        ready!(self.shared.poll_hear(context));
                        continue;
                    }
                    Said::Nothing if self.ended => return Poll::Ready(Ok(None)),
                    Said::Nothing => {}
                }
            }
            let readable = match self.shared.socket.poll_ready(context) {
                Poll::Ready(readable) => readable.map_err(RecvError::Io)?,
                Poll::Pending => {
                    settle(&mut self.incoming);
                    // Nobody may wait for an answer to what has not been written.
                    self.shared.receiver_waits(context);
                    return Poll::Pending;
                }
            };
            let read = read(self.shared.socket.as_fd(), &mut self.incoming);
            if !read.as_ref().is_ok_and(|read| read.more()) {
                readable.clear();
            }
            self.has_read(read)?;
            // What was waited for is most often this.
            if let Some(payload) = self.incoming.next_plain() {
                return Poll::Ready(Ok(Some(Message::plain(self.shared.mode, payload))));
            }
        }
    }

    /// The next message that is here already: `Ok(None)` says that none is, now or ever again.
    ///
    /// One call reads no more than a socket holds, 1 MiB at most: a peer that says much, and none of it a message, keeps
    /// nobody here. `Ok(None)` then says that no message has come so far.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    pub fn try_recv(&mut self) -> Result<Option<Message>, RecvError> {
        let mut heard = 0;
        loop {
            match self.next_said()? {
                Said::Message(message) => return Ok(Some(message)),
                Said::TooMuch => return Ok(None),
                Said::Nothing if self.ended => return Ok(None),
                Said::Nothing => {}
            }
            let read = if heard < HEARD {
                read(self.shared.socket.as_fd(), &mut self.incoming)
            } else {
                Ok(Read::Nothing)
            };
            match self.has_read(read)? {
                Read::Some { read, .. } => heard += read.max(A_READ),
                Read::Nothing => {
                    settle(&mut self.incoming);
                    return Ok(None);
                }
                Read::End => {}
            }
        }
    }

    /// Whether the channel has ended: nothing will be received any more.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Goes on with what has been read: answers, acknowledgements, until there is a message.
    fn next_said(&mut self) -> Result<Said, RecvError> {
        // Each of a thousand questions in one read is owed an answer: the bound holds within a read as well.
        while self.shared.may_hear() {
            match self.incoming.next_event() {
                Ok(Some(Event::Message(received))) => {
                    if let Some(message) = self.message(received) {
                        return Ok(Said::Message(message));
                    }
                }
                Ok(Some(Event::Sockets(query))) => self.answer_about_sockets(query),
                Ok(Some(Event::Answer(answer))) => self.shared.answer(answer),
                Ok(Some(Event::Acknowledged(answer))) => {
                    if let Some(frame) = self.shared.acknowledged(answer) {
                        return Err(RecvError::HandleNotReceived {
                            internal: frame.internal,
                        });
                    }
                }
                Ok(None) => return Ok(Said::Nothing),
                Err(error) => {
                    self.fail();
                    return Err(error.into());
                }
            }
        }
        Ok(Said::TooMuch)
    }

    /// A message for whoever receives, unless it is the answer to a question, or takes one back.
    fn message(&self, received: Received<OwnedFd>) -> Option<Message> {
        let (part, mode) = (received.part, self.shared.mode);
        if let Some(company) = &received.company
            && let (Some(key), Some(connection)) = (&company.key, company.handles.front())
        {
            self.shared.asking.received(key, connection.as_fd());
        }
        if let Part::Message | Part::Internal = part {
            return Some(Message::new(mode, received, None));
        }
        self.part_of_a_conversation(part, received)
    }

    fn part_of_a_conversation(&self, part: Part, received: Received<OwnedFd>) -> Option<Message> {
        let (asking, mode) = (&self.shared.asking, self.shared.mode);
        if let Part::Request(id) = part {
            let sender = Sender::new(Arc::clone(&self.shared));
            let Some(given_up) = asking.asked(id) else {
                // A closed channel has told the asker already.
                _ = sender.owe(Outgoing::new("too many questions are open"), Part::Refusal(id));
                return None;
            };
            let request = Request::new(id, sender, given_up);
            return Some(Message::new(mode, received, Some(request)));
        }
        let message = Message::new(mode, received, None);
        match part {
            Part::Reply(id) => asking.answered(id, Answered::Reply(message)),
            Part::Refusal(id) => {
                let why = message.to().unwrap_or_else(|error| error.to_string());
                asking.answered(id, Answered::Refusal(why));
            }
            Part::Cancel(id) => asking.over(id),
            Part::Message | Part::Internal | Part::Request(_) => return Some(message),
        }
        None
    }

    /// A Node server wants to know about the connections that it has sent here.
    fn answer_about_sockets(&self, query: SocketQuery) {
        let (answer, look_from_now_on) = self.shared.asking.sockets_asked(query);
        let sender = Sender::new(Arc::clone(&self.shared));
        if let Some(answer) = answer {
            // A closed channel needs no answer.
            _ = sender.owe(Outgoing::internal(answer), Part::Message);
        }
        if look_from_now_on {
            self.shared
                .spawn(tell_when_sockets_close(sender, Arc::clone(&self.shared)));
        }
    }

    /// Ends the channel if a read says so.
    fn has_read(&mut self, read: Result<Read, RecvError>) -> Result<Read, RecvError> {
        match read {
            Ok(Read::Some { .. } | Read::Nothing) => {}
            Ok(Read::End) => {
                self.end();
                if !self.shared.has_left() {
                    self.incoming.ended()?;
                }
            }
            Err(_) => self.fail(),
        }
        read
    }

    /// The channel ends here: nothing that has come is heard of any more.
    fn fail(&mut self) {
        self.end();
        self.incoming = Incoming::new(self.shared.mode, self.shared.limits);
    }

    fn end(&mut self) {
        self.ended = true;
        self.shared.close();
    }
}

/// Reads once, without waiting.
fn read(socket: BorrowedFd<'_>, incoming: &mut Incoming<OwnedFd>) -> Result<Read, RecvError> {
    if incoming.space().is_none() {
        incoming.lend(place());
    }
    let mut nowhere = Vec::new();
    let space = incoming.space().unwrap_or(&mut nowhere);
    let room = space.capacity() - space.len();
    let mut fds = Vec::new();
    let received = ferronode_sys::receive_into(socket, space, &mut [], &mut fds);
    let (read, bundle) = match received {
        Ok((read, _)) => (read, (!fds.is_empty()).then_some(Bundle::Whole(fds))),
        Err(ReceiveError::Truncated { bytes, .. }) => (bytes, Some(Bundle::Lost)),
        Err(ReceiveError::Io(error)) => return of_error(error),
        Err(error) => return Err(RecvError::Io(io::Error::other(error))),
    };
    // A read stops behind a message that carried descriptors: only another short read means "empty".
    let more = bundle.is_some() || read == room;
    incoming.received(&[], bundle)?;
    Ok(if read == 0 {
        Read::End
    } else {
        Read::Some { read, more }
    })
}

/// Nothing is there to be read: the place for it is for whoever reads next.
fn settle(incoming: &mut Incoming<OwnedFd>) {
    let place = incoming.settle();
    if (READ..=SPARE).contains(&place.capacity()) {
        PLACE.set(place);
    }
}

/// A place to read to.
fn place() -> Vec<u8> {
    let place = PLACE.take();
    if place.capacity() < READ {
        Vec::with_capacity(READ)
    } else {
        place
    }
}

/// What is found in what has been read.
enum Said {
    Message(Message),
    Nothing,
    /// More than may be is owed for it: the peer is not heard until it has read some of that.
    TooMuch,
}

/// What one read has brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    Some { read: usize, more: bool },
    Nothing,
    End,
}

impl Read {
    /// Whether the next read may bring something without a wait.
    fn more(self) -> bool {
        matches!(self, Self::Some { more: true, .. } | Self::End)
    }
}

/// Looks, ten times a second while a Node server waits for it, whether its connections are closed here: they are the
/// user's own sockets by now, and nothing else would tell.
async fn tell_when_sockets_close(sender: Sender, shared: Arc<Shared>) {
    while let Some(closed) = shared.asking.sockets_closed() {
        for answer in closed {
            // A closed channel needs no answer.
            _ = sender.owe(Outgoing::internal(answer), Part::Message);
        }
        tokio::time::sleep(LOOK).await;
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
