//! Pipes: the pace of the slower end, and an end that is everybody's.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ferronode_stream::{CLOSE, ERROR, HIGH_WATER_MARK, Readable, StreamError, Writable};
use tokio::io::AsyncReadExt;

use crate::parts::{Broken, Log, Zeroes};

#[tokio::test]
async fn everything_goes_through_and_the_end_too() {
    let (near, mut far) = tokio::io::duplex(3);
    let to = Writable::new(near);
    let mut text = String::new();
    let from = Readable::from_chunks(["over ", "the ", "hills"]);
    let (piped, read) = tokio::join!(from.pipe(&to), far.read_to_string(&mut text));
    assert_eq!((piped.unwrap(), read.unwrap()), (14, 14));
    assert_eq!(text, "over the hills");
    assert!(from.has_ended() && to.has_finished());
}

#[tokio::test]
async fn a_writable_that_is_kept_open_takes_another() {
    let (near, mut far) = tokio::io::duplex(64);
    let to = Writable::new(near);
    Readable::from_chunks(["one "]).pipe(&to).keep_open().await.unwrap();
    Readable::from_chunks(["two"]).pipe(&to).await.unwrap();
    let mut text = String::new();
    far.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "one two");
}

#[tokio::test]
async fn a_slow_sink_holds_the_source_back_and_memory_stays_flat() {
    const PIPE: usize = 1024;
    // What may be between source and sink: a queue under its mark and one chunk, a chunk on its way, the narrow pipe.
    const BETWEEN: usize = 3 * HIGH_WATER_MARK + PIPE;
    let (zeroes, taken) = Zeroes::endless();
    let (near, mut far) = tokio::io::duplex(PIPE);
    let pipe = tokio::spawn(Readable::new(zeroes).pipe(&Writable::new(near)));
    let mut arrived = 0;
    let mut bytes = vec![0; 100_000];
    for _ in 0..300 {
        arrived += far.read_exact(&mut bytes).await.unwrap();
        for _ in 0..20 {
            tokio::task::yield_now().await; // As much time as the source may want.
        }
        let between = taken.load(Ordering::Relaxed) - arrived;
        assert!(between <= BETWEEN, "{between} bytes are held after {arrived}");
    }
    pipe.abort();
}

#[tokio::test]
async fn an_error_of_the_source_destroys_the_sink_and_is_the_result() {
    let (near, mut far) = tokio::io::duplex(HIGH_WATER_MARK);
    let (from, to) = (Readable::new(Zeroes::breaking_after(10)), Writable::new(near));
    let log = Log::default();
    from.on(ERROR, log.entry("source error"));
    to.on(ERROR, log.entry("sink error"));
    to.on(CLOSE, log.entry("sink closed"));
    let error = from.pipe(&to).await.unwrap_err();
    assert_eq!(error.code(), Some("ECONNRESET"));
    log.wait_for("sink closed").await;
    assert_eq!(log.entries(), ["source error", "sink closed"]);
    assert!(from.is_destroyed() && to.is_destroyed());
    assert!(matches!(from.read().await, Err(StreamError::Destroyed)), "once");
    let mut rest = Vec::new();
    far.read_to_end(&mut rest).await.unwrap();
}

#[tokio::test]
async fn an_error_of_the_sink_destroys_the_source_and_is_the_result() {
    let (near, _far) = tokio::io::duplex(16);
    let from = Readable::new(Zeroes::endless().0);
    let to = Writable::new(Broken(Arc::default()));
    assert_eq!(from.pipe(&to).await.unwrap_err().code(), Some("EPIPE"));
    assert!(from.is_destroyed() && to.is_destroyed());
    assert!(matches!(to.write("y").await, Err(StreamError::Destroyed)), "once");

    // Also while the pipe waits for a source that says nothing.
    let (from, to) = (Readable::new(near), Writable::new(Broken(Arc::default())));
    let pipe = tokio::spawn(from.pipe(&to));
    tokio::task::yield_now().await;
    to.write("x").await.unwrap();
    assert_eq!(pipe.await.unwrap().unwrap_err().code(), Some("EPIPE"));
    assert!(from.is_destroyed());
}

#[tokio::test]
async fn an_end_that_is_destroyed_without_an_error_is_a_premature_close() {
    for destroy_source in [true, false] {
        let (near, _far) = tokio::io::duplex(16);
        let (from, to) = (Readable::new(near), Writable::new(tokio::io::sink()));
        let pipe = tokio::spawn(from.pipe(&to));
        tokio::task::yield_now().await;
        if destroy_source {
            from.destroy()
        } else {
            to.destroy()
        };
        let error = pipe.await.unwrap().unwrap_err();
        assert_eq!(error.code(), Some("ERR_STREAM_PREMATURE_CLOSE"));
        assert!(from.is_destroyed() && to.is_destroyed());
    }
}
