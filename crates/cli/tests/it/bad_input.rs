//! What cannot be carried out is said in a clear line, and the exit code is 2.

use std::net::TcpListener;

use crate::program::ferronode;

#[track_caller]
fn check(arguments: &[&str], expected: &str) {
    let output = ferronode().args(arguments).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(
        errors.lines().next().unwrap().contains(expected),
        "expected {expected:?} in {errors}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn unknown_words_are_repeated() {
    check(&["--bogus"], "unexpected argument '--bogus'");
    check(&["demo", "--speed", "9"], "unexpected argument '--speed'");
    check(&["dance"], "unrecognized subcommand 'dance'");
    check(&["demo", "more"], "unexpected argument 'more'");
}

#[test]
fn numbers_out_of_range_are_said_with_their_range() {
    check(
        &["demo", "--workers", "0"],
        "invalid value '0' for '--workers <N>': 0 is not in 1..=1024",
    );
    check(
        &["demo", "--workers", "many"],
        "invalid value 'many' for '--workers <N>'",
    );
    check(
        &["demo", "--port", "65536"],
        "invalid value '65536' for '--port <P>': 65536 is not in 0..=65535",
    );
}

#[test]
fn a_port_in_use_is_named_with_its_address() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let expected = format!("ferronode: EADDRINUSE: cannot listen on {address}: Address already in use");
    check(&["demo", "--port", &address.port().to_string()], &expected);
}
