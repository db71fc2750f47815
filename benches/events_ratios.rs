//! How the events crate stands, in one table: `cargo bench -p benches --bench events_ratios`.
//!
//! All cases take turns, nine rounds of about four milliseconds each, so that a slow moment of the machine hits all.
//! A figure is the median; a ratio is against the first row of its group. Node runs in a process of its own between rounds.
#![allow(clippy::print_stdout, reason = "a table for people")]

use std::collections::HashMap;
use std::process::Command;
use std::time::{Duration, Instant};

use benches::events_cases::{self, Case};

const ROUNDS: usize = 9;
const TURN: Duration = Duration::from_millis(4);

fn main() {
    // `cargo test` and `cargo bench -- --test` only ask whether it runs.
    let rounds = if std::env::args().any(|argument| argument == "--test") {
        1
    } else {
        ROUNDS
    };
    let mut cases = events_cases::all();
    let times: Vec<u64> = cases.iter_mut().map(times_in_a_turn).collect();
    let mut figures = vec![Vec::new(); cases.len()];
    for _ in 0..rounds {
        for ((case, times), figures) in cases.iter_mut().zip(&times).zip(&mut figures) {
            figures.push(nanoseconds(case, *times));
        }
    }
    let node = if rounds == 1 { None } else { node() };
    if node.is_none() {
        println!("node: skipped, it did not run");
    }
    table(&cases, figures, &node.unwrap_or_default());
}

/// Finds how often a case fits into one turn, and warms it up.
fn times_in_a_turn(case: &mut Case) -> u64 {
    let mut times = 1;
    loop {
        let start = Instant::now();
        (case.run)(times);
        if start.elapsed() >= TURN {
            return times;
        }
        times *= 2;
    }
}

fn nanoseconds(case: &mut Case, times: u64) -> f64 {
    let start = Instant::now();
    (case.run)(times);
    start.elapsed().as_nanos() as f64 / times as f64
}

/// Measures Node's own emitter; `None` if there is no Node.
fn node() -> Option<HashMap<String, Vec<f64>>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/events_node.mjs");
    let output = Command::new("node").arg(script).output().ok()?;
    serde_json::from_slice(&output.stdout).ok()
}

fn table(cases: &[Case], figures: Vec<Vec<f64>>, node: &HashMap<String, Vec<f64>>) {
    println!("| group | case | ns | to the first |\n|---|---|---|---|");
    let mut yardstick = 0.0;
    let mut group = "";
    let row = |group: &str, name: &str, median: f64, yardstick: f64| {
        println!("| {group} | {name} | {median:.2} | {:.2} |", median / yardstick);
    };
    for (index, (case, figures)) in cases.iter().zip(figures).enumerate() {
        let median = median(figures);
        if case.group != group {
            (group, yardstick) = (&case.group, median);
        }
        row(group, case.name, median, yardstick);
        let is_last = cases.get(index + 1).is_none_or(|next| next.group != case.group);
        if let (true, Some(figures)) = (is_last, node.get(group)) {
            row(group, "node", self::median(figures.clone()), yardstick);
        }
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
