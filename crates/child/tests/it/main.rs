//! The public face of `ferronode-child`. This program is its own child: with a channel it plays the part named by its
//! first argument.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod child;
mod endings;
mod examples;
mod forking;
mod late;
mod machine;
mod others;
mod running;
mod spawning;

use std::process::ExitCode;

use ferronode_ipc::Inherited;

fn main() -> ExitCode {
    if let Some(inherited) = Inherited::take().unwrap() {
        return child::play(inherited);
    }
    fixtures::run_alone(
        &[
            forking::TRIALS,
            endings::TRIALS,
            late::TRIALS,
            spawning::TRIALS,
            running::TRIALS,
            others::TRIALS,
            examples::TRIALS,
        ]
        .concat(),
        [],
    )
}
