//! Ending a child and everybody that it has started.
//!
//! Linux has no call for it. A process group is left by whoever calls `setsid`, and who is whose child is forgotten when a
//! parent ends: its children become those of process 1. So the order matters: first everybody is found and held by a pidfd,
//! which means that process for ever, and then they are told.
//!
//! ```text
//!   1. who is there?       /proc: the child, its children, their children …, and all of its session
//!   2. hold each           pidfd; asked again who its parent is, and whether that number is still the parent's
//!   3. tell each           the child first: a parent whose child has ended may start another
//!   4. again from 1        until nobody is new: somebody may have started one more meanwhile
//!   5. wait                until all have ended, or the time is over: who is left has survived
//! ```
//!
//! Rule: a number says something only while it cannot have been given away. That of a process is its own until it is reaped,
//! and that of a session while somebody is in it. Whoever may be a stranger is left alone: of a child that is reaped already
//! nobody is found.
//!
//! Surprise: who leaves its parent *and* its session before step 1, as daemons do, is not found. A cgroup would find it.

use std::collections::BTreeMap;
use std::fs;
use std::os::fd::AsFd;
use std::time::Duration;

use ferronode_sys::{PidFd, Signal, is_readable};

use crate::child_process::ChildProcess;

/// How often step 4 is taken: a program that starts others faster than that is a bomb.
const ROUNDS: usize = 10;

impl ChildProcess {
    /// Sends a signal to the child and to all whom it has started, and waits until they have ended, for `patience` at most.
    ///
    /// Gives the numbers of those who have not: of survivors, in other words. To be sure send [`Signal::KILL`].
    ///
    /// Ask it while the child runs: those whom a child has left behind that has [ended](Self::exit) are not found.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with time enabled.
    ///
    /// # Cancel safety
    ///
    /// Whoever was told is told; the wait alone is given up.
    ///
    /// # References
    ///
    /// [`proc_pid_stat(5)`](https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html)
    pub async fn kill_tree(&self, signal: Signal, patience: Duration) -> Vec<u32> {
        let mut held = BTreeMap::new();
        // Each is told once, since many take a second SIGTERM for "at once". The child first: a parent whose child has
        // ended may start another.
        let mut newcomers = self.hold_descendants(&mut held);
        let _ = self.kill(signal);
        for _ in 0..ROUNDS {
            for pid in newcomers {
                // Who cannot be told has ended, or is somebody else's; the wait will show.
                let _ = held[&pid].send_signal(signal);
            }
            newcomers = self.hold_descendants(&mut held);
            if newcomers.is_empty() {
                break;
            }
        }
        let deadline = tokio::time::Instant::now() + patience;
        let mut pause = Duration::from_millis(1);
        loop {
            // A pidfd can be read when its process has ended, whoever's child that was.
            held.retain(|_, pidfd| !is_readable(pidfd.as_fd()));
            let own = self.exit().is_none().then_some(self.pid());
            let survivors: Vec<u32> = own.into_iter().chain(held.keys().copied()).collect();
            let now = tokio::time::Instant::now();
            if survivors.is_empty() || now >= deadline {
                return survivors;
            }
            tokio::time::sleep_until(deadline.min(now + pause)).await;
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    /// Finds those who are not held yet, holds them, and says who they are.
    fn hold_descendants(&self, held: &mut BTreeMap<u32, PidFd>) -> Vec<u32> {
        let mut newcomers = Vec::new();
        for pid in descendants(self.pid(), &everybody(), held) {
            let Ok(pidfd) = PidFd::open(pid) else { continue };
            // Its number could have been given away before we held it; it cannot any more.
            if Process::of(pid).is_some_and(|process| self.is_ours(process, held)) {
                held.insert(pid, pidfd);
                newcomers.push(pid);
            }
        }
        newcomers
    }

    /// Whether somebody is of the family, by numbers that were still the family's after they had been read.
    fn is_ours(&self, process: Process, held: &BTreeMap<u32, PidFd>) -> bool {
        let child = self.pid();
        let is_parent = |pidfd: Option<&PidFd>| pidfd.is_some_and(PidFd::has_its_number);
        if is_parent(held.get(&process.parent)) {
            return true;
        }
        let is_related = process.parent == child || process.session == child;
        if is_related && self.inner.pidfd.has_its_number() {
            return true;
        }
        // The leader of a session may be gone. Whoever is in it keeps its number from being given away.
        let is_in_session = |pid: u32| Process::of(pid).is_some_and(|process| process.session == child);
        let keeps_number = |(pid, pidfd): (&u32, &PidFd)| is_in_session(*pid) && pidfd.has_its_number();
        process.session == child && held.iter().any(keeps_number)
    }
}

/// What `/proc/PID/stat` says of a process's relations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    parent: u32,
    session: u32,
}

impl Process {
    fn of(pid: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// `PID (NAME) STATE PPID PGRP SESSION …`, where the name may have spaces and brackets.
    fn parse(stat: &str) -> Option<Self> {
        let (_, rest) = stat.rsplit_once(')')?;
        let mut fields = rest.split_whitespace().skip(1);
        let parent = fields.next()?.parse().ok()?;
        let session = fields.nth(1)?.parse().ok()?;
        Some(Self { parent, session })
    }

    fn is_family(self, child: u32, is_held: impl Fn(u32) -> bool) -> bool {
        self.parent == child || self.session == child || is_held(self.parent)
    }
}

fn everybody() -> BTreeMap<u32, Process> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return BTreeMap::new();
    };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, Process::of(pid)?))).collect()
}

/// Those who stem from `child`, parents before their children, without those who are held already.
fn descendants(child: u32, all: &BTreeMap<u32, Process>, held: &BTreeMap<u32, PidFd>) -> Vec<u32> {
    let mut family = Vec::new();
    loop {
        let before = family.len();
        for (&pid, process) in all {
            let is_known = pid == child || held.contains_key(&pid) || family.contains(&pid);
            let is_family = process.is_family(child, |parent| held.contains_key(&parent) || family.contains(&parent));
            if !is_known && is_family {
                family.push(pid);
            }
        }
        if family.len() == before {
            return family;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_hides_nothing() {
        let stat = "42 (a) R (b) x) S 7 8 9 0 -1 4194304";
        assert_eq!(Process::parse(stat), Some(Process { parent: 7, session: 9 }));
        assert_eq!(Process::parse("42 (a"), None);
        assert_eq!(Process::parse(""), None);
    }

    #[test]
    fn the_family_is_children_of_children_and_the_session() {
        let process = |parent, session| Process { parent, session };
        let all = BTreeMap::from([
            (10, process(1, 10)),
            (11, process(10, 10)),
            (9, process(11, 9)),  // a session of its own, and a number that has come round
            (12, process(1, 10)), // its parent has ended
            (13, process(1, 13)),
        ]);
        assert_eq!(descendants(10, &all, &BTreeMap::new()), [11, 12, 9]);
        assert!(descendants(13, &all, &BTreeMap::new()).is_empty());
    }
}
