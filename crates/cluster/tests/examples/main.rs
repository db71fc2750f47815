//! The examples show what the documents do: each is run as it was built, with a small workload, and what it prints is read.
//!
//! This program is also its own worker, for what a worker must not do.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails loudly")]

mod late;

use std::process::{Command, ExitCode};

use fixtures::example;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(late::PART) {
        return late::worker();
    }
    let trials = vec![
        Trial::test("compute_blocks_the_loop_and_not_from_a_forked_child", compute),
        Trial::test("text_or_bytes_measures_both", text_or_bytes),
        Trial::test("balance_is_uneven_where_workers_scramble_and_even_in_turn", balance),
        Trial::test("two_schemes_counts_the_descriptors_of_both", two_schemes),
        Trial::test("service_models_differ_in_rate_and_memory", service_models),
        Trial::test(
            "a_worker_whose_channel_was_taken_is_no_primary_and_says_so",
            late::is_told,
        ),
    ];
    let arguments = Arguments {
        // They measure: one at a time.
        test_threads: Some(1),
        ..Arguments::from_args()
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// What an example prints, which ends well within half a minute.
fn run(name: &str, arguments: &[&str]) -> Result<Vec<String>, Failed> {
    let mut command = Command::new("timeout");
    let output = command
        .args(["--kill-after=5", "30"])
        .arg(example(name))
        .args(arguments)
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    if output.status.success() {
        Ok(text.lines().map(str::to_owned).collect())
    } else {
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(format!("{name}: {}\n{text}\n{errors}", output.status).into())
    }
}

/// The numbers of a line.
fn numbers(line: &str) -> Vec<f64> {
    let words = line.split(|character: char| !character.is_ascii_digit());
    words.filter_map(|word| word.parse().ok()).collect()
}

/// The line that begins so.
#[track_caller]
fn line<'a>(lines: &'a [String], beginning: &str) -> &'a str {
    let found = lines.iter().find(|line| line.starts_with(beginning));
    found.unwrap_or_else(|| panic!("no line begins with {beginning:?}: {lines:#?}"))
}

fn compute() -> Result<(), Failed> {
    let lines = run("compute", &["400"])?;
    let meanwhile = |beginning| {
        let (_, took) = line(&lines, beginning).split_once("; / took ").unwrap();
        numbers(took)[0]
    };
    // Asked after a quarter of the time.
    assert!(meanwhile("in the event loop: sum is ") >= 200.0, "{lines:?}");
    assert!(meanwhile("in a forked child: sum is ") < 200.0, "{lines:?}");
    assert!(line(&lines, "child ").ends_with("has computed, and ended with exit code 0"));
    Ok(())
}

fn text_or_bytes() -> Result<(), Failed> {
    let lines = run("text_or_bytes", &["50"])?;
    let rates = lines.iter().filter(|line| line.ends_with(" requests per second"));
    let rates: Vec<f64> = rates.map(|line| numbers(line)[0]).collect();
    // Both are the same to whoever waits, however slow the machine is.
    assert!(
        rates.len() == 2 && rates[0] < rates[1] * 3.0 && rates[1] < rates[0] * 3.0,
        "{lines:?}"
    );
    let made = lines.iter().filter(|line| line.ends_with(" ns to make an answer"));
    assert_eq!(made.count(), 2);
    Ok(())
}

fn balance() -> Result<(), Failed> {
    let lines = run("balance", &["40"])?;
    let shared = numbers(line(&lines, "Shared: "));
    assert!(
        shared[0] * 2.0 < shared[1] && shared[0] + shared[1] == 40.0,
        "{lines:?}"
    );
    let in_turn = line(&lines, "RoundRobin: ");
    assert_eq!(numbers(in_turn)[..2], [20.0, 20.0]);
    // i = (i + 1) mod n, whoever is first.
    assert!(
        in_turn.contains("121212121212") || in_turn.contains("212121212121"),
        "{in_turn}"
    );
    Ok(())
}

fn two_schemes() -> Result<(), Failed> {
    let lines = run("two_schemes", &["100"])?;
    let proxy = line(&lines, "a port for each, and a proxy: 20 connections");
    assert_eq!(numbers(proxy), [20.0, 40.0, 20.0]);
    let shared = line(&lines, "one port for all: 20 connections");
    assert_eq!(numbers(shared), [20.0, 0.0, 20.0]);
    let rates = lines.iter().filter(|line| line.ends_with(" requests per second"));
    assert!(rates.clone().count() == 2 && rates.map(|line| numbers(line)[0]).all(|rate| rate > 0.0));
    Ok(())
}

fn service_models() -> Result<(), Failed> {
    let lines = run("service_models", &["50", "500"])?;
    let row = |model: &str| {
        let cells: Vec<&str> = line(&lines, &format!("| {model} |")).split('|').collect();
        (numbers(cells[2])[0], numbers(cells[4])[0])
    };
    let (alone, process, thread, events) = (row("one-at-a-time"), row("process"), row("thread"), row("events"));
    assert!(
        alone.0 < process.0 && process.0 < thread.0 && process.0 < events.0,
        "{lines:#?}"
    );
    assert!(
        alone.0 <= 20.0 && process.0 <= 80.0,
        "no more than the document has it: {lines:#?}"
    );
    assert!(process.1 > thread.1 * 1.5 && thread.1 > events.1, "{lines:#?}");
    Ok(())
}
