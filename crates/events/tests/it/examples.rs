//! The examples show what they say they show.

use std::process::{Command, Output};

/// Runs an example that cargo has built beside this test.
fn run(example: &str) -> Output {
    let here = std::env::current_exe().unwrap();
    let path = here.parent().unwrap().with_file_name("examples").join(example);
    Command::new(path).output().unwrap()
}

#[track_caller]
fn check(example: &str, expected: &str) {
    let output = run(example);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    assert!(output.status.success());
}

#[test]
fn wake_up_passes_the_argument_to_the_listener() {
    check("wake_up", "早上6:00开始起床，新的一天加油\n");
}

#[test]
fn this_is_what_a_listener_has_captured() {
    check("this", "a b true\na b Some(1)\nalive: false\n");
}

#[test]
fn once_runs_once_and_on_every_time() {
    check("once", "once\non\non\non\n");
}

#[test]
fn ten_callers_make_one_read_and_leave_no_key() {
    check("single_flight", "10 answers, 1 read\n0 keys kept\n");
}

#[test]
fn an_error_without_listener_ends_the_program_with_code_1() {
    let output = run("error_event");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed, "handled: this is an error\nthe program goes on\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("错误信息"));
}
