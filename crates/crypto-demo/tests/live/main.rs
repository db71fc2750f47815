//! Two thousand random questions to this crate and to real Node, which must answer alike.
//!
//! Each case needs `node`: without it the cases are ignored, or fail if `FERRONODE_REQUIRE` names it.
//! The seed is in the name of each case. `FERRONODE_SEED=7` asks other questions.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)]

mod cases;
mod node;

use std::process::ExitCode;

use fixtures::with_node;
use libtest_mimic::{Arguments, Failed};

use cases::{Case, Random};

/// Questions of each kind; the kinds are ten.
const EACH: u64 = 200;

fn main() -> ExitCode {
    let seed = std::env::var("FERRONODE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(1);
    let mut trials: Vec<_> = cases::KINDS
        .iter()
        .map(|&(name, make)| {
            let name = format!("{name}_is_as_in_node_seed_{seed}");
            with_node(name, move || compare(make, seed))
        })
        .collect();
    trials.push(with_node(
        "what_is_known_of_ciphers_is_what_node_knows",
        node::knows_the_same_ciphers,
    ));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Asks Node all questions of one kind at once, and compares answer by answer.
fn compare(make: fn(&mut Random) -> Case, seed: u64) -> Result<(), Failed> {
    let mut random = Random::new(seed);
    let cases: Vec<Case> = (0..EACH).map(|_| make(&mut random)).collect();
    let answers = node::ask(&cases)?;
    for (case, expected) in cases.iter().zip(&answers) {
        if case.ours != *expected {
            let Case { op, args, ours } = case;
            return Err(format!("{op} {args}\n  Node: {expected}\n  ours: {ours}").into());
        }
    }
    if answers.len() == cases.len() {
        return Ok(());
    }
    Err(format!("{} questions and {} answers", cases.len(), answers.len()).into())
}
