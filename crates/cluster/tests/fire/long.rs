//! A long life leaves nothing behind.

use crate::clients::storm;
use crate::size;
use crate::storms::{ours, start, stop};

/// How much the primary may grow, in KiB: the allocator's own unrest.
const GROWTH: usize = 1024;

pub(crate) async fn back_to_the_start() {
    let (primary, address) = start(ours(), 2).await;
    // So that what is made once has been made.
    storm(address, 2_000, 32).await;
    let before = (descriptors(), pss());
    let counts = storm(address, size(100_000), 32).await;
    while (descriptors(), primary.under_way()) != (before.0, 0) {
        tokio::task::yield_now().await;
    }
    let after = (descriptors(), pss());
    println!(
        "{} connections: (descriptors, PSS in KiB) were {before:?}, are {after:?}",
        counts.served
    );
    assert_eq!((counts.hung, counts.refused, counts.reset), (0, 0, 0), "{counts:?}");
    assert!(after.1 < before.1 + GROWTH, "from {} KiB to {} KiB", before.1, after.1);
    stop(&primary).await;
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// In KiB.
fn pss() -> usize {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
