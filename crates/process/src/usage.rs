//! What the process has used: time, memory, the machine.

use std::fs;
use std::io;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

pub use ferronode_sys::ResourceUsage;

/// How long this process runs, its time before `main` included.
///
/// In Node: [`process.uptime`](https://nodejs.org/docs/latest-v20.x/api/process.html#processuptime), in seconds.
#[must_use]
pub fn uptime() -> Duration {
    // The kernel dates a process in hundredths of a second; from the first call on it is exact.
    static FIRST: LazyLock<(Duration, Instant)> = LazyLock::new(|| (age().unwrap_or_default(), Instant::now()));
    let (before, since) = &*FIRST;
    *before + since.elapsed()
}

/// The age of this process by the kernel's books: `starttime` of `proc_pid_stat(5)`, in hundredths of a second since boot.
fn age() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: u64 = fields.split_whitespace().nth(22 - 3)?.parse().ok()?;
    ferronode_sys::since_boot().checked_sub(Duration::from_millis(ticks * 10))
}

/// The monotonic clock: two readings can be subtracted, also those of two processes.
///
/// In Node: [`process.hrtime`](https://nodejs.org/docs/latest-v20.x/api/process.html#processhrtimebigint), in nanoseconds.
#[doc(alias = "bigint")]
#[must_use]
pub fn hrtime() -> Duration {
    ferronode_sys::monotonic()
}

/// What the process has of the machine's memory, in bytes.
///
/// Node's `heapTotal`, `heapUsed`, `external` and `arrayBuffers` are V8's. Rust's heap belongs to an allocator that need not
/// count; what can be known of it is in `data`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryUsage {
    /// Resident: in memory now.
    pub rss: u64,
    /// The most that was resident at a time.
    pub peak_rss: u64,
    /// Of the resident memory, what is the process's own and not a file's.
    pub anonymous: u64,
    /// Address space for data: heap, and what libraries have for theirs.
    pub data: u64,
}

/// Asks the kernel about the memory of this process.
///
/// # Errors
///
/// `/proc` is not mounted.
///
/// In Node: [`process.memoryUsage`](https://nodejs.org/docs/latest-v20.x/api/process.html#processmemoryusage).
#[doc(alias = "memoryUsage")]
pub fn memory_usage() -> io::Result<MemoryUsage> {
    let status = fs::read_to_string("/proc/self/status")?;
    let bytes = |name: &str| field(&status, name).unwrap_or(0) * 1024;
    Ok(MemoryUsage {
        rss: bytes("VmRSS:"),
        peak_rss: bytes("VmHWM:"),
        anonymous: bytes("RssAnon:"),
        data: bytes("VmData:"),
    })
}

fn field(status: &str, name: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix(name))?;
    value.split_whitespace().next()?.parse().ok()
}

/// CPU time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CpuUsage {
    /// In the program itself.
    pub user: Duration,
    /// In the kernel, for the program.
    pub system: Duration,
}

impl CpuUsage {
    /// What was used since an earlier reading.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
        }
    }
}

/// The CPU time of all threads since the process began.
///
/// # Errors
///
/// As [`resource_usage`].
///
/// In Node: [`process.cpuUsage`](https://nodejs.org/docs/latest-v20.x/api/process.html#processcpuusagepreviousvalue).
#[doc(alias = "cpuUsage")]
pub fn cpu_usage() -> io::Result<CpuUsage> {
    let ResourceUsage { user, system, .. } = resource_usage()?;
    Ok(CpuUsage { user, system })
}

/// What the process has used since it began.
///
/// # Errors
///
/// None is known; what `getrusage` says.
///
/// In Node: [`process.resourceUsage`](https://nodejs.org/docs/latest-v20.x/api/process.html#processresourceusage).
#[doc(alias = "resourceUsage")]
pub fn resource_usage() -> io::Result<ResourceUsage> {
    ferronode_sys::resource_usage()
}

/// Which rights new files of this process do not get.
///
/// It is read where the kernel shows it: asking `umask(2)` would change it for a moment, for all threads.
///
/// # Errors
///
/// `/proc` is not mounted.
///
/// In Node: [`process.umask`](https://nodejs.org/docs/latest-v20.x/api/process.html#processumask).
pub fn umask() -> io::Result<u32> {
    let status = fs::read_to_string("/proc/self/status")?;
    let mask = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    let mask = mask.and_then(|octal| u32::from_str_radix(octal.trim(), 8).ok());
    mask.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

/// Sets which rights new files do not get, and says which it was before. Bits above 0o777 are dropped.
#[doc(alias = "umask")]
pub fn set_umask(mask: u32) -> u32 {
    ferronode_sys::set_umask(mask)
}
