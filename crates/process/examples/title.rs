//! A process under a name of its own in `ps`: whole among the arguments, 15 bytes of it as the command.
//!
//! `cargo run -p ferronode-process --example title -- "my own title"`
#![allow(clippy::print_stdout)]

use std::io;
use std::process::Command;

use ferronode_process as process;

fn main() -> io::Result<()> {
    let title = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "a title of one's own".to_owned());
    println!("before: {}", shown("args=")?);
    process::set_title(&title)?;
    println!("args: {}", shown("args=")?);
    println!("comm: {}", shown("comm=")?);
    Ok(())
}

/// What `ps` says of this process.
fn shown(column: &str) -> io::Result<String> {
    let pid = process::pid().to_string();
    let output = Command::new("ps").args(["-o", column, "-p", &pid]).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
