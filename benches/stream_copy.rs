//! A large file copied by a pipe, beside `tokio::io::copy`, the kernel alone and Node: `cargo bench -p benches --bench stream_copy`.
//!
//! The cases take turns, each in a process of its own, which says how much memory it has taken at most. The file is of 1 GiB
//! (`FERRONODE_COPY_MIB` changes that), in the directory for temporary files. A ratio is against `tokio::io::copy`.
#![allow(clippy::print_stdout, reason = "a table for people")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use ferronode_stream::{Readable, Writable};

const ROUNDS: usize = 7;
const CASES: &[&str] = &["tokio", "pipe", "kernel", "node"];
const NODE: &str = "require('stream').pipeline(require('fs').createReadStream(process.argv[1]),\
                    require('fs').createWriteStream(process.argv[2]),\
                    e => { if (e) throw e; console.log(process.resourceUsage().maxRSS) })";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--copy") {
        return copy(&arguments[at + 1], &arguments[at + 2], &arguments[at + 3]);
    }
    let is_test = arguments.iter().any(|argument| argument == "--test");
    let mebibytes = match std::env::var("FERRONODE_COPY_MIB") {
        Ok(text) => text.parse().expect("FERRONODE_COPY_MIB is a number"),
        Err(_) if is_test => 1,
        Err(_) => 1024,
    };
    let directory = std::env::temp_dir().join(format!("ferronode-stream-copy-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory for the files");
    let (from, to) = (directory.join("from"), directory.join("to"));
    fill(&from, mebibytes);
    let mut times = vec![Vec::new(); CASES.len()];
    let mut peaks = vec![0; CASES.len()];
    for _ in 0..if is_test { 1 } else { ROUNDS } {
        for (index, case) in CASES.iter().enumerate() {
            if let Some((time, peak)) = run(case, &from, &to) {
                times[index].push(time);
                peaks[index] = peaks[index].max(peak);
            }
        }
    }
    fs::remove_dir_all(&directory).expect("the files are ours");
    table(mebibytes, times, &peaks);
}

fn fill(path: &Path, mebibytes: usize) {
    let mut file = fs::File::create(path).expect("room for the file");
    let block: Vec<u8> = (0..1 << 20_u32).map(|number: u32| number.to_le_bytes()[1]).collect();
    for _ in 0..mebibytes {
        file.write_all(&block).expect("room for the file");
    }
}

/// Runs a case in a process of its own; gives its time, the start of the process included, and its peak in KiB.
fn run(case: &str, from: &Path, to: &PathBuf) -> Option<(Duration, u64)> {
    let mut command = if case == "node" {
        let mut node = Command::new("node");
        node.args(["-e", NODE]);
        node
    } else {
        let mut own = Command::new(std::env::current_exe().expect("a program knows where it is"));
        own.args(["--copy", case]);
        own
    };
    let start = Instant::now();
    let output = command.args([from, to]).output().ok()?;
    let time = start.elapsed();
    assert_eq!(
        fs::metadata(to).ok()?.len(),
        fs::metadata(from).ok()?.len(),
        "{case}: all is copied"
    );
    let peak = String::from_utf8(output.stdout).ok()?.trim().parse().ok()?;
    fs::remove_file(to).ok()?;
    Some((time, peak))
}

fn copy(case: &str, from: &str, to: &str) {
    if case == "kernel" {
        fs::copy(from, to).expect("copies");
    } else {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        runtime.block_on(copy_in_tokio(case, from, to));
    }
    let status = fs::read_to_string("/proc/self/status").expect("Linux has it");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("{}", peak.unwrap_or_default().trim().trim_end_matches(" kB"));
}

async fn copy_in_tokio(case: &str, from: &str, to: &str) {
    let mut from = tokio::fs::File::open(from).await.expect("opens");
    let mut to = tokio::fs::File::create(to).await.expect("opens");
    if case == "pipe" {
        Readable::new(from).pipe(&Writable::new(to)).await.expect("copies");
    } else {
        tokio::io::copy(&mut from, &mut to).await.expect("copies");
        tokio::io::AsyncWriteExt::flush(&mut to).await.expect("copies");
    }
}

fn table(mebibytes: usize, times: Vec<Vec<Duration>>, peaks: &[u64]) {
    println!("{mebibytes} MiB\n| case | ms | to tokio::io::copy | peak MiB |\n|---|---|---|---|");
    let medians: Vec<f64> = times.into_iter().map(median).collect();
    for ((case, milliseconds), peak) in CASES.iter().zip(&medians).zip(peaks) {
        let ratio = milliseconds / medians[0];
        println!(
            "| {case} | {milliseconds:.0} | {ratio:.2} | {:.1} |",
            *peak as f64 / 1024.0
        );
    }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times
        .get(times.len() / 2)
        .map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
}
