//! Starting programs, in one table: `cargo bench -p benches --bench child_spawn`.
//!
//! | group | what is timed |
//! |---|---|
//! | `wait_10_mib`, `wait_2_gib` | `/bin/true` from start to end, in a parent of that size |
//! | `capture` | `echo hi` in a shell, with its output captured |
//! | `first_message` | a forked program from start to its first message |
//!
//! The cases of a group take turns, run for run, two hundred rounds, and Node, in a process of its own, after every thirty of
//! them; a figure is the median, a ratio is against the first row. The last line is of a thousand idle children.
//!
//! In a virtual machine half of what a shell takes is its loader, which asks the CPU what it is, and each such question
//! is the host's to answer: the row `std` of `capture`, which blocks on two pipes and no more, is next to the floor.
#![allow(clippy::print_stdout, reason = "a table for people")]

use std::error::Error;
use std::process::{Command as StdCommand, Stdio as StdStdio};
use std::ptr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use ferronode_child::{ChildProcess, Command, Fork, MESSAGE, Signal, Stdio};
use ferronode_ipc::Inherited;
use tokio::runtime::Runtime;

const ROUNDS: usize = 210;
/// How often Node has its turn, each time in a process of its own.
const TURNS: usize = 7;
const NODE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/child_node.mjs");
const FLEET: usize = 1000;

type Anyhow<T> = Result<T, Box<dyn Error>>;

/// A way to do the group's work once.
type Case<'a> = (&'static str, Box<dyn FnMut() + 'a>);

fn main() -> Anyhow<()> {
    if let Some(inherited) = Inherited::take()? {
        return child(inherited);
    }
    let is_test = std::env::args().any(|argument| argument == "--test");
    let rounds = if is_test { 1 } else { ROUNDS };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Names of groups may be given; without one all are run.
    let names = ["wait_10_mib", "capture", "first_message", "wait_2_gib", "fleet"];
    let is_asked = |name: &str| {
        let any = std::env::args().any(|argument| names.contains(&argument.as_str()));
        !any || std::env::args().any(|argument| argument == name)
    };
    println!("| group | case | µs | to the first |\n|---|---|---|---|");
    if is_asked("wait_10_mib") {
        group("wait_10_mib", waiting(&runtime), rounds);
    }
    if is_asked("capture") {
        group("capture", capturing(&runtime), rounds);
    }
    if is_asked("first_message") {
        group("first_message", forking(&runtime), rounds);
    }
    if is_asked("wait_2_gib") && !is_test {
        let ballast = vec![1_u8; 2 << 30];
        group("wait_2_gib", waiting(&runtime), rounds);
        drop(ballast);
    }
    if is_asked("fleet") {
        runtime.block_on(fleet(if is_test { 10 } else { FLEET }))?;
    }
    Ok(())
}

