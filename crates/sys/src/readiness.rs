//! Waiting, in a tokio runtime, until a descriptor can be read or written: epoll, seen through a small window.
//!
//! Rule: readiness stays until it is [cleared](Ready::clear); clear it when the kernel has said `WouldBlock`, or that nothing
//! waits, or when a short read proves it, each asked after it was ready; and never otherwise, or a wake-up is lost.
//! A descriptor is registered for one direction only: a socket watched for both wakes for "writable" at every read of
//! the peer.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::task::{Context, Poll};

use tokio::io::Interest;
use tokio::io::unix::{AsyncFd, AsyncFdReadyGuard};

/// A descriptor that a runtime watches, in one direction.
pub struct Readiness {
    fd: AsyncFd<OwnedFd>,
    writing: bool,
}

/// The descriptor is ready, as far as is known. Ask the kernel, and [`clear`](Self::clear) it if it was not so.
#[derive(Debug)]
pub struct Ready<'a> {
    guard: AsyncFdReadyGuard<'a, OwnedFd>,
}

impl Readiness {
    /// Watches for something to read: bytes, a connection, the end of a process.
    ///
    /// # Errors
    ///
    /// What `epoll_ctl` says; the descriptor is closed then.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O enabled.
    ///
    /// # References
    ///
    /// [`epoll(7)`](https://man7.org/linux/man-pages/man7/epoll.7.html)
    pub fn reading(fd: OwnedFd) -> io::Result<Self> {
        Self::watch(fd, Interest::READABLE)
    }

    /// Watches for room to write.
    ///
    /// # Errors
    ///
    /// As [`reading`](Self::reading).
    ///
    /// # Panics
    ///
    /// As [`reading`](Self::reading).
    pub fn writing(fd: OwnedFd) -> io::Result<Self> {
        Self::watch(fd, Interest::WRITABLE)
    }

    fn watch(fd: OwnedFd, interest: Interest) -> io::Result<Self> {
        // SAFETY: an OwnedFd is one open descriptor, always the same, until it is dropped; and it is not lent out mutably.
        let fd = unsafe { AsyncFd::register_with_interest(fd, interest) }?;
        Ok(Self {
            fd,
            writing: interest.is_writable(),
        })
    }

    /// Waits until the descriptor is ready.
    ///
    /// # Errors
    ///
    /// The runtime is shutting down.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn ready(&self) -> io::Result<Ready<'_>> {
        std::future::poll_fn(|context| self.poll_ready(context)).await
    }

    /// As [`ready`](Self::ready), for whoever polls. One task at a time is woken.
    ///
    /// # Errors
    ///
    /// As [`ready`](Self::ready).
    pub fn poll_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<Ready<'_>>> {
        let ready = if self.writing {
            self.fd.poll_write_ready(context)
        } else {
            self.fd.poll_read_ready(context)
        };
        ready.map_ok(|guard| Ready { guard })
    }
}

impl Ready<'_> {
    /// The descriptor was not ready after all: wait for the next change.
    pub fn clear(mut self) {
        self.guard.clear_ready();
    }
}

impl AsFd for Readiness {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.get_ref().as_fd()
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Readiness").field(self.fd.get_ref()).finish()
    }
}
