//! Threads share what is outside of them and own what is inside: a shared counter, and one of each thread's own.
//!
//! The document's pair in Java has a counter that three threads take from, and one that each has for itself. In Rust the
//! shared one must be a `Mutex` or an atomic, or it does not compile; the local one moves into its thread.
//!
//! `cargo run -p ferronode-process --example counter_threads`
#![allow(clippy::print_stdout)]

use std::sync::Mutex;
use std::thread;

const THREADS: u32 = 3;
const COUNT: u32 = 5;

fn main() {
    let (shared, left) = shared_counter();
    println!("shared: {shared} steps by {THREADS} threads, {left} left");
    let local = local_counters();
    println!("local: {local} steps by {THREADS} threads, {COUNT} each");
}

/// All threads take from one counter until it is empty: as many steps as it had.
fn shared_counter() -> (u32, u32) {
    let counter = Mutex::new(COUNT);
    let take = || {
        let mut counter = counter.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let had = *counter;
        *counter = had.saturating_sub(1);
        had > 0
    };
    let steps = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| scope.spawn(|| std::iter::repeat_with(take).take_while(|took| *took).count()))
            .collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .sum::<usize>()
    });
    let left = *counter.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    (u32::try_from(steps).unwrap_or(u32::MAX), left)
}

/// Each thread has a counter of its own: as many steps as all of them had.
fn local_counters() -> u32 {
    let threads: Vec<_> = (0..THREADS)
        .map(|_| thread::spawn(|| (0..COUNT).map(|_| 1).sum::<u32>()))
        .collect();
    threads.into_iter().filter_map(|thread| thread.join().ok()).sum()
}
