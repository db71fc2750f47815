//! A case: a program in Rust, the same in JavaScript, and what both print and end with.

use std::process::{Command, ExitCode, Output, Stdio};

use ferronode_process::{Outcome, run};
use fixtures::{node, with_node};
use libtest_mimic::{Failed, Trial};

/// A program, and what is expected of it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) program: fn() -> ExitCode,
    /// The same program for Node; empty where it would be another.
    pub(crate) js: &'static str,
    /// The lines that it prints; `"-"` where it is no case by itself, but part of another.
    pub(crate) stdout: &'static str,
    /// The exit code; a signal counts as 128 and its number, as in a shell.
    pub(crate) code: i32,
}

impl Case {
    pub(crate) fn trials(self) -> Vec<Trial> {
        let Self {
            name, js, stdout, code, ..
        } = self;
        if stdout == "-" {
            return Vec::new();
        }
        let mut trials = vec![Trial::test(name, move || check(&mut rust(name), stdout, code))];
        if !js.is_empty() {
            trials.push(with_node(format!("node::{name}"), move || {
                check(node().args(["-e", js]), stdout, code)
            }));
        }
        trials
    }
}

/// A case's program, as a process of its own.
pub(crate) fn rust(name: &str) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", "30"]);
    command.arg(std::env::current_exe().unwrap()).args(["--program", name]);
    command
}

pub(crate) fn code_of(output: &Output) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    let status = output.status;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

pub(crate) fn check(command: &mut Command, stdout: &str, code: i32) -> Result<(), Failed> {
    let output = command.stdin(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let words = text.lines().collect::<Vec<_>>().join(", ");
    if words == stdout && code_of(&output) == code {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let found = code_of(&output);
    Err(format!("expected {stdout:?} and {code}, found {words:?} and {found}\n{errors}").into())
}

/// A program of the loop whose `main` cannot fail.
pub(crate) fn looped<R: Outcome>(main: impl FnOnce() -> R) -> ExitCode {
    run(main)
}

/// Keeps the thread busy until every timer of a millisecond is due.
pub(crate) fn busy() {
    let start = std::time::Instant::now();
    while start.elapsed().as_millis() < 3 {
        std::hint::spin_loop();
    }
}

macro_rules! cases {
    ($($name:ident = $js:expr => $stdout:literal, $code:literal;)*) => {
        pub(crate) fn cases() -> Vec<crate::case::Case> {
            vec![$(crate::case::Case {
                name: stringify!($name), program: $name, js: $js, stdout: $stdout, code: $code,
            }),*]
        }
    };
}
pub(crate) use cases;
