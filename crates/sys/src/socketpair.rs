//! Connected pairs of Unix sockets: the two ends of a channel before anybody holds them.
//!
//! Both ends are close-on-exec from the first instruction.
//! The end that a child keeps is put in its place by a spawn action, which clears the flag there and only there.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use nix::sys::socket::{AddressFamily, Shutdown, SockFlag, SockType, setsockopt, shutdown, socketpair, sockopt};

/// Makes a connected pair of byte-stream sockets, both close-on-exec and blocking.
///
/// # Errors
///
/// Whatever the kernel says: `EMFILE` and `ENFILE` when descriptors have run out.
///
/// # References
///
/// [`socketpair(2)`](https://man7.org/linux/man-pages/man2/socketpair.2.html),
/// [`unix(7)`](https://man7.org/linux/man-pages/man7/unix.7.html)
pub fn stream_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let pair = socketpair(AddressFamily::Unix, SockType::Stream, None, SockFlag::SOCK_CLOEXEC)?;
    Ok(pair)
}

/// Makes a connected pair of sockets for records, both close-on-exec and blocking: what is sent in one call arrives in one.
///
/// # Errors
///
/// As [`stream_pair`].
///
/// # References
///
/// [`unix(7)`](https://man7.org/linux/man-pages/man7/unix.7.html), SOCK_SEQPACKET
pub fn packet_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let pair = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
    Ok(pair)
}

/// Lets the kernel hold about so many bytes that were written and not yet read, as far as the system allows.
///
/// # Errors
///
/// What the kernel says to a descriptor that is no socket.
///
/// # References
///
/// [`socket(7)`](https://man7.org/linux/man-pages/man7/socket.7.html), SO_SNDBUF
pub fn set_send_buffer(socket: BorrowedFd<'_>, bytes: usize) -> io::Result<()> {
    Ok(setsockopt(&socket, sockopt::SndBuf, &bytes)?)
}

/// Ends a connection in both directions, whoever else holds descriptors of it.
///
/// What the peer has sent before can still be read. That it is ended already is no error.
///
/// # References
///
/// [`shutdown(2)`](https://man7.org/linux/man-pages/man2/shutdown.2.html)
pub fn shut_down(socket: BorrowedFd<'_>) {
    let _ = shutdown(socket.as_raw_fd(), Shutdown::Both);
}

/// Ends the direction away from here: the peer reads what has been sent, then the end. What it sends still comes.
///
/// That it is ended already is no error.
///
/// # References
///
/// [`shutdown(2)`](https://man7.org/linux/man-pages/man2/shutdown.2.html), SHUT_WR
pub fn finish_sending(socket: BorrowedFd<'_>) {
    let _ = shutdown(socket.as_raw_fd(), Shutdown::Write);
}
