//! Connections handed from one process of ours to another, past the messages: a pair of sockets for records.
//!
//! Rule 1: a record is a hand-off, whole or not at all, with its descriptor or without one.
//! No frame is to be put together, nothing waits behind a long message.
//! What the kernel holds of it is all that is ever under way: a full pair makes [`give`](HandOff::give) wait.
//! Rule 2: the kernel's queue says what has arrived. A record that is in it nobody has; one that is not was taken. So whoever
//! keeps a hold on the [`HandOffQueue`] needs no answers and no copies: it counts what is left, and takes back what nobody took.
//! Rule 3: where a descriptor finds no room, its record stays in the queue.
//!
//! ```text
//!   process                                                 process
//!     Channel  ═══ messages ═══════════════════════════════  Channel
//!     HandOff  ─── record + connection ──> [ the queue ] ──>  HandOff       its end travelled over the channel
//!     Queue        <── what nobody has taken ───────┘
//!     HandOff  <── record: an answer, where one was asked for
//! ```

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};

use ferronode_sys::{
    Readiness, ReceiveError, SocketKind, finish_sending, is_at_end, packet_pair, receive, receive_now, send,
    set_nonblocking, shut_down, socket_kind, unread,
};

use crate::handle::Handle;

/// The longest record, in bytes.
const RECORD: usize = 4 << 10;

/// One end of a pair over which connections are handed. Between our own processes only: Node has no such thing.
#[derive(Debug)]
pub struct HandOff {
    socket: Readiness,
    /// How many bytes were seen to wait here, without those that have been taken since.
    seen: AtomicUsize,
}

/// What has been handed over.
#[derive(Debug)]
pub struct HandedOver {
    /// How long the record is that says something about it.
    pub length: usize,
    /// The descriptor, if there is one: a record may also be alone. It is as the giver had it, non-blocking or not.
    pub descriptor: Option<OwnedFd>,
}

impl HandedOver {
    /// Finds out what the descriptor is, and makes it non-blocking if it is a socket.
    #[must_use]
    pub fn into_handle(self) -> Option<Handle> {
        self.descriptor.map(Handle::received)
    }
}

impl HandOff {
    /// Makes a pair: our end, and the other to be sent over a channel as a handle.
    ///
    /// # Errors
    ///
    /// What the kernel says to making a pair of sockets, and to waiting for one.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O enabled.
    pub fn pair() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = packet_pair()?;
        Ok((Self::new(ours)?, theirs))
    }

    /// Begins to use an end that has come.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the descriptor is no end of such a pair; it is closed. Else as [`pair`](Self::pair).
    ///
    /// # Panics
    ///
    /// As [`pair`](Self::pair).
    pub fn new(end: OwnedFd) -> io::Result<Self> {
        match socket_kind(&end)? {
            SocketKind::UnixPacket => {}
            other => {
                let what = format!("expected a Unix socket for records, found {other:?}");
                return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
            }
        }
        set_nonblocking(end.as_fd())?;
        Ok(Self {
            socket: Readiness::reading(end)?,
            seen: AtomicUsize::new(0),
        })
    }

    /// The same end once more, for another task: of those that wait with one value, one is woken.
    ///
    /// # Errors
    ///
    /// Descriptors have run out; else as [`pair`](Self::pair).
    ///
    /// # Panics
    ///
    /// As [`pair`](Self::pair).
    pub fn try_clone(&self) -> io::Result<Self> {
        Self::new(self.socket.as_fd().try_clone_to_owned()?)
    }

    /// Hands over a record, and with it a descriptor, of which the caller keeps its own copy. Waits while the pair is full.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a record that is empty or longer than 4 KiB; `BrokenPipe` and `ConnectionReset` when the other
    /// process is gone. Nothing was handed over then.
    ///
    /// # Cancel safety
    ///
    /// Either all of it is handed over, or nothing is.
    pub async fn give(&self, record: &[u8], handle: Option<BorrowedFd<'_>>) -> io::Result<()> {
        loop {
            match self.try_give(record, handle) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
            // A descriptor of its own, since the first is registered for reading alone.
            let writing = Readiness::writing(self.socket.as_fd().try_clone_to_owned()?)?;
            writing.ready().await?;
        }
    }

    /// As [`give`](Self::give), without waiting.
    ///
    /// # Errors
    ///
    /// As [`give`](Self::give), and `WouldBlock` when the pair is full.
    pub fn try_give(&self, record: &[u8], handle: Option<BorrowedFd<'_>>) -> io::Result<()> {
        if record.is_empty() || record.len() > RECORD {
            let what = format!("expected a record of 1 to {RECORD} bytes, found {}", record.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        send(self.socket.as_fd(), &[IoSlice::new(record)], handle.as_slice()).map(drop)
    }

    /// Takes what is handed over next, with its record in `record`: one task at a time. `None` when the other process has
    /// closed its end, or has [finished](Self::finish), and everything that it had handed over has been taken.
    ///
    /// # Errors
    ///
    /// EMFILE or ENFILE when there is no room for a descriptor: nothing has been taken. `OutOfMemory` when there was, and another
    /// thread of this process was faster: then the descriptor is lost. `InvalidData` when the record is longer than the room for it; what came with it is closed.
    /// Otherwise the kernel's, and the pair is of no more use.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn take(&self, record: &mut [u8]) -> io::Result<Option<HandedOver>> {
        self.attempt(|pair| pair.try_take(record)).await
    }

    /// Waits until something may be there, and makes an attempt at it; again, for as long as that says `WouldBlock`. One
    /// task at a time.
    ///
    /// # Errors
    ///
    /// What the attempt returns, and the end of the runtime.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost that the attempt does not lose.
    pub async fn attempt<T>(&self, mut attempt: impl FnMut(&Self) -> io::Result<T>) -> io::Result<T> {
        loop {
            let ready = self.socket.ready().await?;
            match attempt(self) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear(),
                done => {
                    // One look is cheaper than an attempt in vain: what comes after it is news.
                    if self.is_empty() {
                        ready.clear();
                    }
                    return done;
                }
            }
        }
    }

    /// Whether nothing is left of what was seen, nor has come since.
    fn is_empty(&self) -> bool {
        if self.seen.load(Ordering::Relaxed) > 0 {
            return false;
        }
        let seen = self.unread().unwrap_or(1);
        self.seen.store(seen, Ordering::Relaxed);
        seen == 0
    }

    /// As [`take`](Self::take), without waiting.
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take), and `WouldBlock` when nothing is there.
    pub fn try_take(&self, record: &mut [u8]) -> io::Result<Option<HandedOver>> {
        let taken = take(self.socket.as_fd(), record);
        self.has_taken(match &taken {
            Ok(Some(handed)) => handed.length,
            _ => 0,
        });
        taken
    }

    /// So many bytes have been taken; none when there was nothing: what was seen has been taken back.
    fn has_taken(&self, bytes: usize) {
        let seen = match bytes {
            0 => 0,
            _ => self.seen.load(Ordering::Relaxed).saturating_sub(bytes),
        };
        self.seen.store(seen, Ordering::Relaxed);
    }

    /// Takes the next record alone, in `record`, and says how long it is: zero at the end. For answers: a descriptor that comes
    /// with one is closed, so there need be no room for it.
    ///
    /// # Errors
    ///
    /// As the kernel says, and the end of the runtime.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn take_record(&self, record: &mut [u8]) -> io::Result<usize> {
        self.attempt(|pair| {
            let taken = match receive_now(pair.socket.as_fd(), record) {
                // As in `take`: the kernel says so once, and before it gives what had come.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                    receive_now(pair.socket.as_fd(), record)
                }
                done => done,
            };
            pair.has_taken(taken.as_ref().copied().unwrap_or(0));
            taken
        })
        .await
    }

    /// How many bytes wait to be taken: those of all records.
    ///
    /// # Errors
    ///
    /// As the kernel says; none is known.
    pub fn unread(&self) -> io::Result<usize> {
        unread(self.socket.as_fd())
    }

    /// Whether nothing is there and nothing more will come.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        is_at_end(self.socket.as_fd()).unwrap_or(true)
    }

    /// Hands over nothing more: the other process takes what is under way, then hears the end. Its answers still come.
    pub fn finish(&self) {
        finish_sending(self.socket.as_fd());
    }

    /// Ends the pair in both directions. What has come from the other process can still be taken, and nothing more comes:
    /// whatever it gives from now on is an error there.
    pub fn end(&self) {
        shut_down(self.socket.as_fd());
    }
}

