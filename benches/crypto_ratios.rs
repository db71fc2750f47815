//! How the crypto crate stands beside Node and OpenSSL, in one table: `cargo bench -p benches --bench crypto_ratios`.
//!
//! A call is what a user does: make a hash or a cipher, give it all data, end it. Ours and Node take turns, nine
//! rounds of some ten milliseconds; Node waits on a pipe between its turns. A figure is the median of its rounds.
//! `openssl speed` is the limit, and no peer: it sets a key once, writes into one place for ever, and makes no
//! object. It runs for a second per row. A ratio above 1 says that the other takes longer than we do.
#![allow(clippy::print_stdout, reason = "a table for people")]

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use ferronode_crypto_demo::{Cipheriv, Hash};

const ROUNDS: usize = 9;
const TURN: Duration = Duration::from_millis(10);
const SIZES: [usize; 3] = [64, 8 << 10, 1 << 20];
const NAMES: [&str; 4] = ["md5", "sha256", "aes-256-gcm", "des-ecb"];

fn main() {
    // `cargo test` and `cargo bench -- --test` only ask whether it runs.
    let rounds = if std::env::args().any(|argument| argument == "--test") {
        1
    } else {
        ROUNDS
    };
    let mut node = Node::start();
    println!("| operation | bytes | ours, MB/s | Node / ours | openssl speed / ours |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for name in NAMES {
        for size in SIZES {
            let data = vec![b'x'; size];
            let count = calls_in_a_turn(name, &data);
            let (mut ours, mut nodes) = (Vec::new(), Vec::new());
            for _ in 0..rounds {
                ours.push(nanoseconds(name, &data, count));
                nodes.extend(node.as_mut().and_then(|node| node.nanoseconds(name, size, count)));
            }
            let ours = median(ours).unwrap_or(f64::NAN);
            let openssl = if rounds > 1 { openssl(name, size) } else { None };
            let rate = size as f64 * 1e3 / ours;
            println!(
                "| {name} | {size} | {rate:.0} | {} | {} |",
                ratio(median(nodes), ours),
                ratio(openssl, ours)
            );
        }
    }
}

fn run(name: &str, data: &[u8]) {
    let done = match name {
        "aes-256-gcm" => encrypt(name, &[7; 32], Some(&[1; 12]), data),
        "des-ecb" => encrypt(name, &[7; 8], None, data),
        _ => hash(name, data),
    };
    assert!(done.is_some(), "{name} is supported");
}

fn hash(name: &str, data: &[u8]) -> Option<()> {
    black_box(Hash::new(name).ok()?.update(black_box(data)).ok()?.digest().ok()?);
    Some(())
}

fn encrypt(name: &str, key: &[u8], iv: Option<&[u8]>, data: &[u8]) -> Option<()> {
    let mut cipher = Cipheriv::new(name, key, iv).ok()?;
    let hidden = cipher.update(black_box(data)).ok()?;
    black_box((hidden, cipher.finalize().ok()?, cipher.auth_tag().ok()));
    Some(())
}

/// Finds how often a call fits into a turn, and warms it up.
fn calls_in_a_turn(name: &str, data: &[u8]) -> u64 {
    let mut count = 1;
    while nanoseconds(name, data, count) * (count as f64) < TURN.as_nanos() as f64 {
        count *= 2;
    }
    count
}

fn nanoseconds(name: &str, data: &[u8], count: u64) -> f64 {
    let start = Instant::now();
    for _ in 0..count {
        run(name, data);
    }
    start.elapsed().as_nanos() as f64 / count as f64
}

fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied()
}

fn ratio(other: Option<f64>, ours: f64) -> String {
    other.map_or_else(|| "did not run".to_owned(), |other| format!("{:.2}", other / ours))
}

/// Nanoseconds of one call, by `openssl speed`.
fn openssl(name: &str, size: usize) -> Option<f64> {
    let output = Command::new("openssl")
        .args([
            "speed",
            "-mr",
            "-seconds",
            "1",
            "-provider",
            "legacy",
            "-provider",
            "default",
        ])
        .args(["-bytes", &size.to_string(), "-evp", name])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    // "+F:25:DES-ECB:82689551.52", the last figure in bytes a second.
    let rate: f64 = text
        .lines()
        .find(|line| line.starts_with("+F"))?
        .rsplit(':')
        .next()?
        .parse()
        .ok()?;
    Some(size as f64 * 1e9 / rate)
}

/// Node, waiting on a pipe.
struct Node {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Node {
    fn start() -> Option<Self> {
        let mut child = Command::new("node")
            .args([
                "--openssl-legacy-provider",
                concat!(env!("CARGO_MANIFEST_DIR"), "/crypto_node.mjs"),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let (questions, answers) = (child.stdin.take()?, BufReader::new(child.stdout.take()?));
        let mut node = Self {
            child,
            questions,
            answers,
        };
        // The compiler of Node has had its time after this.
        for name in NAMES {
            node.nanoseconds(name, SIZES[0], 20_000)?;
        }
        Some(node)
    }

    fn nanoseconds(&mut self, name: &str, size: usize, count: u64) -> Option<f64> {
        writeln!(self.questions, "{name} {size} {count}").ok()?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer).ok()?;
        let all: f64 = answer.trim().parse().ok()?;
        Some(all / count as f64)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It would end with the pipe too; this waits for it, so that no process is left.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
