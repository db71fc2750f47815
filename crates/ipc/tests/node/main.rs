//! The channel with real Node at the other end.
//!
//! Each case needs `node`: without it the cases are ignored, or fail if `FERRONODE_REQUIRE` names it.
#![allow(clippy::unwrap_used)]

// The values that the format's own suite has: one generator for both.
mod others;
#[path = "../../../v8-serialize/tests/node/random.rs"]
mod random;
mod rust_parent;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use ferronode_ipc::Mode;
use fixtures::{example, node, with_node, with_program};
use libtest_mimic::{Arguments, Failed};

fn main() -> ExitCode {
    let mut trials = vec![
        with_node(
            "a_rust_child_of_a_node_parent_returns_every_value_unchanged",
            values_come_back,
        ),
        with_node("a_rust_child_ends_when_its_node_parent_is_killed", ends_with_its_parent),
    ];
    for mode in [Mode::Json, Mode::Advanced] {
        let name = |what| format!("{}::{what}", mode.name());
        trials.extend([
            with_node(name("values_and_handles_go_to_a_rust_child_and_come_back"), move || {
                rust_child(mode)
            }),
            with_node(name("large_values_go_to_a_node_child_and_come_back"), move || {
                rust_parent::run(mode, rust_parent::large)
            }),
            with_node(name("random_json_goes_to_a_node_child_and_comes_back"), move || {
                rust_parent::run(mode, rust_parent::json)
            }),
            with_node(name("handles_go_to_a_node_child_and_come_back"), move || {
                rust_parent::run(mode, rust_parent::handles)
            }),
            with_node(
                name("connections_that_travel_together_keep_to_their_messages"),
                move || rust_parent::run(mode, rust_parent::together),
            ),
            with_node(name("questions_are_plain_objects_to_a_node_child"), move || {
                rust_parent::run(mode, rust_parent::questions)
            }),
        ]);
    }
    trials.push(with_node(
        "advanced::random_graphs_go_to_a_node_child_and_come_back",
        || rust_parent::run(Mode::Advanced, rust_parent::graphs),
    ));
    trials.push(with_program(
        "bun",
        "a_rust_child_of_a_bun_parent_returns_every_value_unchanged",
        others::bun,
    ));
    trials.push(with_program(
        "pm2",
        "pm2_hears_that_a_rust_program_is_ready",
        others::pm2,
    ));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A Node parent has every kind of value and handle sent back by `examples/mirror.rs`, and counts its connections there.
fn rust_child(mode: Mode) -> Result<(), Failed> {
    let mut command = node();
    let script = [env!("CARGO_MANIFEST_DIR"), "tests", "node", "parent.js"]
        .iter()
        .collect::<PathBuf>();
    command.arg(script).arg(example("mirror")).arg(mode.name());
    check(&mut command, "11 cases held, and the child exited with 0")
}

fn script(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "examples", name].iter().collect()
}

#[track_caller]
fn check(command: &mut Command, expected: &str) -> Result<(), Failed> {
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && text.contains(expected) {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}, expected {expected:?} in: {text}\n{errors}", output.status).into())
}

fn values_come_back() -> Result<(), Failed> {
    let mut command = node();
    command.arg(script("node_parent.js")).arg(example("node_child"));
    check(&mut command, "returned 13 values unchanged and exited with 0")
}

/// The parent says the pid of its child and is killed; the child sees the channel end, and exits.
fn ends_with_its_parent() -> Result<(), Failed> {
    let parent = "
        const child = require('child_process').fork('-', [], { execPath: process.argv[1], execArgv: [] });
        child.once('message', () => {
            // Its standard output outlives this parent: whoever reads it to the end has waited for the child.
            require('fs').writeSync(1, `child ${child.pid} is up`);
            process.kill(process.pid, 'SIGKILL');
        });";
    let mut command = node();
    command.args(["-e", parent]).arg(example("node_child"));
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    if text.starts_with("child ") {
        Ok(())
    } else {
        Err(format!("{}: {text}", output.status).into())
    }
}