/// What has been given over a pair and not yet been taken, held by whoever gives.
///
/// It is the other end once more, so nobody hears that the other process has closed its own: one that wants to say so
/// [ends](HandOff::end) it.
#[derive(Debug)]
pub struct HandOffQueue {
    end: OwnedFd,
}

impl HandOffQueue {
    /// Of the end that is to be sent away.
    ///
    /// # Errors
    ///
    /// Descriptors have run out.
    pub fn of(theirs: &OwnedFd) -> io::Result<Self> {
        let end = theirs.try_clone()?;
        set_nonblocking(end.as_fd())?;
        Ok(Self { end })
    }

    /// How many bytes it holds: those of all records.
    ///
    /// # Errors
    ///
    /// As the kernel says; none is known.
    pub fn unread(&self) -> io::Result<usize> {
        unread(self.end.as_fd())
    }

    /// Takes back the oldest record that the other process has not taken; from then on it cannot.
    ///
    /// # Errors
    ///
    /// As [`HandOff::try_take`].
    pub fn take_back(&self, record: &mut [u8]) -> io::Result<Option<HandedOver>> {
        take(self.end.as_fd(), record)
    }
}

fn take(socket: BorrowedFd<'_>, record: &mut [u8]) -> io::Result<Option<HandedOver>> {
    // The kernel looks for room when it has taken the record already.
    drop(socket.try_clone_to_owned()?);
    let mut came = One(None);
    let length = match receive(socket, record, &mut came) {
        Ok(0) => return Ok(None),
        Ok(length) => length,
        // The other end was closed with records unread. The kernel says so once, and before it gives what had come.
        Err(ReceiveError::Io(error)) if error.kind() == io::ErrorKind::ConnectionReset => return take(socket, record),
        Err(ReceiveError::Io(error)) => return Err(error),
        Err(error @ ReceiveError::Truncated { .. }) => return Err(io::Error::new(io::ErrorKind::OutOfMemory, error)),
        Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
    };
    Ok(Some(HandedOver {
        length,
        descriptor: came.0,
    }))
}

/// The descriptor of a record. Of several, which nobody of ours sends, the last: the others are closed.
struct One(Option<OwnedFd>);

impl Extend<OwnedFd> for One {
    fn extend<T: IntoIterator<Item = OwnedFd>>(&mut self, descriptors: T) {
        self.0 = descriptors.into_iter().last().or(self.0.take());
    }
}
