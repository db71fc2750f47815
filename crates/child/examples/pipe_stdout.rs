//! A child's output is the parent's to show: without a pipe it is not seen, with one it is.
//!
//! `cargo run -p ferronode-child --example pipe_stdout`. In Node: `child.stdout.pipe(process.stdout)`.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use ferronode_child::Command;
use ferronode_stream::Writable;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("without a pipe:");
    let unseen = Command::new("echo").arg("nobody sees this").spawn()?;
    unseen.closed().await;

    println!("with one:");
    let seen = Command::new("echo").arg("everybody sees this").spawn()?;
    let stdout = Writable::new(tokio::io::stdout());
    let bytes = seen
        .stdout()
        .ok_or("stdout is a pipe")?
        .pipe(&stdout)
        .keep_open()
        .await?;
    seen.closed().await;
    println!("{bytes} bytes have come through");

    let waits = unseen.stdout().ok_or("stdout is a pipe")?.read().await?;
    println!("the first child's words still wait for a reader: {}", waits.is_some());
    Ok(())
}
