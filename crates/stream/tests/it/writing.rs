//! Writing: room, drain, finish.

use std::sync::Arc;

use ferronode_stream::{Buffer, CLOSE, DRAIN, ERROR, FINISH, StreamError, TryWriteError, Writable};
use tokio::io::AsyncReadExt;

use crate::parts::{Broken, Log};

/// A stream into a pipe of one byte, and the pipe's other end.
fn narrow(mark: usize) -> (Writable, tokio::io::DuplexStream) {
    let (near, far) = tokio::io::duplex(1);
    (Writable::with_high_water_mark(near, mark), far)
}

#[tokio::test]
async fn chunks_arrive_in_order_then_finish_then_close() {
    let (stream, mut far) = narrow(8);
    let log = Log::default();
    stream.on(FINISH, log.entry("finish"));
    stream.on(CLOSE, log.entry("close"));
    let mut text = String::new();
    let (written, read) = tokio::join!(
        async {
            for chunk in ["to be, ", "", "or not to be, ", "that is the question"] {
                stream.write(chunk).await?;
            }
            stream.end();
            stream.finished().await
        },
        far.read_to_string(&mut text)
    );
    written.unwrap();
    read.unwrap();
    assert_eq!(text, "to be, or not to be, that is the question");
    log.wait_for("close").await;
    assert_eq!(log.entries(), ["finish", "close"]);
    assert!(stream.has_finished());
    let late = Log::default();
    stream.on(CLOSE, late.entry("close"));
    stream.on(FINISH, late.entry("finish"));
    late.wait_for("finish").await;
}

#[tokio::test]
async fn a_full_queue_gives_the_chunk_back_and_tells_when_it_has_drained() {
    let (stream, mut far) = narrow(4);
    let log = Log::default();
    stream.on(DRAIN, log.entry("drain"));
    assert!(stream.try_write("abc").unwrap());
    assert!(!stream.try_write("defghi").unwrap());
    match stream.try_write("jkl") {
        Err(TryWriteError::Full(chunk)) => assert_eq!(chunk, b"jkl"[..]),
        other => panic!("{other:?}"),
    }
    assert_eq!((stream.queued(), stream.high_water_mark()), (9, 4));
    let mut bytes = [0; 9];
    far.read_exact(&mut bytes).await.unwrap();
    assert_eq!(&bytes, b"abcdefghi");
    log.wait_for("drain").await;
    assert!(stream.try_write("jkl").unwrap());
    stream.end();
    far.read_exact(&mut bytes[..3]).await.unwrap();
    stream.finished().await.unwrap();
    assert_eq!(log.entries(), ["drain"], "nobody was refused the second time");
}

#[tokio::test]
async fn a_write_waits_for_room() {
    let (stream, mut far) = narrow(4);
    stream.write("12345").await.unwrap();
    let waiting = tokio::spawn({
        let stream = stream.clone();
        async move { stream.write("6").await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    far.read_exact(&mut [0; 3]).await.unwrap();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn after_the_end_nothing_is_taken() {
    let (stream, _far) = narrow(4);
    stream.end();
    let error = stream.write("late").await.unwrap_err();
    assert_eq!(error.code(), Some("ERR_STREAM_WRITE_AFTER_END"));
    stream.finished().await.unwrap();
    assert!(matches!(stream.write("later").await, Err(StreamError::WriteAfterEnd)));
}

#[tokio::test]
async fn dropping_the_last_handle_writes_what_was_written_and_closes() {
    let (stream, mut far) = narrow(64);
    stream.try_write("all of this").unwrap();
    drop(stream);
    let mut text = String::new();
    far.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "all of this");
}

#[tokio::test]
async fn an_error_is_told_to_listeners_and_is_the_result_of_one_call() {
    let dropped = Arc::default();
    let stream = Writable::new(Broken(Arc::clone(&dropped)));
    let log = Log::default();
    let errors = log.clone();
    stream.on(ERROR, move |error| errors.write(error.code().unwrap()));
    stream.on(CLOSE, log.entry("close"));
    stream.write("x").await.unwrap();
    stream.closed().await;
    assert_eq!(stream.write("y").await.unwrap_err().code(), Some("EPIPE"));
    assert!(matches!(stream.write("z").await, Err(StreamError::Destroyed)));
    log.wait_for("close").await;
    assert_eq!(log.entries(), ["EPIPE", "close"]);
    assert_eq!(Arc::strong_count(&dropped), 1, "what is broken is closed");
}

#[tokio::test]
async fn destroying_throws_away_what_waits() {
    let (stream, mut far) = narrow(1024);
    stream.write(Buffer::alloc(1000)).await.unwrap();
    let finishing = tokio::spawn({
        let stream = stream.clone();
        async move { stream.finished().await }
    });
    tokio::task::yield_now().await;
    assert!(stream.destroy());
    assert!(matches!(finishing.await.unwrap(), Err(StreamError::Destroyed)));
    assert_eq!(stream.queued(), 0);
    let mut rest = Vec::new();
    far.read_to_end(&mut rest).await.unwrap();
    assert!(rest.len() <= 1, "what was in the narrow pipe already");
}

#[tokio::test]
async fn a_flush_waits_until_all_is_written() {
    let (stream, mut far) = narrow(64);
    stream.write("12").await.unwrap();
    let flushing = tokio::spawn({
        let stream = stream.clone();
        async move { stream.flush().await }
    });
    tokio::task::yield_now().await;
    assert!(!flushing.is_finished());
    far.read_exact(&mut [0; 2]).await.unwrap();
    flushing.await.unwrap().unwrap();
    assert_eq!(stream.queued(), 0);
}
