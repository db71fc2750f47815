//! The public face of `ferronode-ipc`, a module per behaviour.
#![allow(clippy::unwrap_used)]

mod bodies;
mod cancel;
mod channel;
mod examples;
mod hand_off;
mod handles;
mod hostile;
mod node_reader;
mod protocol;
mod reading;
mod requests;

use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many descriptors this process has open.
fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("/proc is mounted").count()
}

/// Waits until `count` descriptors are open: a task that writes to a full socket lets go of it a turn after its end.
async fn descriptors_are_back_to(count: usize) {
    soon(async {
        while open_descriptors() != count {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Runs a test in a runtime of its own while no other test runs, so that descriptors can be counted.
fn alone(test: impl Future<Output = ()>) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be built").block_on(test);
}

/// No test waits for ever: what takes longer than this has failed.
async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(20), future)
        .await
        .expect("this should have happened by now")
}
