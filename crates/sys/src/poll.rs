//! Waiting for descriptors where no runtime runs.

use std::io;
use std::os::fd::BorrowedFd;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Waits until one of `fds` has something to read, or has ended, and says which. Blocks the thread.
///
/// # Errors
///
/// What `poll` says: `ENOMEM`, or `EINVAL` for more descriptors than the process may have.
///
/// # References
///
/// [`poll(2)`](https://man7.org/linux/man-pages/man2/poll.2.html)
pub fn wait_readable(fds: &[BorrowedFd<'_>]) -> io::Result<Vec<bool>> {
    let mut polled: Vec<PollFd<'_>> = fds.iter().map(|fd| PollFd::new(*fd, PollFlags::POLLIN)).collect();
    loop {
        match poll(&mut polled, PollTimeout::NONE) {
            Ok(_) => break,
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(polled.iter().map(|fd| fd.any().unwrap_or(true)).collect())
}

/// Looks whether `fd` has something to read, or has ended: a pidfd, whether its process has. Never waits.
#[must_use]
pub fn is_readable(fd: BorrowedFd<'_>) -> bool {
    let mut polled = [PollFd::new(fd, PollFlags::POLLIN)];
    matches!(poll(&mut polled, PollTimeout::ZERO), Ok(1))
}
