//! A Rust program forked by a Node script, which talks back: the child's end of the channel.
//!
//! Run it with its parent, from this folder: `cargo build --example node_child && node node_parent.js`.
#![allow(clippy::print_stderr)]

use std::process::ExitCode;

use ferronode_ipc::Inherited;
use serde_json::{Value, json};

fn main() -> ExitCode {
    // First of all, while this process has one thread: the variables are removed, so that no grandchild sees them.
    let inherited = match Inherited::take() {
        Ok(Some(inherited)) => inherited,
        Ok(None) => {
            eprintln!("node_child wants a parent that forks it: node crates/ipc/examples/node_parent.js");
            return ExitCode::from(2);
        }
        Err(error) => {
            eprintln!("node_child: {error}");
            return ExitCode::from(2);
        }
    };
    match talk(inherited) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("node_child: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Greets the parent, and sends every message back with our pid, until the parent disconnects.
#[tokio::main(flavor = "current_thread")]
async fn talk(inherited: Inherited) -> Result<(), Box<dyn std::error::Error>> {
    let mut channel = inherited.open()?;
    channel.send(json!({ "hello": "parent" })).await?;
    while let Some(message) = channel.recv().await? {
        let value: Value = message.to()?;
        channel.send(json!({ "pid": std::process::id(), "got": value })).await?;
    }
    Ok(())
}
