//! Bytes over a socket that is not to wait for us, and may for somebody else.
//!
//! Whether a descriptor blocks is a mark of the open file, which all processes share that hold it. A socket that may be given
//! to another program as its standard input must therefore block, as programs expect; so each call says for itself that
//! it will not wait.

use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv, sendmsg};

/// Reads what is there, and says how many bytes that was: zero at the end. Never waits.
///
/// Descriptors that come along are not received: the kernel closes them.
///
/// # Errors
///
/// `WouldBlock` when nothing is there; `ConnectionReset` when the peer went away with our bytes unread.
///
/// # References
///
/// [`recv(2)`](https://man7.org/linux/man-pages/man2/recv.2.html), MSG_DONTWAIT
pub fn receive_now(socket: BorrowedFd<'_>, space: &mut [u8]) -> io::Result<usize> {
    uninterrupted(|| recv(socket.as_raw_fd(), space, MsgFlags::MSG_DONTWAIT))
}

/// Whether nothing is there and nothing will come: the peer has finished, and all has been received. Never waits, and
/// receives nothing.
///
/// # Errors
///
/// As [`receive_now`]; not `WouldBlock`: then it is not at its end.
///
/// # References
///
/// [`recv(2)`](https://man7.org/linux/man-pages/man2/recv.2.html), MSG_PEEK
pub fn is_at_end(socket: BorrowedFd<'_>) -> io::Result<bool> {
    let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
    match uninterrupted(|| recv(socket.as_raw_fd(), &mut [0], flags)) {
        Ok(bytes) => Ok(bytes == 0),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes as much of `parts`, in order, as there is room for, and says how many bytes that was. Never waits, nor raises SIGPIPE.
///
/// # Errors
///
/// `WouldBlock` when there is no room; `BrokenPipe` when the peer is gone.
///
/// # References
///
/// [`sendmsg(2)`](https://man7.org/linux/man-pages/man2/sendmsg.2.html), MSG_DONTWAIT
pub fn send_now(socket: BorrowedFd<'_>, parts: &[IoSlice<'_>]) -> io::Result<usize> {
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    uninterrupted(|| sendmsg::<()>(socket.as_raw_fd(), parts, &[], flags, None))
}

fn uninterrupted<T>(mut call: impl FnMut() -> nix::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            done => return Ok(done?),
        }
    }
}
