//! A signal for a process that is known by its number alone.

use std::io;

use nix::errno::Errno;

use crate::signal::Signal;

/// Sends a signal to a process by its number; `None` only looks whether it could be sent.
///
/// 0 means all of this process's group, a negative number the group of that number, as for the kernel.
/// A number may be somebody else's by now: [`PidFd`](crate::PidFd) is for one's own children.
///
/// # Errors
///
/// `ESRCH`: there is no such process. `EPERM`: it is somebody else's.
///
/// # References
///
/// [`kill(2)`](https://man7.org/linux/man-pages/man2/kill.2.html)
pub fn kill(pid: i32, signal: Option<Signal>) -> io::Result<()> {
    // SAFETY: kill takes two numbers and touches no memory of ours. (nix's has no real-time signals.)
    let outcome = unsafe { libc::kill(pid, signal.map_or(0, Signal::number)) };
    Errno::result(outcome)?;
    Ok(())
}
