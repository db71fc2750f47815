//! Output that is captured: through a shell and without one, both streams at once, and what happens at the bound.
//!
//! `cargo run -p ferronode-child --example exec_capture`
//!
//! The documents say that passing `maxBuffer` (200 KiB then, 1 MiB since) "crashes the program". It ends the child and is an
//! error, here and in Node; and what was captured until then is in the error.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use ferronode_child::{Command, MAX_BUFFER, Overflow};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let through_shell = Command::shell("echo \"$((6 * 7))\"; echo 'both at once' >&2")
        .exec()
        .await?;
    print!("exec: stdout {}", through_shell.stdout_text());
    print!("exec: stderr {}", through_shell.stderr_text());

    let without = Command::new("echo").arg("$((6 * 7))").exec().await?;
    print!("exec_file: stdout {}", without.stdout_text());

    println!("the bound is {MAX_BUFFER} bytes, unless another is set");
    let mut endless = Command::new("yes");
    endless.max_buffer(8);
    match endless.exec().await {
        Ok(_) => println!("yes has come to an end"),
        Err(error) => {
            println!("error: {error}");
            let output = error.output().ok_or("it was not even started")?;
            println!(
                "captured until then: {:?}, and then {}",
                output.stdout_text(),
                output.exit
            );
        }
    }

    let mut numbers = Command::new("seq");
    numbers.args(["1", "1000"]).max_buffer(9).on_overflow(Overflow::Tail);
    print!("only the end of it: {}", numbers.exec().await?.stdout_text());
    Ok(())
}
