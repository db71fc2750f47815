//! Beside others: those who reap what is not theirs, runtimes that end, crowds.

use std::io::BufRead;
use std::time::Duration;

use ferronode_child::{CLOSE, ChildProcess, Command, Exit, Signal, Stdio};

use crate::machine::{self, again, children, is_again, no_more_than, scratch};

fixtures::trials! {
    with_sigchld_ignored_nothing_hangs_and_what_is_known_is_said,
    beside_one_who_reaps_everybody_nothing_hangs_and_what_is_known_is_said,
    beside_one_who_reaps_its_own_both_are_undisturbed,
    a_child_that_outlives_its_runtime_is_reaped,
    close_comes_though_the_runtime_ended_before_it,
    a_whole_tree_is_ended_with_those_who_have_left_the_group,
    who_survives_is_named,
    each_of_a_tree_is_told_once,
    a_stranger_with_the_number_of_a_child_that_is_gone_is_left_alone,
    five_hundred_at_once_are_all_heard_of,
    ten_thousand_leave_no_zombie_and_no_descriptor,
}

fn quiet(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stdio([Stdio::Ignore, Stdio::Ignore, Stdio::Ignore]);
    command
}

/// The status, where the kernel remembers it (Linux 6.15), or that nobody knows it.
#[track_caller]
fn is_known_or_unknown(exit: Exit, code: i32) {
    assert!(exit == Exit::Code(code) || exit == Exit::Unknown, "{exit}");
}

async fn with_sigchld_ignored_nothing_hangs_and_what_is_known_is_said() {
    if !is_again() {
        // What is ignored stays so through an exec, and `again` starts a shell that ignores it.
        return again(
            "trap '' CHLD",
            "with_sigchld_ignored_nothing_hangs_and_what_is_known_is_said",
        )
        .await;
    }
    for _ in 0..100 {
        let child = Command::shell("echo hi; exit 5").spawn().unwrap();
        is_known_or_unknown(child.closed().await, 5);
        assert_eq!(child.stdout().unwrap().read().await.unwrap().unwrap(), b"hi\n"[..]);
    }
}

async fn beside_one_who_reaps_everybody_nothing_hangs_and_what_is_known_is_said() {
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let greedy = std::thread::spawn({
        let stop = stop.clone();
        move || {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let _ = nix::sys::wait::waitpid(None, Some(nix::sys::wait::WaitPidFlag::WNOHANG));
            }
        }
    });
    for _ in 0..100 {
        let child = quiet("false").spawn().unwrap();
        is_known_or_unknown(child.closed().await, 1);
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    greedy.join().unwrap();
}

async fn beside_one_who_reaps_its_own_both_are_undisturbed() {
    for _ in 0..50 {
        let mut theirs = std::process::Command::new("sh").args(["-c", "exit 6"]).spawn().unwrap();
        let ours = quiet("false").spawn().unwrap();
        assert_eq!(ours.closed().await, Exit::Code(1));
        assert_eq!(theirs.wait().unwrap().code(), Some(6));
    }
}

async fn a_child_that_outlives_its_runtime_is_reaped() {
    let before = children();
    let (held, dropped) = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let spawn = || quiet("sleep").arg("60").spawn().unwrap();
            let (held, dropped) = (spawn(), spawn().pid());
            (held, dropped)
        })
    })
    .join()
    .unwrap();
    // Nobody has a runtime for them now. Both are there, and not killed.
    assert!(held.exit().is_none());
    end(dropped);
    held.kill(Signal::TERM).unwrap();
    assert_eq!(held.exited().await.to_string(), "SIGTERM");
    assert_eq!(held.closed().await.to_string(), "SIGTERM");
    while children() > before {
        tokio::task::yield_now().await;
    }
}

async fn close_comes_though_the_runtime_ended_before_it() {
    let (told, heard) = std::sync::mpsc::channel();
    let child = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            // A grandchild holds the pipe when the child has ended.
            let child = Command::shell("sleep 3 & exit 4").spawn().unwrap();
            child.on(CLOSE, move |exit| told.send(*exit).unwrap());
            assert_eq!(child.exited().await, Exit::Code(4));
            child
        })
    })
    .join()
    .unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(20), child.closed());
    assert_eq!(closed.await.expect("close comes"), Exit::Code(4));
    assert_eq!(heard.try_recv(), Ok(Exit::Code(4)), "and its listener has heard of it");
}

/// Starts a tree, and waits until all of it is there: the numbers of those below.
async fn tree(command: &mut Command, count: usize) -> (ChildProcess, Vec<u32>) {
    let child = command.spawn().unwrap();
    let mut lines = child.stdout().unwrap().lines();
    let mut below = Vec::new();
    while below.len() < count {
        below.push(lines.next().await.unwrap().unwrap().parse().unwrap());
    }
    (child, below)
}

/// Ends somebody who is no child of ours any more.
fn end(pid: u32) {
    let pid = nix::unistd::Pid::from_raw(pid.cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::SIGKILL).unwrap();
}

