//! The document's `readStream.pipe(writeStream)`: one file into another, through buffers, at the pace of the slower.
//!
//! `cargo run -p ferronode-stream --example copy_file -- FROM TO [BYTES PER CHUNK]`
//!
//! A transform stands between, that draws the progress and looks how much waits to be written: the queue never holds more
//! than its mark and one chunk, however large the file.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks")]

use std::error::Error;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use ferronode_stream::{Buffer, Duplex, HIGH_WATER_MARK, Output, Readable, Writable};
use tokio::fs::File;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, rest @ ..] = &arguments[..] else {
        return Err("usage: copy_file FROM TO [BYTES PER CHUNK]".into());
    };
    let mark = rest.first().map_or(Ok(HIGH_WATER_MARK), |bytes| bytes.parse())?;
    let source = File::open(from).await?;
    let total = source.metadata().await?.len();
    let from = Readable::with_high_water_mark(source, mark);
    let to = Writable::with_high_water_mark(File::create(to).await?, mark);

    let most_queued = Arc::new(AtomicUsize::new(0));
    let counted = count(total, to.clone(), Arc::clone(&most_queued));
    let (read, written) = tokio::try_join!(from.pipe(counted.writable()), counted.readable().pipe(&to))?;
    eprintln!();
    assert!(to.has_finished(), "the pipe has waited until all is in the file");
    println!("{read} bytes read, {written} written, chunks of {mark}");
    println!(
        "at most {} bytes waited in the queue",
        most_queued.load(Ordering::Relaxed)
    );
    Ok(())
}

/// A transform that changes nothing, and draws how far it is.
fn count(total: u64, to: Writable, most_queued: Arc<AtomicUsize>) -> Duplex {
    let done = AtomicU64::new(0);
    Duplex::transform(move |chunk: Buffer, output: &mut Output| {
        let done = done.fetch_add(chunk.len() as u64, Ordering::Relaxed) + chunk.len() as u64;
        most_queued.fetch_max(to.queued(), Ordering::Relaxed);
        draw(done, total);
        output.push(chunk);
        Ok(())
    })
}

/// One line that is drawn again and again, where a person looks.
fn draw(done: u64, total: u64) {
    const WIDTH: u64 = 40;
    if !std::io::stderr().is_terminal() {
        return;
    }
    let full = (done * WIDTH / total.max(1)).min(WIDTH);
    let (full, rest) = ("#".repeat(full as usize), "-".repeat((WIDTH - full) as usize));
    eprint!("\r[{full}{rest}] {:>3} %", done * 100 / total.max(1));
    // A bar that cannot be drawn is no reason to stop.
    let _ = std::io::stderr().flush();
}
