//! Descriptors over a socket: they arrive owned, in order, close-on-exec, and none is ever lost without a word.

use std::fs::File;
use std::io::{self, IoSlice, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use ferronode_sys::{
    MAX_FDS, ReceiveError, inode, is_at_end, open_sockets, packet_pair, receive, receive_into, send, stream_pair,
    unread,
};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::{alone, open_descriptors};

fn null() -> OwnedFd {
    File::open("/dev/null").unwrap().into()
}

fn close_on_exec(fd: impl AsFd) -> bool {
    let flags = fcntl(fd.as_fd(), FcntlArg::F_GETFD).unwrap();
    FdFlag::from_bits_retain(flags).contains(FdFlag::FD_CLOEXEC)
}

#[test]
fn both_ends_of_a_pair_are_close_on_exec() {
    let _turn = alone();
    let (a, b) = stream_pair().unwrap();
    assert!(close_on_exec(&a) && close_on_exec(&b));
}

#[test]
fn a_descriptor_arrives_usable_and_close_on_exec() {
    let _turn = alone();
    let (a, b) = stream_pair().unwrap();
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    send(
        a.as_fd(),
        &[IoSlice::new(b"he"), IoSlice::new(b"re")],
        &[theirs.as_fd()],
    )
    .unwrap();
    drop(theirs);

    let (mut bytes, mut fds) = ([0; 64], Vec::new());
    assert_eq!(receive(b.as_fd(), &mut bytes, &mut fds).unwrap(), 4);
    assert_eq!(&bytes[..4], b"here");
    let [fd] = <[OwnedFd; 1]>::try_from(fds).unwrap();
    assert!(close_on_exec(&fd));
    UnixStream::from(fd).write_all(b"through").unwrap();
    let mut answer = String::new();
    ours.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "through");
}

#[test]
fn as_many_descriptors_as_the_kernel_allows_travel_in_one_message() {
    let _turn = alone();
    let (a, b) = stream_pair().unwrap();
    let gift = null();
    let many: Vec<BorrowedFd<'_>> = vec![gift.as_fd(); MAX_FDS];
    send(a.as_fd(), &[IoSlice::new(b"x")], &many).unwrap();
    let (mut bytes, mut fds) = ([0; 8], Vec::new());
    assert_eq!(receive(b.as_fd(), &mut bytes, &mut fds).unwrap(), 1);
    assert_eq!(fds.len(), MAX_FDS);
}

#[test]
fn one_too_many_and_none_to_ride_on_are_refused_before_anything_is_sent() {
    let _turn = alone();
    let (a, _b) = stream_pair().unwrap();
    let gift = null();
    let many: Vec<BorrowedFd<'_>> = vec![gift.as_fd(); MAX_FDS + 1];
    for (parts, fds) in [(&b"x"[..], &many[..]), (&b""[..], &many[..1])] {
        let error = send(a.as_fd(), &[IoSlice::new(parts)], fds).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{error}");
    }
}

#[test]
fn bytes_behind_a_descriptor_wait_for_the_next_call() {
    let _turn = alone();
    let (a, b) = stream_pair().unwrap();
    let gift = null();
    send(a.as_fd(), &[IoSlice::new(b"one")], &[]).unwrap();
    send(a.as_fd(), &[IoSlice::new(b"two")], &[gift.as_fd()]).unwrap();
    send(a.as_fd(), &[IoSlice::new(b"three")], &[gift.as_fd()]).unwrap();
    let (mut bytes, mut fds) = ([0; 64], Vec::new());
    let first = receive(b.as_fd(), &mut bytes, &mut fds).unwrap();
    assert_eq!((&bytes[..first], fds.len()), (&b"onetwo"[..], 1));
    let second = receive(b.as_fd(), &mut bytes, &mut fds).unwrap();
    assert_eq!((&bytes[..second], fds.len()), (&b"three"[..], 2));
}

