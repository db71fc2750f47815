//! Node and Rust in one cluster, both ways: unmodified Node workers under our primary, our workers under Node's.
//!
//! Each case needs `node`: without it the cases are ignored, or fail if `FERRONODE_REQUIRE` names it.
//! This program is its own Rust worker.
#![allow(clippy::unwrap_used)]

mod client;
mod examples;
mod nodes_primary;
mod our_primary;
mod program;
mod rust_worker;
mod ways;

use std::process::ExitCode;

use ferronode_cluster::Policy;
use ferronode_ipc::Mode;
use fixtures::with_node;
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    if ferronode_cluster::is_worker() {
        return rust_worker::play();
    }
    let mut trials = Vec::new();
    for mode in [Mode::Json, Mode::Advanced] {
        under_ours(mode, &mut trials);
        under_nodes(mode, &mut trials);
    }
    for (policy, mode) in [("rr", "json"), ("shared", "advanced")] {
        trials.push(with_node(
            format!("{mode}::{policy}::a_node_worker_that_dies_is_replaced"),
            move || examples::node_workers(policy, mode),
        ));
    }
    for way in ways::WAYS {
        for (policy, mode) in [
            ("rr", "json"),
            ("rr", "advanced"),
            ("shared", "json"),
            ("shared", "advanced"),
        ] {
            if policy == "shared" && ways::IN_TURN_ONLY.contains(&way) {
                continue;
            }
            let name = format!("{mode}::{policy}::a_node_worker_finds_the_same_under_our_primary::{way}");
            trials.push(with_node(name, move || ways::same_under_both(way, policy, mode)));
        }
    }
    trials.push(with_node(
        "a_rust_worker_serves_beside_a_node_worker_in_nodes_cluster",
        examples::rust_worker_beside_node,
    ));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The cases of our primary.
fn under_ours(mode: Mode, trials: &mut Vec<Trial>) {
    let name = |what: &str| format!("{}::{what}", mode.name());
    for (policy, called) in [(Policy::RoundRobin, "rr"), (Policy::Shared, "shared")] {
        let name = |what: &str| name(&format!("{called}::{what}"));
        trials.push(with_node(
            name("a_node_worker_that_is_told_to_go_finishes_its_connections"),
            move || our_primary::finishes_its_connections(mode, policy),
        ));
        for kind in ["tcp", "unix", "udp"] {
            let name = name(&format!("node_and_rust_workers_mix_under_our_primary::{kind}"));
            let place = place(kind, &name);
            trials.push(with_node(name, move || our_primary::mixes(mode, policy, &place)));
        }
    }
    trials.extend([
        with_node(name("a_node_worker_ends_as_it_says_and_nobody_is_refused"), move || {
            our_primary::ends_as_it_says(mode)
        }),
        with_node(
            name("what_a_node_worker_that_hangs_was_given_is_served_by_another"),
            move || our_primary::loses_nothing_with_a_worker_that_hangs(mode),
        ),
        with_node(name("node_workers_end_when_our_primary_is_killed"), move || {
            our_primary::dies_with_its_workers(mode.name())
        }),
    ]);
}

/// The cases of Node's primary.
fn under_nodes(mode: Mode, trials: &mut Vec<Trial>) {
    let mode = mode.name();
    for policy in ["rr", "none"] {
        let name = |what: &str| format!("{mode}::{policy}::{what}");
        trials.extend([
            with_node(
                name("our_workers_end_as_either_side_says_under_nodes_primary"),
                move || nodes_primary::ends_as_either_side_says(mode, policy),
            ),
            with_node(
                name("a_port_in_use_is_told_to_our_worker_by_nodes_primary"),
                move || nodes_primary::reports_a_port_in_use(mode, policy),
            ),
            with_node(
                name("a_worker_of_ours_serves_one_at_a_time_under_nodes_primary"),
                move || nodes_primary::serves_one_at_a_time(mode, policy),
            ),
            with_node(name("our_workers_end_when_nodes_primary_is_killed"), move || {
                nodes_primary::dies_with_its_workers(mode, policy)
            }),
        ]);
        for kind in ["tcp", "unix", "udp"] {
            let name = name(&format!("node_and_rust_workers_mix_under_nodes_primary::{kind}"));
            let place = place(kind, &name);
            trials.push(with_node(name, move || nodes_primary::mixes(mode, policy, &place)));
        }
    }
}

/// Where the workers of a case listen.
fn place(kind: &str, case: &str) -> String {
    match kind {
        "tcp" => return "127.0.0.1:0".to_owned(),
        "udp" => return "udp 127.0.0.1:0".to_owned(),
        _ => {}
    }
    let name = format!("ferronode-{}-{}", case.replace("::", "-"), std::process::id());
    std::env::temp_dir().join(name).display().to_string()
}
