//! A child process held by a descriptor instead of by a number.
//!
//! A pid can be given to somebody else as soon as its process has been reaped; a pidfd means one process for ever.
//! It becomes readable when the process ends, so an event loop can wait for it without a SIGCHLD handler.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use crate::signal::Signal;

/// A descriptor of one child process.
#[derive(Debug)]
pub struct PidFd {
    fd: OwnedFd,
}

/// What a look at a child found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// It still runs.
    Running,
    /// It has ended, and is reaped now.
    Ended(ExitStatus),
    /// It has ended, and somebody else in this process has reaped it: its status went to them, and the kernel (before
    /// Linux 6.15) does not remember it.
    ReapedElsewhere,
}

impl PidFd {
    /// Opens the process `pid`. A number may be somebody else's by now: whoever knows something of the process checks it
    /// afterwards, when the number cannot be given away any more.
    ///
    /// # Errors
    ///
    /// `ESRCH` when there is no such process; `EMFILE` when descriptors have run out.
    ///
    /// # References
    ///
    /// [`pidfd_open(2)`](https://man7.org/linux/man-pages/man2/pidfd_open.2.html)
    pub fn open(pid: u32) -> io::Result<Self> {
        // SAFETY: pidfd_open takes two integers and returns a new descriptor, close-on-exec, or -1.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        match RawFd::try_from(fd) {
            Ok(fd) if fd >= 0 => {
                // SAFETY: the kernel has just made this descriptor for us; nobody else knows it.
                let fd = unsafe { OwnedFd::from_raw_fd(fd) };
                Ok(Self { fd })
            }
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Sends `signal` to the process.
    ///
    /// # Errors
    ///
    /// `ESRCH` when it has ended and is reaped; `EPERM` when it runs as somebody else.
    ///
    /// # References
    ///
    /// [`pidfd_send_signal(2)`](https://man7.org/linux/man-pages/man2/pidfd_send_signal.2.html)
    pub fn send_signal(&self, signal: Signal) -> io::Result<()> {
        self.send_number(signal.number())
    }

    /// Whether the number of the process is still its own: until it is reaped nobody else can be given it.
    ///
    /// So what was found by that number *before* this was asked was found of this process.
    #[must_use]
    pub fn has_its_number(&self) -> bool {
        // Signal 0 is none: the kernel only looks for whom it would be.
        !self
            .send_number(0)
            .is_err_and(|error| error.raw_os_error() == Some(libc::ESRCH))
    }

    fn send_number(&self, signal: i32) -> io::Result<()> {
        let info: *const libc::siginfo_t = std::ptr::null();
        // SAFETY: a null siginfo asks for the one that kill(2) would send; the rest are integers.
        let done = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, self.fd.as_raw_fd(), signal, info, 0) };
        if done == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// Looks whether the process has ended, and reaps it if so. Never waits.
    ///
    /// If somebody else has reaped it, by `waitpid(-1)` or by ignoring SIGCHLD, the kernel is asked what it remembers.
    ///
    /// # Errors
    ///
    /// Only what a bad descriptor gives.
    ///
    /// # References
    ///
    /// [`waitid(2)`](https://man7.org/linux/man-pages/man2/waitid.2.html), P_PIDFD
    pub fn try_wait(&self) -> io::Result<Wait> {
        self.wait_id(libc::WEXITED | libc::WNOHANG)
    }

    /// Waits until the process has ended, and reaps it. Blocks the thread, for as long as the process runs.
    ///
    /// # Errors
    ///
    /// As [`try_wait`](Self::try_wait).
    pub fn wait(&self) -> io::Result<Wait> {
        self.wait_id(libc::WEXITED)
    }

    fn wait_id(&self, options: i32) -> io::Result<Wait> {
        let id = self.fd.as_raw_fd().cast_unsigned();
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        loop {
            // SAFETY: `info` is a siginfo_t of ours for the kernel to fill.
            if unsafe { libc::waitid(libc::P_PIDFD, id, info.as_mut_ptr(), options) } == 0 {
                break;
            }
            let error = io::Error::last_os_error();
            match error.raw_os_error() {
                Some(libc::EINTR) => {}
                Some(libc::ECHILD) => return Ok(self.remembered()),
                _ => return Err(error),
            }
        }
        // SAFETY: siginfo_t is a C struct for which all zeroes is a value, and waitid has filled it or left it so.
        let info = unsafe { info.assume_init() };
        // SAFETY: waitid fills the SIGCHLD fields; they are zero when no child has ended yet.
        let pid = unsafe { info.si_pid() };
        // SAFETY: as above.
        let status = unsafe { info.si_status() };
        if pid == 0 {
            return Ok(Wait::Running);
        }
        // A raw wait status: the code in the second byte, or the signal in the low seven bits with 0x80 for a core.
        Ok(Wait::Ended(ExitStatus::from_raw(match info.si_code {
            libc::CLD_EXITED => (status & 0xff) << 8,
            libc::CLD_DUMPED => status | 0x80,
            _ => status,
        })))
    }
}

/// What `PIDFD_GET_INFO` fills, in its first version: `struct pidfd_info` of `linux/pidfd.h`.
#[repr(C)]
#[derive(Default)]
struct PidFdInfo {
    mask: u64,
    cgroup: u64,
    /// pid, tgid, ppid, and the eight user and group numbers.
    identity: [u32; 11],
    exit_status: i32,
}

/// `PIDFD_INFO_EXIT`: the status of a process that has ended and is reaped.
const INFO_EXIT: u64 = 1 << 3;
/// `_IOWR(0xff, 11, struct pidfd_info)`
const GET_INFO: libc::c_ulong = 3 << 30 | (size_of::<PidFdInfo>() as libc::c_ulong) << 16 | 0xff << 8 | 11;

impl PidFd {
    /// Asks the kernel for the status of a process that somebody else has reaped.
    fn remembered(&self) -> Wait {
        let mut info = PidFdInfo {
            mask: INFO_EXIT,
            ..PidFdInfo::default()
        };
        // SAFETY: the number of the request says how large `info` is; the kernel writes no more than that.
        let done = unsafe { libc::ioctl(self.fd.as_raw_fd(), GET_INFO, &raw mut info) };
        if done == 0 && info.mask & INFO_EXIT != 0 {
            Wait::Ended(ExitStatus::from_raw(info.exit_status))
        } else {
            Wait::ReapedElsewhere
        }
    }
}

impl From<OwnedFd> for PidFd {
    /// Of a descriptor that `clone` or `pidfd_open` has made.
    fn from(fd: OwnedFd) -> Self {
        Self { fd }
    }
}

impl AsFd for PidFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for PidFd {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}
