//! Short records, as many as are there in one system call.
//!
//! Surprise: the kernel says the end of a connection by a record of no length, and says it again for every place that is
//! left in the batch.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

/// How many records one call brings at most.
const BATCH: usize = 16;

/// Whether there are more records than were received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// There may be: as many have come as one call brings.
    Now,
    /// Not now: the kernel has no other.
    Later,
    /// The peer has closed its end, and everything has been received.
    Never,
}

/// Receives records of `N` bytes each from a socket for records, up to sixteen, and adds them to `records`.
///
/// Descriptors that ride on a record are closed by the kernel.
///
/// # Errors
///
/// `InvalidData` when a record has another length; the others have been added.
/// Otherwise the kernel's: `WouldBlock` when nothing is there: it never waits; `ConnectionReset` when the peer
/// went away with our records unread.
///
/// # References
///
/// [`recvmmsg(2)`](https://man7.org/linux/man-pages/man2/recvmmsg.2.html)
pub fn receive_records<const N: usize>(socket: BorrowedFd<'_>, records: &mut Vec<[u8; N]>) -> io::Result<More> {
    let mut bytes = [[0; N]; BATCH];
    let mut parts = bytes.each_mut().map(|record| libc::iovec {
        iov_base: record.as_mut_ptr().cast(),
        iov_len: N,
    });
    let mut headers = parts.each_mut().map(header);
    let flags = libc::MSG_DONTWAIT | libc::MSG_TRUNC; // the latter for the whole length of a record that is too long
    let came = loop {
        // SAFETY: each header points to one part, and each part to an array of its own, which all live in this frame.
        let came = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                BATCH as libc::c_uint,
                flags,
                ptr::null_mut(),
            )
        };
        match usize::try_from(came) {
            Ok(came) => break came,
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    };
    let lengths = headers.map(|header| header.msg_len as usize);
    let mut outcome = Ok(if came == BATCH { More::Now } else { More::Later });
    for (record, length) in bytes.iter().zip(lengths).take(came) {
        match length {
            0 => return outcome.and(Ok(More::Never)),
            length if length == N => records.push(*record),
            length => {
                let what = format!("expected a record of {N} bytes, found one of {length}");
                outcome = Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
        }
    }
    outcome
}

fn header(part: &mut libc::iovec) -> libc::mmsghdr {
    // SAFETY: mmsghdr is a C struct of integers and pointers, for which all zeroes is a value.
    let mut header = unsafe { MaybeUninit::<libc::mmsghdr>::zeroed().assume_init() };
    header.msg_hdr.msg_iov = part;
    header.msg_hdr.msg_iovlen = 1;
    header
}
