//! Bytes and descriptors together, over a Unix socket: SCM_RIGHTS.
//!
//! Rule: a descriptor is an [`OwnedFd`] before anything else can go wrong, so an error can never leak one.
//! Surprise: when the receiver has no room (its control buffer, its descriptor table), the kernel delivers the bytes,
//! drops descriptors *silently* and only sets `MSG_CTRUNC`.
//! Here that is an error of its own, [`ReceiveError::Truncated`], which still says how many bytes came:
//! the stream goes on, and whoever reads it knows that this message lost its descriptors.

use std::fmt;
use std::io::{self, IoSlice};
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

/// The most descriptors that one message can carry: `SCM_MAX_FD` of Linux.
pub const MAX_FDS: usize = 253;

/// Room for one SCM_RIGHTS record of [`MAX_FDS`] descriptors, aligned as a control header wants it.
const CONTROL_WORDS: usize = {
    // 16 bytes of header, 4 per descriptor, rounded up to words of 8.
    (16 + MAX_FDS * 4).div_ceil(8)
};

/// Sends the bytes of `parts` in order, with `fds` riding on the first of them, and returns how many bytes went.
///
/// The kernel duplicates the descriptors: the sender keeps its own.
/// When fewer bytes went than were given, the descriptors have gone with those that did: they must not be sent again.
/// Never raises SIGPIPE.
///
/// # Errors
///
/// `InvalidInput` for more than [`MAX_FDS`] descriptors, or for descriptors without a byte to ride on.
/// `WouldBlock` when the socket is full and does not block; `BrokenPipe` and `ConnectionReset` when the peer is gone.
/// Nothing was sent then.
///
/// # References
///
/// [`sendmsg(2)`](https://man7.org/linux/man-pages/man2/sendmsg.2.html),
/// [`unix(7)`](https://man7.org/linux/man-pages/man7/unix.7.html), SCM_RIGHTS
pub fn send(socket: BorrowedFd<'_>, parts: &[IoSlice<'_>], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
    if fds.len() > MAX_FDS {
        let what = format!("{} descriptors in one message: at most {MAX_FDS} can travel", fds.len());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    if !fds.is_empty() && parts.iter().all(|part| part.is_empty()) {
        let what = "descriptors need at least one byte to travel with";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    if let ([part], []) = (parts, fds) {
        return send_bytes(socket, part);
    }
    let mut control;
    let mut header = empty_header();
    // IoSlice promises the layout of an iovec; sendmsg only reads through it.
    header.msg_iov = parts.as_ptr().cast_mut().cast();
    header.msg_iovlen = parts.len();
    if !fds.is_empty() {
        control = [0u64; CONTROL_WORDS];
        header.msg_control = control.as_mut_ptr().cast();
        header.msg_controllen = write_rights(&mut control, fds);
    }
    loop {
        // SAFETY: every pointer in `header` points to a live slice of this frame with the length beside it.
        let sent = unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const header, libc::MSG_NOSIGNAL) };
        match usize::try_from(sent) {
            Ok(sent) => return Ok(sent),
            Err(_) => retry_if_interrupted()?,
        }
    }
}

/// As [`send`], for bytes alone: the kernel has less to look at than with a header.
fn send_bytes(socket: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    loop {
        // SAFETY: the pointer and the length are those of `bytes`.
        let sent = unsafe {
            libc::send(
                socket.as_raw_fd(),
                bytes.as_ptr().cast(),
                bytes.len(),
                libc::MSG_NOSIGNAL,
            )
        };
        match usize::try_from(sent) {
            Ok(sent) => return Ok(sent),
            Err(_) => retry_if_interrupted()?,
        }
    }
}

/// Receives up to `buffer.len()` bytes, adds the descriptors that came with them to `fds`, and returns how many bytes
/// came: zero means that the peer has closed its end.
///
/// Every descriptor received is close-on-exec.
/// One call never returns bytes from behind a message that carried descriptors, nor the descriptors of two messages.
///
/// # Errors
///
/// [`ReceiveError::Truncated`] when descriptors were lost on the way: what did come is closed, `fds` is unchanged.
/// [`ReceiveError::RecordTooLong`] likewise, from a socket for records.
/// Otherwise the kernel's: `WouldBlock` when nothing is there and the socket does not block, `ConnectionReset` when
/// the peer went away with our bytes unread.
///
/// # References
///
/// [`recvmsg(2)`](https://man7.org/linux/man-pages/man2/recvmsg.2.html)
pub fn receive(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    fds: &mut impl Extend<OwnedFd>,
) -> Result<usize, ReceiveError> {
    receive_parts(socket, &mut [part_of(buffer)], fds)
}

