//! The cluster under fire: workers die in thousands of connections, and what becomes of each is counted.
//!
//! The figures are printed. `FERRONODE_FIRE=full` makes the storms as large as they are meant: 20,000 connections with a
//! worker killed every 500 ms, and so on. Without it connections and pauses are a fifth of that, which shows the same in
//! less time. This program is its own worker.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod clients;
mod full;
mod long;
mod storms;
mod worker;

use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};

/// No case takes longer: what does has failed.
const LIMIT: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    if ferronode_cluster::is_worker() {
        return worker::play();
    }
    let trials = vec![
        Trial::test("random_workers_are_killed_under_new_connections", || {
            alone(storms::one_at_a_time())
        }),
        Trial::test(
            "all_workers_are_killed_again_and_again",
            || alone(storms::all_at_once()),
        ),
        Trial::test("workers_that_pause_serve_nobody_twice_and_lose_nobody", || {
            alone(storms::of_pauses())
        }),
        fixtures::with_node("random_node_workers_are_killed_under_new_connections", || {
            alone(storms::of_node_workers())
        }),
        Trial::test("workers_that_are_full_cost_the_primary_nothing", || {
            alone(full::of_ours())
        }),
        fixtures::with_node("node_workers_that_are_full_cost_the_primary_next_to_nothing", || {
            alone(full::of_node_workers())
        }),
        Trial::test("many_connections_later_the_primary_has_what_it_had", || {
            alone(long::back_to_the_start())
        }),
    ];
    let arguments = Arguments {
        test_threads: Some(1),
        ..Arguments::from_args()
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// How many of something there are: all, or a fifth.
fn size(full: usize) -> usize {
    if std::env::var("FERRONODE_FIRE").is_ok_and(|size| size == "full") {
        full
    } else {
        full / 5
    }
}

fn alone(case: impl Future<Output = ()>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async { tokio::time::timeout(LIMIT, case).await })?;
    Ok(())
}
