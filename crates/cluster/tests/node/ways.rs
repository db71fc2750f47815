//! Every way that a Node worker can listen, under Node's primary and under ours: it finds the same.

use std::fs;
use std::path::PathBuf;

use fixtures::{example, node};
use libtest_mimic::Failed;

use crate::program::Program;

/// The ways of `worker.js`.
pub(crate) const WAYS: [&str; 12] = [
    "twoServers",
    "portInUse",
    "unix",
    "readable",
    "ipv6",
    "dualStack",
    "v6Only",
    "udp",
    "tls",
    "maxConnections",
    "closeAndListenAgain",
    "send",
];

/// Node's primary, with this worker alone.
const PRIMARY: &str = "
    const cluster = require('node:cluster');
    const [serialization, exec, ...args] = process.argv.slice(1);
    cluster.setupPrimary({ serialization, exec, args, execArgv: [] });
    cluster.on('message', (_, message) => { if (message === 'done') process.exit(); });
    cluster.fork();";

pub(crate) fn same_under_both(way: &str, mode: &str) -> Result<(), Failed> {
    let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/node/worker.js"].iter().collect();
    let folder = std::env::temp_dir().join(format!("ferronode-way-{way}-{mode}-{}", std::process::id()));

    fs::create_dir(&folder)?;
    let output = node()
        .args(["-e", PRIMARY, mode])
        .arg(&script)
        .arg(way)
        .arg(&folder)
        .output()?;
    fs::remove_dir_all(&folder)?;
    let expected: Vec<String> = String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect();
    assert_eq!(
        expected.last().map(String::as_str),
        Some("\"done\""),
        "Node itself: {expected:?}"
    );

    fs::create_dir(&folder)?;
    let mut command = std::process::Command::new(example("node_workers"));
    command
        .args(["--workers", "1", "--mode", mode])
        .arg(&script)
        .arg(way)
        .arg(&folder);
    let mut program = Program::start(&mut command)?;
    let mut found = Vec::new();
    while found.last() != expected.last() {
        let line = program.line("")?;
        if line.starts_with(['{', '"']) {
            found.push(line);
        }
    }
    assert_eq!(found, expected);
    let status = program.end()?;
    fs::remove_dir_all(&folder)?;
    if status.code() == Some(0) {
        Ok(())
    } else {
        Err(format!("it ended with {status}").into())
    }
}
