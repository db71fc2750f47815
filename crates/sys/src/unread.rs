//! What waits in a socket, counted and not taken.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// How many bytes wait to be received: of a Unix socket for records those of all records, though each is received alone.
///
/// Of a pair whose other end has been shut down, or closed, it is what had been sent before.
///
/// # Errors
///
/// As the kernel says: it is no socket.
///
/// # References
///
/// [`unix(7)`](https://man7.org/linux/man-pages/man7/unix.7.html), SIOCINQ
pub fn unread(socket: BorrowedFd<'_>) -> io::Result<usize> {
    let mut bytes: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int, and `bytes` is one that lives until the call returns.
    let outcome = unsafe { libc::ioctl(socket.as_raw_fd(), libc::FIONREAD, &raw mut bytes) };
    if outcome < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(usize::try_from(bytes).unwrap_or_default())
}
