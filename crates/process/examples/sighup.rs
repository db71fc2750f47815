//! A listener takes the place of what a signal does: SIGHUP arrives, and the process goes on until it exits by itself.
//!
//! `cargo run -p ferronode-process --example sighup`
#![allow(clippy::print_stdout)]

use std::process::ExitCode;
use std::time::Duration;

use ferronode_process::{self as process, Signal};

fn main() -> ExitCode {
    process::run(|| -> Result<_, Box<dyn std::error::Error + Send + Sync>> {
        process::on_signal(Signal::HUP, |signal| println!("Got {signal} signal."))?;
        process::set_timeout(Duration::from_millis(100), || -> () {
            println!("Exiting.");
            process::exit(0)
        })?;
        process::kill(process::pid(), Signal::HUP)?;
        Ok(())
    })
}
