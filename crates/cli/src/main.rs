//! The program `ferronode`: today it runs the demonstration, a clustered HTTP server.
//!
//! It is its own worker: the primary starts it again with the same arguments, and [`ferronode_cluster::is_worker`] tells.
//!
//! 1. `arguments`: what can be asked of it.
//! 2. `demo`: the primary, which keeps workers alive until it is told to stop.
//! 3. `worker`: hyper behind a listener that knows of the cluster, in a server that does not.
//! 4. `report`: what is printed, for people or for programs.
#![forbid(unsafe_code)]

mod arguments;
mod demo;
mod report;
mod worker;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;

fn main() -> ExitCode {
    // First of all, while there is one thread: it takes the channel that a worker was started with.
    let is_worker = ferronode_cluster::is_worker();
    let options = Arguments::parse().demo();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            report::complain(&format!("cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    if is_worker {
        runtime.block_on(worker::run(&options))
    } else {
        runtime.block_on(demo::run(&options))
    }
}
