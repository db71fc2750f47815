//! The document's first child: `ls -lh /usr`, whose output comes in chunks as it is written.
//!
//! `cargo run -p ferronode-child --example spawn_ls`. Beside it, `spawn_ls.js` is the same in Node.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use ferronode_child::{CLOSE, Command, SpawnError};
use ferronode_stream::DATA;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), SpawnError> {
    let ls = Command::new("ls").args(["-lh", "/usr"]).spawn()?;
    if let (Some(stdout), Some(stderr)) = (ls.stdout(), ls.stderr()) {
        stdout.on(DATA, |chunk| println!("stdout: {}", String::from_utf8_lossy(chunk)));
        stderr.on(DATA, |chunk| println!("stderr: {}", String::from_utf8_lossy(chunk)));
    }
    ls.on(CLOSE, |exit| println!("exited with {exit}"));
    ls.closed().await;
    Ok(())
}
