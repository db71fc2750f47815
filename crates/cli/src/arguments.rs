//! The command line. What is wrong with it is said in one line, and the exit code is 2.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread::available_parallelism;

use clap::{Args, Parser, Subcommand, value_parser};

/// Node's process model in Rust. Without a command it runs the demonstration.
#[derive(Debug, Parser)]
#[command(name = "ferronode", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the demonstration: an HTTP server on one port, served by several processes
    Demo(Demo),
}

/// What the demonstration can be told.
#[derive(Debug, Clone, Args)]
pub(crate) struct Demo {
    /// Port on 127.0.0.1; 0 picks a free one
    #[arg(long, value_name = "P", default_value_t = 8000)]
    port: u16,
    /// Number of workers [default: one per core]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

impl Arguments {
    pub(crate) fn demo(self) -> Demo {
        match self.command {
            Some(Command::Demo(demo)) => demo,
            None => Demo {
                port: 8000,
                workers: None,
                json: false,
            },
        }
    }
}

impl Demo {
    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    pub(crate) fn workers(&self) -> usize {
        self.workers
            .map_or_else(|| available_parallelism().map_or(1, usize::from), usize::from)
    }
}
