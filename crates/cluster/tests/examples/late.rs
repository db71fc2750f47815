//! A worker that gives its channel to somebody else, and asks the cluster afterwards.

use std::process::{Command, ExitCode, Stdio};

use ferronode_cluster::is_primary;
use ferronode_ipc::Inherited;
use libtest_mimic::Failed;

/// The argument by which this program is that worker.
pub(crate) const PART: &str = "late-worker";

/// `process::run` does the same: it takes the channel first of all.
pub(crate) fn worker() -> ExitCode {
    let taken = Inherited::take();
    assert!(taken.unwrap().is_some() && std::env::var_os("NODE_UNIQUE_ID").is_none());
    println!("it takes itself for a primary: {}", is_primary());
    ExitCode::SUCCESS
}

pub(crate) fn is_told() -> Result<(), Failed> {
    let (_ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    let mut command = Command::new(std::env::current_exe()?);
    // Its standard input is its channel.
    command.arg(PART).env("NODE_CHANNEL_FD", "0").env("NODE_UNIQUE_ID", "7");
    let output = command
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
        .output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(
        errors.contains("worker 7: the channel to the primary was taken"),
        "{errors}"
    );
    Ok(())
}
