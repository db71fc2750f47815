//! The child's half: this test program starts itself again with a descriptor, and takes it there.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;

use ferronode_sys::{InheritError, SocketKind, Spawn, Wait, duplicate, remove_env, socket_kind, take};

use crate::alone;

/// Starts this test program again to run `test` alone, with `descriptor` at 7, and returns what it wrote there.
fn in_a_child(test: &str) -> String {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let program = std::env::current_exe().unwrap();
    let mut spawn = Spawn::new(&program, program.as_os_str()).unwrap();
    for argument in ["--exact", test, "--test-threads=1", "--quiet"] {
        spawn.argument(OsStr::new(argument)).unwrap();
    }
    spawn.variable(OsStr::new("AS_CHILD"), OsStr::new("1")).unwrap();
    spawn.descriptor(theirs.as_fd(), 7);
    let child = spawn.start().unwrap();
    drop(spawn);
    drop(theirs);
    let mut text = String::new();
    ours.read_to_string(&mut text).unwrap();
    let Wait::Ended(status) = child.pidfd.wait().unwrap() else {
        panic!("not reaped by us")
    };
    assert!(status.success(), "the child failed: {status}");
    text
}

fn is_child() -> bool {
    std::env::var_os("AS_CHILD").is_some()
}

#[test]
fn an_inherited_socket_is_taken_once() {
    if is_child() {
        let mut channel = UnixStream::from(take(7).unwrap());
        assert_eq!(take(7).unwrap_err(), InheritError::NotInherited { number: 7 });
        channel.write_all(b"taken").unwrap();
        return;
    }
    let _turn = alone();
    assert_eq!(in_a_child("inheriting::an_inherited_socket_is_taken_once"), "taken");
}

#[test]
fn the_environment_is_left_alone_while_other_threads_run() {
    // The harness runs tests on threads of their own, so there are always two here.
    let error = remove_env(&["PATH"]).unwrap_err();
    assert!(error.tasks >= 2, "{error}");
    assert!(std::env::var_os("PATH").is_some());
}

#[test]
fn what_is_not_open_is_refused() {
    let _turn = alone();
    for number in [-1, 9999] {
        assert_eq!(take(number).unwrap_err(), InheritError::NotOpen { number });
    }
}

#[test]
fn a_descriptor_of_ones_own_is_refused() {
    let _turn = alone();
    let (own, _peer) = UnixStream::pair().unwrap();
    let number = own.as_raw_fd();
    assert_eq!(take(number).unwrap_err(), InheritError::NotInherited { number });
}

#[test]
fn what_is_inherited_but_no_channel_is_refused_and_named() {
    let _turn = alone();
    // Standard input came through exec, and is no Unix socket.
    let input = std::fs::File::open("/dev/null").unwrap();
    let number = nix::fcntl::fcntl(&input, nix::fcntl::FcntlArg::F_DUPFD(100)).unwrap();
    let found = Some(SocketKind::Other);
    assert_eq!(take(number).unwrap_err(), InheritError::NotAChannel { number, found });
    nix::unistd::close(number).unwrap();
}

#[test]
fn an_inherited_socket_may_be_duplicated_again_and_again_and_nothing_else() {
    let _turn = alone();
    let as_if_inherited = |own: &dyn AsFd| nix::fcntl::fcntl(own.as_fd(), nix::fcntl::FcntlArg::F_DUPFD(100)).unwrap();
    let refusal = |number| duplicate(number).unwrap_err().downcast::<InheritError>().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let number = as_if_inherited(&listener);
    for _ in 0..2 {
        let copy = duplicate(number).unwrap();
        assert_eq!(socket_kind(copy).unwrap(), SocketKind::TcpListener);
    }
    nix::unistd::close(number).unwrap();
    assert_eq!(refusal(number), InheritError::NotOpen { number });
    let own = listener.as_raw_fd();
    assert_eq!(refusal(own), InheritError::NotInherited { number: own });
    let number = as_if_inherited(&std::fs::File::open("/dev/null").unwrap());
    assert_eq!(refusal(number), InheritError::NotASocket { number });
    nix::unistd::close(number).unwrap();
}