/// As [`receive`], with the bytes going first to the end of `vec`, as far as its capacity has room, and only then to
/// `overflow`. Returns how many bytes went to each.
///
/// So a long message is read straight to where it stays, and one call still brings what comes behind it.
///
/// # Errors
///
/// As [`receive`]; after [`ReceiveError::Truncated`] the bytes stand in `vec` and `overflow` likewise.
pub fn receive_into(
    socket: BorrowedFd<'_>,
    vec: &mut Vec<u8>,
    overflow: &mut [u8],
    fds: &mut impl Extend<OwnedFd>,
) -> Result<(usize, usize), ReceiveError> {
    let spare = vec.spare_capacity_mut();
    let room = spare.len();
    let first = libc::iovec {
        iov_base: spare.as_mut_ptr().cast(),
        iov_len: room,
    };
    let mut parts = [first, part_of(overflow)];
    // One part is cheaper for the kernel than two of which one is empty.
    let parts = if room == 0 { &mut parts[1..] } else { &mut parts[..] };
    let received = receive_parts(socket, parts, fds);
    let bytes = match &received {
        Ok(bytes) | Err(ReceiveError::Truncated { bytes, .. }) => *bytes,
        Err(_) => 0,
    };
    let filled = vec.len() + bytes.min(room);
    // SAFETY: the kernel has written the first `bytes` bytes of both parts, and the first part is the spare capacity.
    unsafe { vec.set_len(filled) };
    received.map(|bytes| (bytes.min(room), bytes - bytes.min(room)))
}

fn part_of(buffer: &mut [u8]) -> libc::iovec {
    libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    }
}

/// Receives into `parts`, each of which must span memory that the caller holds mutably.
fn receive_parts(
    socket: BorrowedFd<'_>,
    parts: &mut [libc::iovec],
    fds: &mut impl Extend<OwnedFd>,
) -> Result<usize, ReceiveError> {
    // Not initialised: the kernel says how much of it it has written, and nobody looks further.
    let mut control = [const { MaybeUninit::<u64>::uninit() }; CONTROL_WORDS];
    let mut header = empty_header();
    header.msg_iov = parts.as_mut_ptr();
    header.msg_iovlen = parts.len();
    header.msg_control = control.as_mut_ptr().cast();
    header.msg_controllen = size_of_val(&control);
    let bytes = loop {
        // SAFETY: each of `parts` spans memory held mutably, and msg_control spans `control`.
        let came = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, libc::MSG_CMSG_CLOEXEC) };
        match usize::try_from(came) {
            Ok(came) => break came,
            Err(_) => retry_if_interrupted()?,
        }
    };
    if header.msg_controllen == 0 && header.msg_flags & (libc::MSG_CTRUNC | libc::MSG_TRUNC) == 0 {
        return Ok(bytes);
    }
    if header.msg_flags & (libc::MSG_CTRUNC | libc::MSG_TRUNC) == 0 {
        take_rights(&header, |fd| fds.extend([fd]));
        return Ok(bytes);
    }
    let mut closed = 0;
    take_rights(&header, |fd| {
        drop(fd);
        closed += 1;
    });
    if header.msg_flags & libc::MSG_TRUNC != 0 {
        return Err(ReceiveError::RecordTooLong { room: bytes });
    }
    Err(ReceiveError::Truncated { bytes, closed })
}

/// Why [`receive`] failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReceiveError {
    /// The system call failed; nothing was taken from the socket.
    Io(io::Error),
    /// Descriptors were lost: no room for them in this process, or more came than one message may carry.
    Truncated {
        /// How many bytes came all the same; they are in the buffer.
        bytes: usize,
        /// How many descriptors did come, and were closed.
        closed: usize,
    },
    /// A record is longer than the room for it; the rest is lost, and so are its descriptors.
    RecordTooLong {
        /// How many bytes there was room for.
        room: usize,
    },
}

