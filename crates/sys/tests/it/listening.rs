//! Listening sockets, connections, and telling what a descriptor is.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};

use ferronode_sys::{DEFAULT_BACKLOG, SocketKind, accept, listen_tcp, set_nonblocking, socket_kind};
use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::alone;

fn blocks(fd: impl AsFd) -> bool {
    !OFlag::from_bits_retain(fcntl(fd.as_fd(), FcntlArg::F_GETFL).unwrap()).contains(OFlag::O_NONBLOCK)
}

fn any_port() -> TcpListener {
    listen_tcp("127.0.0.1:0".parse().unwrap(), DEFAULT_BACKLOG, false).unwrap()
}

#[test]
fn a_connection_is_accepted_non_blocking() {
    let _turn = alone();
    let listener = any_port();
    assert_eq!(accept(listener.as_fd()).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let accepted = accept(listener.as_fd()).unwrap();
    assert!(!blocks(&accepted) && !blocks(&listener));
    assert_eq!(
        TcpStream::from(accepted).peer_addr().unwrap(),
        client.local_addr().unwrap()
    );
}

#[test]
fn a_port_in_use_is_refused() {
    let _turn = alone();
    let address = any_port();
    let error = listen_tcp(address.local_addr().unwrap(), 1, false).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
}

#[test]
fn a_dual_stack_listener_serves_both_families_and_a_v6_only_one_does_not() {
    let _turn = alone();
    for (v6_only, served) in [(false, true), (true, false)] {
        let any: SocketAddr = "[::]:0".parse().unwrap();
        let listener = listen_tcp(any, DEFAULT_BACKLOG, v6_only).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(
            TcpStream::connect(("127.0.0.1", port)).is_ok(),
            served,
            "v6_only {v6_only}"
        );
    }
}

#[test]
fn every_kind_of_socket_is_told_from_the_descriptor_alone() {
    let _turn = alone();
    let listener = any_port();
    let folder = std::env::temp_dir().join(format!("ferronode-sys-{}", std::process::id()));
    let unix = UnixListener::bind(&folder).unwrap();
    std::fs::remove_file(&folder).unwrap();
    let (stream, _peer) = UnixStream::pair().unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let cases: Vec<(OwnedFd, SocketKind)> = vec![
        (listener.into(), SocketKind::TcpListener),
        (client.into(), SocketKind::TcpStream),
        (unix.into(), SocketKind::UnixListener),
        (stream.into(), SocketKind::UnixStream),
        (UdpSocket::bind("127.0.0.1:0").unwrap().into(), SocketKind::Udp),
        (std::fs::File::open("/dev/null").unwrap().into(), SocketKind::Other),
    ];
    for (fd, kind) in cases {
        assert_eq!(socket_kind(&fd).unwrap(), kind);
    }
}

#[test]
fn a_descriptor_is_made_non_blocking() {
    let _turn = alone();
    let (a, _b) = UnixStream::pair().unwrap();
    assert!(blocks(&a));
    for _ in 0..2 {
        set_nonblocking(a.as_fd()).unwrap();
        assert!(!blocks(&a));
    }
}