fn is_there(pid: u32) -> bool {
    // A zombie of somebody else's has ended.
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(')').unwrap().1.starts_with(" Z"))
}

async fn a_whole_tree_is_ended_with_those_who_have_left_the_group() {
    let script = "sh -c 'echo $$; sleep 60 & echo $!; wait' & setsid sh -c 'echo $$; sleep 60' & wait";
    for is_detached in [false, true] {
        let (child, below) = tree(Command::shell(script).detached(is_detached), 3).await;
        assert!(below.iter().all(|pid| is_there(*pid)));
        let survivors = child.kill_tree(Signal::KILL, Duration::from_secs(10)).await;
        assert!(survivors.is_empty(), "{survivors:?}");
        assert!(!below.iter().any(|pid| is_there(*pid)), "{below:?}");
        assert_eq!(child.exited().await, Exit::Signal(Signal::KILL));
    }
}

async fn who_survives_is_named() {
    let script = "(trap '' TERM; sh -c 'echo $PPID'; while :; do sleep 0.05; done) & wait";
    let (child, below) = tree(&mut Command::shell(script), 1).await;
    let survivors = child.kill_tree(Signal::TERM, Duration::from_millis(300)).await;
    assert!(survivors.contains(&below[0]), "{survivors:?}");
    assert!(!survivors.contains(&child.pid()));
    end(below[0]);
    while is_there(below[0]) {
        tokio::task::yield_now().await;
    }
}

async fn each_of_a_tree_is_told_once() {
    let directory = scratch();
    let told = directory.join("told");
    // Each writes down what it hears; and starts others all the time, so that the search has several rounds.
    let hears = |name: &str| {
        format!(
            "trap 'echo {name} >> {}' TERM; echo $$; while :; do sleep 0.01; done",
            told.display()
        )
    };
    let script = format!("sh -c \"{}\" & {}", hears("below").replace('$', "\\$"), hears("above"));
    let (child, _) = tree(&mut Command::shell(script), 2).await;
    let survivors = child.kill_tree(Signal::TERM, Duration::from_millis(300)).await;
    assert!(survivors.len() >= 2, "{survivors:?}");
    assert!(child.kill_tree(Signal::KILL, Duration::from_secs(10)).await.is_empty());
    let told = std::fs::read_to_string(told).unwrap();
    let mut told: Vec<&str> = told.lines().collect();
    told.sort_unstable();
    assert_eq!(told, ["above", "below"]);
    std::fs::remove_dir_all(directory).unwrap();
}

/// Starts processes until one has the number of one that is gone. It leads a session, and has started another.
fn stranger(number: u32) -> Option<(std::process::Child, u32)> {
    for _ in 0..200 {
        // The number that was given last: root may say that it was the one before. Without that there is no such test.
        std::fs::write("/proc/sys/kernel/ns_last_pid", (number - 1).to_string()).ok()?;
        let mut shell = std::process::Command::new("setsid");
        shell.args(["sh", "-c", "sleep 60 & echo $!; wait"]);
        let mut shell = shell.stdout(std::process::Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        std::io::BufReader::new(shell.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let below = line.trim().parse().unwrap();
        if shell.id() == number {
            return Some((shell, below));
        }
        shell.kill().unwrap();
        shell.wait().unwrap();
        end(below);
    }
    None
}

async fn a_stranger_with_the_number_of_a_child_that_is_gone_is_left_alone() {
    let child = Command::new("true").detached(true).spawn().unwrap();
    child.closed().await;
    let Some((mut shell, below)) = stranger(child.pid()) else {
        return eprintln!("no stranger could be given the number {}: root is needed", child.pid());
    };
    assert!(
        child
            .kill_tree(Signal::KILL, Duration::from_millis(100))
            .await
            .is_empty()
    );
    assert!(is_there(shell.id()) && is_there(below), "nobody has touched them");
    shell.kill().unwrap();
    shell.wait().unwrap();
    end(below);
}

async fn five_hundred_at_once_are_all_heard_of() {
    let before = machine::counts();
    let all: Vec<ChildProcess> = (0..500).map(|_| Command::new("cat").spawn().unwrap()).collect();
    for child in &all {
        child.stdin().unwrap().write("hello").await.unwrap();
        child.stdin().unwrap().end();
    }
    for child in &all {
        assert_eq!(child.stdout().unwrap().read().await.unwrap().unwrap(), b"hello"[..]);
        assert_eq!(child.closed().await, Exit::Code(0));
    }
    drop(all);
    no_more_than(before).await;
}

async fn ten_thousand_leave_no_zombie_and_no_descriptor() {
    let before = machine::counts();
    for _ in 0..200 {
        let some: Vec<ChildProcess> = (0..50).map(|_| quiet("/bin/true").spawn().unwrap()).collect();
        for child in &some {
            assert_eq!(child.exited().await, Exit::Code(0));
        }
    }
    no_more_than(before).await;
}
