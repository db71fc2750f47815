//! Every way that a Node worker can listen, under Node's primary and under ours: it finds the same.

use std::fs;
use std::io;
use std::net::{TcpListener, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fixtures::{example, node};
use libtest_mimic::Failed;

use crate::program::Program;

/// The ways of `worker.js`.
pub(crate) const WAYS: [&str; 16] = [
    "twoServers",
    "portInUse",
    "unix",
    "readable",
    "ipv6",
    "dualStack",
    "v6Only",
    "udp",
    "fd",
    "fdUnix",
    "fdUdp",
    "fdOfNobody",
    "tls",
    "maxConnections",
    "closeAndListenAgain",
    "send",
];

/// What Node's workers have in turn alone: where they share a listener, Node's primary forgets the mode of a Unix socket, and
/// a worker that is full closes the connections beyond.
pub(crate) const IN_TURN_ONLY: [&str; 2] = ["readable", "maxConnections"];

/// Node's primary, with this worker alone.
const PRIMARY: &str = "
    const cluster = require('node:cluster');
    const [serialization, exec, ...args] = process.argv.slice(1);
    cluster.setupPrimary({ serialization, exec, args, execArgv: [] });
    cluster.on('message', (_, message) => { if (message === 'done') process.exit(); });
    cluster.fork();";

pub(crate) fn same_under_both(way: &str, policy: &str, mode: &str) -> Result<(), Failed> {
    let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/node/worker.js"].iter().collect();
    let name = format!("ferronode-way-{way}-{policy}-{mode}-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);

    fs::create_dir(&folder)?;
    let nodes = policy.replace("shared", "none");
    let mut command = node();
    command
        .env("NODE_CLUSTER_SCHED_POLICY", nodes)
        .args(["-e", PRIMARY, mode])
        .arg(&script)
        .arg(way)
        .arg(&folder);
    let output = with_descriptor(&command, way, &folder)?.output()?;
    fs::remove_dir_all(&folder)?;
    let expected: Vec<String> = String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect();
    assert_eq!(
        expected.last().map(String::as_str),
        Some("\"done\""),
        "Node itself: {expected:?}"
    );

    fs::create_dir(&folder)?;
    let mut command = Command::new(example("node_workers"));
    command
        .args(["--workers", "1", "--policy", policy, "--mode", mode])
        .arg(&script)
        .arg(way)
        .arg(&folder);
    let mut program = Program::start(&mut with_descriptor(&command, way, &folder)?)?;
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

/// The same command, with the socket that its way wants as descriptor 9.
fn with_descriptor(command: &Command, way: &str, folder: &Path) -> io::Result<Command> {
    let socket: OwnedFd = match way {
        "fd" => TcpListener::bind("127.0.0.1:0")?.into(),
        "fdUnix" => UnixListener::bind(folder.join("inherited"))?.into(),
        "fdUdp" => UdpSocket::bind("127.0.0.1:0")?.into(),
        _ => UnixListener::bind(folder.join("unused"))?.into(),
    };
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "exec 9<&0 0</dev/null; exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args())
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .stdin(Stdio::from(socket));
    Ok(shell)
}
