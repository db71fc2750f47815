//! What this process has used, and what time it is: `getrusage` and the monotonic clock.

use std::io;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::time::{ClockId, clock_gettime};

/// What a process has used of its machine since it began.
///
/// Linux counts nothing for Node's `sharedMemorySize`, `unsharedDataSize`, `unsharedStackSize`, `swappedOut`, `ipcSent`,
/// `ipcReceived` and `signalsCount`: they are not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceUsage {
    /// CPU time in the program itself.
    pub user: Duration,
    /// CPU time in the kernel, for the program.
    pub system: Duration,
    /// The most memory that was resident at a time, in KiB.
    pub max_rss: u64,
    /// Page faults that needed no disk.
    pub minor_page_faults: u64,
    /// Page faults that waited for a disk.
    pub major_page_faults: u64,
    /// How often the file system had to read from a disk.
    pub fs_reads: u64,
    /// How often the file system had to write to a disk.
    pub fs_writes: u64,
    /// How often the process gave up the CPU, to wait.
    pub voluntary_context_switches: u64,
    /// How often the CPU was taken from it.
    pub involuntary_context_switches: u64,
}

/// Asks what this process has used, all its threads together.
///
/// # Errors
///
/// None is known; what `getrusage` says.
///
/// # References
///
/// [`getrusage(2)`](https://man7.org/linux/man-pages/man2/getrusage.2.html)
pub fn resource_usage() -> io::Result<ResourceUsage> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let count = |number: libc::c_long| u64::try_from(number).unwrap_or(0);
    Ok(ResourceUsage {
        user: duration(usage.user_time()),
        system: duration(usage.system_time()),
        max_rss: count(usage.max_rss()),
        minor_page_faults: count(usage.minor_page_faults()),
        major_page_faults: count(usage.major_page_faults()),
        fs_reads: count(usage.block_reads()),
        fs_writes: count(usage.block_writes()),
        voluntary_context_switches: count(usage.voluntary_context_switches()),
        involuntary_context_switches: count(usage.involuntary_context_switches()),
    })
}

/// The monotonic clock: since when, nobody says, but two readings can be compared, in different processes too.
///
/// # References
///
/// [`clock_gettime(2)`](https://man7.org/linux/man-pages/man2/clock_gettime.2.html), CLOCK_MONOTONIC
#[must_use]
pub fn monotonic() -> Duration {
    time_of(ClockId::CLOCK_MONOTONIC)
}

/// The time since the machine was started, its sleep included: what the kernel dates a process by.
///
/// # References
///
/// [`clock_gettime(2)`](https://man7.org/linux/man-pages/man2/clock_gettime.2.html), CLOCK_BOOTTIME
#[must_use]
pub fn since_boot() -> Duration {
    time_of(ClockId::CLOCK_BOOTTIME)
}

fn time_of(clock: ClockId) -> Duration {
    clock_gettime(clock).map_or(Duration::ZERO, Duration::from)
}

fn duration(time: TimeVal) -> Duration {
    Duration::from_micros(u64::try_from(time.num_microseconds()).unwrap_or(0))
}