/// Our cases and Node take turns, so that what disturbs the machine disturbs all of them.
fn group(name: &str, mut cases: Vec<Case<'_>>, rounds: usize) {
    let mut figures = vec![Vec::new(); cases.len()];
    let mut node_figures = Vec::new();
    let turns = TURNS.min(rounds);
    for _ in 0..turns {
        for _ in 0..rounds.div_ceil(turns) {
            for ((_, run), figures) in cases.iter_mut().zip(&mut figures) {
                let start = Instant::now();
                run();
                figures.push(start.elapsed().as_secs_f64() * 1e6);
            }
        }
        if turns > 1 {
            node_figures.extend(node(name));
        }
    }
    let medians: Vec<f64> = figures.into_iter().map(median).collect();
    let first = medians[0];
    let names = cases.iter().map(|(name, _)| *name);
    let node = (!node_figures.is_empty()).then(|| median(node_figures));
    for (case, median) in names.zip(medians).chain(node.map(|median| ("node", median))) {
        println!("| {name} | {case} | {median:.0} | {:.2} |", median / first);
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// What Node takes for a group's work, in microseconds; `None` where there is no Node.
fn node(group: &str) -> Option<f64> {
    let output = StdCommand::new("node").args([NODE, group]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn waiting(runtime: &Runtime) -> Vec<Case<'_>> {
    let inherit = || [Stdio::Inherit, Stdio::Inherit, Stdio::Inherit];
    let mut ours = Command::new("/bin/true");
    ours.stdio(inherit());
    vec![
        ("raw posix_spawn", Box::new(posix_spawn)),
        (
            "ferronode",
            Box::new(move || {
                let exit = runtime.block_on(async { ours.spawn().expect("it is there").closed().await });
                assert!(exit.success());
            }),
        ),
        (
            "std",
            Box::new(|| assert!(StdCommand::new("/bin/true").status().expect("it is there").success())),
        ),
        (
            "tokio",
            Box::new(move || {
                let run = || async { tokio::process::Command::new("/bin/true").status().await };
                assert!(runtime.block_on(run()).expect("it is there").success());
            }),
        ),
    ]
}

unsafe extern "C" {
    static environ: *const *mut libc::c_char;
}

/// What the kernel and libc take for it, and nothing else.
fn posix_spawn() {
    let program = c"/bin/true";
    let arguments = [program.as_ptr().cast_mut(), ptr::null_mut()];
    let mut pid = 0;
    // SAFETY: C strings, a list that ends with a null pointer, our own environment, and no actions.
    let error = unsafe {
        libc::posix_spawn(
            &raw mut pid,
            program.as_ptr(),
            ptr::null(),
            ptr::null(),
            arguments.as_ptr(),
            environ,
        )
    };
    assert_eq!(error, 0);
    // SAFETY: our own child, which nobody else waits for.
    let waited = unsafe { libc::waitpid(pid, ptr::null_mut(), 0) };
    assert_eq!(waited, pid);
}

fn capturing(runtime: &Runtime) -> Vec<Case<'_>> {
    const LINE: [&str; 2] = ["-c", "echo hi"];
    vec![
        (
            "ferronode",
            Box::new(move || {
                let output = runtime.block_on(async { Command::shell("echo hi").exec().await });
                assert_eq!(output.expect("a shell").stdout(), b"hi\n");
            }),
        ),
        (
            "std",
            Box::new(|| {
                let output = StdCommand::new("/bin/sh").args(LINE).stdin(StdStdio::null()).output();
                assert_eq!(output.expect("a shell").stdout, b"hi\n");
            }),
        ),
        (
            "tokio",
            Box::new(move || {
                let run = || async { tokio::process::Command::new("/bin/sh").args(LINE).output().await };
                assert_eq!(runtime.block_on(run()).expect("a shell").stdout, b"hi\n");
            }),
        ),
        (
            "ferronode, exec_sync",
            Box::new(|| {
                let output = Command::shell("echo hi").exec_sync();
                assert_eq!(output.expect("a shell").stdout(), b"hi\n");
            }),
        ),
    ]
}

fn forking(runtime: &Runtime) -> Vec<Case<'_>> {
    vec![(
        "ferronode",
        Box::new(move || {
            runtime.block_on(async {
                let child = forked().await;
                child.kill(Signal::KILL).expect("it is ours");
                child.closed().await;
            });
        }),
    )]
}

/// Forks this program, and waits for its first message.
async fn forked() -> ChildProcess {
    let child = Fork::this_program().expect("it is here").spawn().expect("it starts");
    let (sender, ready) = tokio::sync::oneshot::channel();
    let sender = Mutex::new(Some(sender));
    child.once(MESSAGE, move |_| {
        let sender = sender.lock().ok().and_then(|mut sender| sender.take());
        let _ = sender.map(|sender| sender.send(()));
    });
    ready.await.expect("the child speaks");
    child
}

/// What a forked child does: it says a word, and waits until it is told to go.
fn child(inherited: Inherited) -> Anyhow<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let mut channel = inherited.open()?;
        channel.send("ready").await?;
        channel.recv().await?;
        Ok(())
    })
}

/// A thousand idle children: when are all of them ready, and what memory do they hold?
async fn fleet(size: usize) -> Anyhow<()> {
    let start = Instant::now();
    let starting: Vec<_> = (0..size).map(|_| tokio::spawn(forked())).collect();
    let mut children = Vec::with_capacity(size);
    for child in starting {
        children.push(child.await?);
    }
    let ready = start.elapsed();
    let mut pss = 0;
    for child in &children {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", child.pid()))?;
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
        pss += line
            .unwrap_or_default()
            .trim()
            .trim_end_matches(" kB")
            .parse::<usize>()?;
    }
    for child in &children {
        child.disconnect();
    }
    for child in &children {
        tokio::time::timeout(Duration::from_secs(30), child.closed()).await?;
    }
    println!(
        "\n{size} idle forked children: all ready after {:.0} ms, {:.2} MiB (PSS) each",
        ready.as_secs_f64() * 1e3,
        pss as f64 / 1024.0 / size as f64
    );
    Ok(())
}
