//! Descriptors over a socket: they arrive owned, in order, close-on-exec, and none is ever lost without a word.

use std::fs::File;
use std::io::{self, IoSlice, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use ferronode_sys::{
    MAX_FDS, More, ReceiveError, inode, open_sockets, packet_pair, receive, receive_into, receive_records, send,
    stream_pair,
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
fn records_come_many_at_once_and_one_of_another_length_is_an_error() {
    let _turn = alone();
    let (a, b) = packet_pair().unwrap();
    let give = |record: &[u8], fds: &[BorrowedFd<'_>]| send(a.as_fd(), &[IoSlice::new(record)], fds).unwrap();
    let mut records = Vec::new();
    let nothing = receive_records::<4>(b.as_fd(), &mut records).unwrap_err();
    assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
    let before = open_descriptors();
    give(b"one1", &[]);
    give(b"two2", &[null().as_fd()]);
    assert_eq!(receive_records(b.as_fd(), &mut records).unwrap(), More::Later);
    assert_eq!(records, [*b"one1", *b"two2"]);
    assert_eq!(open_descriptors(), before, "what rode on it is closed");

    for odd in [&b"odd"[..], b"longer"] {
        records.clear();
        give(b"good", &[]);
        give(odd, &[]);
        give(b"well", &[]);
        let error = receive_records(b.as_fd(), &mut records).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert_eq!(records, [*b"good", *b"well"]);
    }

    records.clear();
    (0..20).for_each(|_| _ = give(b"many", &[]));
    drop(a);
    let mut receive = || receive_records(b.as_fd(), &mut records).unwrap();
    assert_eq!([receive(), receive(), receive()], [More::Now, More::Never, More::Never]);
    assert_eq!(records, [*b"many"; 20], "all that had come, then the end");
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
