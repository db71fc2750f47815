//! `exit` says that the process has ended; `close`, that its streams have too. Between them somebody else may hold a stream.
//!
//! `cargo run -p ferronode-child --example exit_then_close`
//!
//! The child leaves a child of its own behind, which holds the standard output until it is told to let go.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use ferronode_child::{CLOSE, Command, EXIT, Stdio};
use ferronode_stream::DATA;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let script = "(read word <&3; echo \"the grandchild was told: $word\") & echo 'the child goes'; exit 3";
    let stdio = [Stdio::Ignore, Stdio::Pipe, Stdio::Inherit, Stdio::Pipe];
    let child = Command::shell(script).stdio(stdio).spawn()?;
    child.on(EXIT, |exit| println!("exit: {exit}"));
    child.on(CLOSE, |exit| println!("close: {exit}"));
    let stdout = child.stdout().ok_or("stdout is a pipe")?;
    stdout.on(DATA, |chunk| print!("stdout: {}", String::from_utf8_lossy(chunk)));

    child.exited().await;
    println!("the child has ended, and its output has not: somebody holds it");
    let grandchild = child.stdio(3).ok_or("3 is a pipe")?;
    grandchild.writable().write("let go\n").await?;
    child.closed().await;
    Ok(())
}
