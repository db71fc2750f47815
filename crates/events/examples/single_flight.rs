//! Ten callers, one read: `cargo run -p ferronode-events --example single_flight`.
//!
//! Ten tasks ask for the same file at once, as ten requests ask for a hot entry of a cache that has just expired.
//! The first becomes the pilot and reads; the others wait for its `once`. Afterwards the key is forgotten.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ferronode_events::{Seat, SingleFlight};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

/// Reads a file, or waits for who is reading it already.
async fn select(flight: &SingleFlight<Arc<str>>, file: &str, reads: &AtomicUsize) -> Arc<str> {
    loop {
        match flight.seat(file) {
            Seat::Pilot(pilot) => {
                reads.fetch_add(1, Ordering::Relaxed);
                let text = tokio::fs::read_to_string(file).await;
                let text: Arc<str> = text.unwrap_or_else(|error| error.to_string()).into();
                pilot.land(&text);
                return text;
            }
            // `None` says that the pilot gave up: ask again, and perhaps be the next one.
            Seat::Passenger(text) => {
                if let Some(text) = text.await {
                    return text;
                }
            }
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (flight, reads) = (Arc::new(SingleFlight::new()), Arc::new(AtomicUsize::new(0)));
    let askers: Vec<_> = (0..10)
        .map(|_| {
            let (flight, reads) = (flight.clone(), reads.clone());
            tokio::spawn(async move { select(&flight, FILE, &reads).await.contains("ferronode-events") })
        })
        .collect();
    let mut answers = 0;
    for asker in askers {
        answers += usize::from(asker.await.is_ok_and(|is_the_file| is_the_file));
    }
    println!("{answers} answers, {} read", reads.load(Ordering::Relaxed));
    println!("{} keys kept", flight.len());
}