#[test]
fn a_peer_that_has_closed_gives_zero_and_then_a_broken_pipe() {
    let _turn = alone();
    let (a, b) = stream_pair().unwrap();
    drop(b);
    assert_eq!(receive(a.as_fd(), &mut [0; 8], &mut Vec::new()).unwrap(), 0);
    let error = send(a.as_fd(), &[IoSlice::new(b"x")], &[]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn descriptors_lost_for_want_of_room_are_an_error_and_none_leaks() {
    let _turn = alone();
    let (a, b) = stream_pair().unwrap();
    let gift = null();
    send(a.as_fd(), &[IoSlice::new(b"four")], &[gift.as_fd(); 4]).unwrap();
    send(a.as_fd(), &[IoSlice::new(b"after")], &[]).unwrap();
    let before = open_descriptors();

    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    let highest = fcntl(&gift, FcntlArg::F_DUPFD_CLOEXEC(0)).unwrap();
    nix::unistd::close(highest).unwrap();
    // Room for two more descriptors, where four come.
    setrlimit(Resource::RLIMIT_NOFILE, u64::try_from(highest).unwrap() + 2, hard).unwrap();
    let (mut bytes, mut fds) = ([0; 64], Vec::new());
    let received = receive(b.as_fd(), &mut bytes, &mut fds);
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();

    match received {
        Err(ReceiveError::Truncated { bytes: 4, closed: 2 }) => {}
        other => panic!("expected the loss to be reported, got {other:?}"),
    }
    assert_eq!((&bytes[..4], fds.len()), (&b"four"[..], 0));
    assert_eq!(open_descriptors(), before, "what did come was closed");
    assert_eq!(
        receive(b.as_fd(), &mut bytes, &mut fds).unwrap(),
        5,
        "the stream goes on"
    );
}

#[test]
fn bytes_fill_the_room_of_a_vector_before_they_overflow() {
    let _turn = alone();
    let (a, b) = stream_pair().unwrap();
    let mut place = Vec::with_capacity(8);
    place.extend_from_slice(b"abc");
    let mut overflow = [0; 8];
    send(a.as_fd(), &[IoSlice::new(b"defgh|rest")], &[]).unwrap();
    let room = place.capacity() - place.len();
    let read = receive_into(b.as_fd(), &mut place, &mut overflow, &mut Vec::new()).unwrap();
    assert_eq!((read, &place[..8]), ((room, 10 - room), &b"abcdefgh"[..]));
    assert_eq!(&overflow[..10 - room], &b"defgh|rest"[room..]);

    send(a.as_fd(), &[IoSlice::new(b"more")], &[]).unwrap();
    let read = receive_into(b.as_fd(), &mut Vec::new(), &mut overflow, &mut Vec::new()).unwrap();
    assert_eq!((read, &overflow[..4]), ((0, 4), &b"more"[..]));
}

#[test]
fn what_waits_is_counted_and_the_end_is_seen_without_taking_anything() {
    let _turn = alone();
    let (a, b) = packet_pair().unwrap();
    let end = || is_at_end(b.as_fd()).unwrap();
    assert_eq!((unread(b.as_fd()).unwrap(), end()), (0, false));
    send(a.as_fd(), &[IoSlice::new(b"one1")], &[]).unwrap();
    send(a.as_fd(), &[IoSlice::new(b"two")], &[null().as_fd()]).unwrap();
    let before = open_descriptors();
    assert_eq!((unread(b.as_fd()).unwrap(), end()), (7, false));
    assert_eq!(open_descriptors(), before);
    drop(a);
    assert_eq!(
        (unread(b.as_fd()).unwrap(), end()),
        (7, false),
        "what was sent is there"
    );
    let mut buffer = [0; 8];
    let mut came = Vec::new();
    assert_eq!(receive(b.as_fd(), &mut buffer, &mut came).unwrap(), 4);
    assert_eq!(receive(b.as_fd(), &mut buffer, &mut came).unwrap(), 3);
    assert_eq!((unread(b.as_fd()).unwrap(), end(), came.len()), (0, true, 1));
    assert!(unread(null().as_fd()).is_err());
}

#[test]
fn a_socket_is_among_the_open_ones_until_its_last_descriptor_is_closed() {
    let _turn = alone();
    let (a, _b) = stream_pair().unwrap();
    let number = inode(&a).unwrap();
    let copy = a.try_clone().unwrap();
    drop(a);
    assert!(open_sockets().unwrap().contains(&number));
    drop(copy);
    assert!(!open_sockets().unwrap().contains(&number));
}
