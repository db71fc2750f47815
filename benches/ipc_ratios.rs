//! How the channel stands beside its peers, Node and the bare socket: `cargo bench -p benches --bench ipc_ratios`.
//!
//! Each row is measured between two processes; rows take turns, seven rounds, so that a slow moment of the machine hits
//! all. Figures are medians; ratios are against the bare socket of the same table. `ipc_node.mjs` measures Node's side.
//! `-- --only 64` measures one table, `-- --peer "ours json"` one row.
#![allow(clippy::print_stdout, reason = "a table for people")]

use std::collections::HashMap;
use std::env;
use std::os::fd::AsFd;
use std::process::Command;
use std::time::Instant;

use benches::ipc_peers::{self, Load, Peer, Work};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

const ROUNDS: usize = 7;

/// A table: what is measured, and on which processors the two ends run.
struct Table {
    title: &'static str,
    /// What Node's script calls it.
    key: &'static str,
    load: Load,
    processors: Option<(usize, usize)>,
}

fn tables() -> Vec<Table> {
    let table = |title, key, work, times, bytes, processors| Table {
        title,
        key,
        load: Load { work, times, bytes },
        processors,
    };
    vec![
        table(
            "round trip, 64 B, one CPU (µs)",
            "rtt-one",
            Work::RoundTrip,
            3_000,
            64,
            Some((0, 0)),
        ),
        table(
            "round trip, 64 B, two CPUs (µs)",
            "rtt-two",
            Work::RoundTrip,
            2_000,
            64,
            Some((0, 1)),
        ),
        table("one way, 64 B (messages/s)", "64", Work::OneWay, 200_000, 64, None),
        table(
            "one way, 1 KiB (messages/s)",
            "1024",
            Work::OneWay,
            100_000,
            1 << 10,
            None,
        ),
        table(
            "one way, 64 KiB (messages/s)",
            "65536",
            Work::OneWay,
            4_000,
            64 << 10,
            None,
        ),
        table(
            "one way, 1 MiB (messages/s)",
            "1048576",
            Work::OneWay,
            300,
            1 << 20,
            None,
        ),
        table("handles (each/s)", "handles", Work::Handles, 10_000, 64, None),
    ]
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let [_, far, name, key, times, processor] = &arguments[..]
        && far == "--far"
    {
        return be_far(name, key, times, processor);
    }
    let test = arguments.iter().any(|argument| argument == "--test");
    let (only, peer) = (after(&arguments, "--only"), after(&arguments, "--peer"));
    for table in tables() {
        if only.is_none_or(|only| only == table.key) {
            measure(&table, peer, if test { 1 } else { ROUNDS });
        }
    }
}

fn after<'a>(arguments: &'a [String], flag: &str) -> Option<&'a str> {
    let at = arguments.iter().position(|argument| argument == flag)?;
    arguments.get(at + 1).map(String::as_str)
}

fn measure(table: &Table, only: Option<&str>, rounds: usize) {
    let peers: Vec<Peer> = ipc_peers::all()
        .into_iter()
        .filter(|peer| (peer.can)(table.load.work) && only.is_none_or(|only| only == peer.name))
        .collect();
    let mut rows: Vec<(String, Vec<f64>)> = peers.iter().map(|peer| (peer.name.to_owned(), Vec::new())).collect();
    let mut node: HashMap<String, Vec<f64>> = HashMap::new();
    for _ in 0..rounds {
        for (peer, (_, figures)) in peers.iter().zip(&mut rows) {
            let times = if rounds == 1 {
                table.load.times / 100
            } else {
                table.load.times
            };
            figures.push(run(peer, table, times));
        }
        if rounds > 1 && only.is_none() {
            for (name, figure) in run_node(table) {
                node.entry(name).or_default().push(figure);
            }
        }
    }
    rows.extend(node);
    print(table, rows);
}

fn run(peer: &Peer, table: &Table, times: u64) -> f64 {
    let (near, far) = ferronode_sys::stream_pair().expect("a pair");
    let (here, there) = table
        .processors
        .map_or((String::new(), String::new()), |(a, b)| (a.to_string(), b.to_string()));
    let program = env::current_exe().expect("this program");
    let mut command = Command::new(&program);
    command.args(["--far", peer.name, table.key, &times.to_string(), &there]);
    let mut child = command.stdin(far).spawn().expect("started");
    drop(command);
    pin(&here);
    let load = Load { times, ..table.load };
    let start = Instant::now();
    (peer.near)(near, load);
    let seconds = start.elapsed().as_secs_f64();
    pin("");
    assert!(
        child.wait().expect("ended").success(),
        "{} failed at its far end",
        peer.name
    );
    figure(table.load.work, seconds, times)
}

fn figure(work: Work, seconds: f64, times: u64) -> f64 {
    match work {
        Work::RoundTrip => seconds * 1e6 / times as f64,
        Work::OneWay | Work::Handles => times as f64 / seconds,
    }
}

fn be_far(name: &str, key: &str, times: &str, processor: &str) {
    pin(processor);
    let table = tables().into_iter().find(|table| table.key == key).expect("a table");
    let peer = ipc_peers::all()
        .into_iter()
        .find(|peer| peer.name == name)
        .expect("a peer");
    let times = times.parse().expect("a number");
    let socket = std::io::stdin().as_fd().try_clone_to_owned().expect("the socket");
    (peer.far)(socket, Load { times, ..table.load });
}

/// Binds this process to one processor, or to all.
fn pin(processor: &str) {
    let mut set = CpuSet::new();
    let all = 0..CpuSet::count();
    for number in processor.parse().map_or(all, |one| one..one + 1) {
        set.set(number).expect("a processor");
    }
    sched_setaffinity(Pid::from_raw(0), &set).expect("bound");
}

/// What Node's own channel does: a figure for each of its modes.
fn run_node(table: &Table) -> HashMap<String, f64> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/ipc_node.mjs");
    let processors = table.processors.map_or(String::new(), |(a, b)| format!("{a},{b}"));
    let output = Command::new("node").args([script, table.key, &processors]).output();
    let text = output.map(|output| output.stdout).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

fn print(table: &Table, rows: Vec<(String, Vec<f64>)>) {
    let lower_is_better = table.load.work == Work::RoundTrip;
    let mut rows: Vec<(String, Figures)> = rows
        .into_iter()
        .map(|(name, figures)| (name, Figures::of(figures)))
        .collect();
    rows.sort_by(|(_, a), (_, b)| {
        let order = a.median.total_cmp(&b.median);
        if lower_is_better { order } else { order.reverse() }
    });
    let limit = rows.iter().find(|(name, _)| name == "raw socket");
    let limit = limit.map_or(1.0, |(_, figures)| figures.median);
    println!("\n{}", table.title);
    for (name, Figures { low, median, high }) in rows {
        let ratio = |figure| figure / limit;
        println!(
            "  {name:20} {median:14.1} {:8.2} of the bare socket ({:.2} to {:.2})",
            ratio(median),
            ratio(low),
            ratio(high)
        );
    }
}

/// What the rounds of one row gave.
struct Figures {
    low: f64,
    median: f64,
    high: f64,
}

impl Figures {
    fn of(mut rounds: Vec<f64>) -> Self {
        rounds.sort_by(f64::total_cmp);
        Self {
            low: rounds[0],
            median: rounds[rounds.len() / 2],
            high: rounds[rounds.len() - 1],
        }
    }
}
