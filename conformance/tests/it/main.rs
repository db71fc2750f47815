//! The program as its scorer sees it: lines in, lines out, and an exit code.
#![forbid(unsafe_code)]
// A test may unwrap: its panic is its report.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn conformance(questions: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(questions).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn nothing_asked_is_nothing_answered() {
    let output = conformance(b"");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, b"");
}

#[test]
fn a_bad_line_ends_in_exit_code_two_after_the_good_ones() {
    let output = conformance(b"}\n{\"id\":\"c1\",\"module\":\"child_process\",\"op\":\"execSync\",\"args\":{\"api\":\"execSync\",\"command\":\"true\"}}\n");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.starts_with(b"{\"id\":\"c1\""));
    assert!(output.stderr.starts_with(b"conformance: line 1: not a question"));
}