impl fmt::Display for ReceiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot receive: {error}"),
            Self::RecordTooLong { room } => write!(f, "expected a record of at most {room} bytes, found a longer one"),
            Self::Truncated { bytes, closed } => write!(
                f,
                "descriptors were lost with a message of {bytes} bytes ({closed} came and were closed): \
                 is the limit of open files reached?"
            ),
        }
    }
}

impl std::error::Error for ReceiveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Truncated { .. } | Self::RecordTooLong { .. } => None,
        }
    }
}

impl From<io::Error> for ReceiveError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn empty_header() -> libc::msghdr {
    // SAFETY: msghdr is a C struct of integers and pointers, for which all zeroes is a value.
    unsafe { MaybeUninit::<libc::msghdr>::zeroed().assume_init() }
}

/// Writes one SCM_RIGHTS record into `control` and returns its length with padding.
fn write_rights(control: &mut [u64; CONTROL_WORDS], fds: &[BorrowedFd<'_>]) -> usize {
    let payload = size_of_val(fds);
    let length = u32::try_from(payload).expect("at most MAX_FDS descriptors of four bytes each");
    // SAFETY: only computes.
    let unpadded = unsafe { libc::CMSG_LEN(length) };
    // SAFETY: only computes.
    let padded = unsafe { libc::CMSG_SPACE(length) };
    debug_assert!(padded as usize <= size_of_val(control));
    let record: *mut libc::cmsghdr = control.as_mut_ptr().cast();
    let header = libc::cmsghdr {
        cmsg_len: unpadded as usize,
        cmsg_level: libc::SOL_SOCKET,
        cmsg_type: libc::SCM_RIGHTS,
    };
    // SAFETY: `control` is aligned to 8 and longer than a header.
    unsafe { record.write(header) };
    // SAFETY: the payload of a record begins right behind its header, inside `control`.
    let data = unsafe { libc::CMSG_DATA(record) };
    // SAFETY: a BorrowedFd has the layout of the integer that it wraps (std promises it), and `control` has room for
    // MAX_FDS of them behind the header; both regions are distinct.
    unsafe { ptr::copy_nonoverlapping(fds.as_ptr().cast::<u8>(), data, payload) };
    padded as usize
}

/// Takes ownership of every descriptor in the control data of a received message.
fn take_rights(header: &libc::msghdr, mut take: impl FnMut(OwnedFd)) {
    // SAFETY: the kernel has filled msg_control up to msg_controllen with whole records.
    let mut record = unsafe { libc::CMSG_FIRSTHDR(header) };
    while !record.is_null() {
        // SAFETY: CMSG_FIRSTHDR and CMSG_NXTHDR only return records that lie inside the control data.
        let cmsg = unsafe { record.read_unaligned() };
        if cmsg.cmsg_level == libc::SOL_SOCKET && cmsg.cmsg_type == libc::SCM_RIGHTS {
            // SAFETY: computes the address behind the header.
            let data = unsafe { libc::CMSG_DATA(record) }.cast::<RawFd>();
            // SAFETY: only computes the length of an empty record.
            let empty = unsafe { libc::CMSG_LEN(0) } as usize;
            for index in 0..cmsg.cmsg_len.saturating_sub(empty) / size_of::<RawFd>() {
                // SAFETY: `index` stays below the number of descriptors that the record's length says.
                let place = unsafe { data.add(index) };
                // SAFETY: the kernel has written an integer there.
                let fd = unsafe { place.read_unaligned() };
                // SAFETY: the kernel has just made this descriptor for us; nobody else knows it.
                take(unsafe { OwnedFd::from_raw_fd(fd) });
            }
        }
        // SAFETY: `record` came from this very header.
        record = unsafe { libc::CMSG_NXTHDR(header, record) };
    }
}

/// Passes on the error of the call that just failed, unless a signal interrupted it: then it is to be made again.
fn retry_if_interrupted() -> io::Result<()> {
    let error = io::Error::last_os_error();
    if error.kind() == io::ErrorKind::Interrupted {
        Ok(())
    } else {
        Err(error)
    }
}
