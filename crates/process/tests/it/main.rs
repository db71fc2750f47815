//! The public face of `ferronode-process`: small programs, each run as a process of its own, beside the same in real Node.
//!
//! This program is its own child: with `--program NAME` it is the case of that name, from the first line of `main`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails loudly, and its programs print"
)]

mod case;
mod channel;
mod examples;
mod identity;
mod lifecycle;
mod order;
mod schedules;
mod signals;
mod stdio;

use std::process::ExitCode;

use case::Case;
use libtest_mimic::{Arguments, Trial};

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for module in [
        lifecycle::cases(),
        order::cases(),
        identity::cases(),
        signals::cases(),
        stdio::cases(),
        channel::cases(),
    ] {
        cases.extend(module);
    }
    cases
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, name, ..] = &arguments[..]
        && flag == "--program"
    {
        return program(name);
    }
    let mut trials: Vec<Trial> = cases().into_iter().flat_map(Case::trials).collect();
    trials.extend(lifecycle::trials());
    trials.extend(stdio::trials());
    trials.extend(signals::trials());
    trials.extend(channel::trials());
    trials.extend(schedules::trials());
    trials.extend(examples::trials());
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn program(name: &str) -> ExitCode {
    if name == "schedules" {
        return schedules::program();
    }
    let case = cases().into_iter().find(|case| case.name == name);
    (case.expect("a case of this name").program)()
}
