//! The workspace's own chores, in Rust instead of shell: `cargo xtask tidy` checks the laws of the house.
#![forbid(unsafe_code)]

mod tidy;

use std::env;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask CHORE

chores:
  tidy    check the laws of the house; prints `path:line: what — why` for each break
";

#[allow(clippy::print_stdout, clippy::print_stderr)] // A program talks to its terminal.
fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    match (arguments.as_slice(), root) {
        ([chore], Some(root)) if chore == "tidy" => match tidy::run(root) {
            Ok(report) => {
                print!("{report}");
                ExitCode::from(u8::from(!report.findings.is_empty()))
            }
            Err(error) => {
                eprintln!("xtask: {error}");
                ExitCode::from(2)
            }
        },
        _ => {
            eprint!("{USAGE}");
            ExitCode::from(2)
        }
    }
}
