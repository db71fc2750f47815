//! What the tests ask of the machine: counts, a folder, this program once more under other conditions.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use ferronode_child::{Command, Stdio};

/// How many descriptors this process has.
pub(crate) fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// How many bytes of memory this process holds.
pub(crate) fn resident() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// How many children this process has that are dead and not reaped, or alive.
pub(crate) fn children() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let of = |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).unwrap_or_default();
    tasks.map(|task| of(task.unwrap()).split_whitespace().count()).sum()
}

/// How many descriptors and children this process has.
pub(crate) fn counts() -> (usize, usize) {
    (descriptors(), children())
}

/// Waits until there are no more than there were. There may be less: what the case before has left behind goes meanwhile.
pub(crate) async fn no_more_than(before: (usize, usize)) {
    loop {
        let now = counts();
        if now.0 <= before.0 && now.1 <= before.1 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// A folder of one's own.
pub(crate) fn scratch() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let directory = std::env::temp_dir().join(format!("ferronode-child-{}-{number}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// Whether this program was started by [`again`].
pub(crate) fn is_again() -> bool {
    std::env::var_os("AGAIN").is_some()
}

/// Runs one case in this program once more, after `condition` has been said to a shell.
pub(crate) async fn again(condition: &str, case: &str) {
    let program = std::env::current_exe().unwrap();
    let line = format!("{condition}; exec \"$0\" --exact \"$1\" --nocapture");
    let output = Command::new("/bin/sh")
        .arg("-c")
        .arg(line)
        .arg(program)
        .arg(case)
        .env("AGAIN", "1")
        .stdio([Stdio::Ignore, Stdio::Pipe, Stdio::Pipe])
        .output()
        .await
        .unwrap();
    let text = output.stdout_text();
    assert!(
        output.exit.success() && text.contains("1 passed"),
        "{text}\n{}",
        output.stderr_text()
    );
}
