//! Reading: chunks that are asked for, chunks that come.

use std::sync::atomic::Ordering;

use ferronode_stream::{CLOSE, DATA, END, HIGH_WATER_MARK, LINE_LIMIT, Readable, StreamError};

use crate::parts::{Log, Zeroes};

fn words() -> Readable {
    Readable::from_chunks(["one", "two", "three"])
}

fn log_of(stream: &Readable) -> Log {
    let log = Log::default();
    let data = log.clone();
    stream.on(DATA, move |chunk| data.write(String::from_utf8_lossy(chunk)));
    stream.on(END, log.entry("end"));
    stream.on(CLOSE, log.entry("close"));
    log
}

#[tokio::test]
async fn a_paused_stream_gives_chunks_when_it_is_asked() {
    let stream = words();
    assert_eq!(stream.is_flowing(), None);
    assert_eq!(stream.read().await.unwrap().unwrap(), b"one"[..]);
    assert_eq!(stream.read().await.unwrap().unwrap(), b"two"[..]);
    assert!(!stream.has_ended());
    assert_eq!(stream.read().await.unwrap().unwrap(), b"three"[..]);
    assert!(stream.read().await.unwrap().is_none());
    assert!(stream.has_ended());
    assert!(stream.read().await.unwrap().is_none(), "the end stays the end");
}

#[tokio::test]
async fn a_listener_for_data_makes_it_flow_and_end_and_close_come_after_it() {
    let stream = words();
    let log = log_of(&stream);
    assert_eq!(stream.is_flowing(), Some(true));
    log.wait_for("close").await;
    assert_eq!(log.entries(), ["one", "two", "three", "end", "close"]);
}

#[tokio::test]
async fn end_and_close_are_told_to_those_who_come_late() {
    let stream = words();
    stream.resume();
    stream.closed().await;
    let log = log_of(&stream);
    log.wait_for("close").await;
    assert_eq!(log.entries(), ["end", "close"]);
}

#[tokio::test]
async fn a_stream_that_was_paused_by_name_does_not_flow_for_a_listener() {
    let stream = words();
    stream.pause();
    let log = log_of(&stream);
    tokio::task::yield_now().await;
    assert!(log.entries().is_empty());
    stream.resume();
    log.wait_for("close").await;
    assert_eq!(log.entries().len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pausing_in_the_middle_loses_nothing() {
    for _ in 0..200 {
        let stream = Readable::from_chunks((0..40_u8).map(|number| vec![number]));
        let log = Log::default();
        let (data, own) = (log.clone(), stream.clone());
        stream.on(DATA, move |chunk| {
            data.write(chunk[0].to_string());
            if chunk[0] == 20 {
                own.pause();
            }
        });
        log.wait_for("20").await;
        let mut rest = Vec::new();
        while let Some(chunk) = stream.read().await.unwrap() {
            rest.push(chunk[0].to_string());
        }
        let expected: Vec<String> = (0..40).map(|number| number.to_string()).collect();
        assert_eq!([log.entries(), rest].concat(), expected);
    }
}

#[tokio::test]
async fn nothing_is_read_before_somebody_asks() {
    let (zeroes, taken) = Zeroes::endless();
    let stream = Readable::new(zeroes);
    tokio::task::yield_now().await;
    assert_eq!(taken.load(Ordering::Relaxed), 0);
    assert_eq!(stream.read().await.unwrap().unwrap().len(), HIGH_WATER_MARK);
    assert_eq!(taken.load(Ordering::Relaxed), HIGH_WATER_MARK);
}

#[tokio::test]
async fn a_short_read_is_a_short_chunk_from_the_pool() {
    let stream = Readable::new(&b"a few bytes"[..]);
    let chunk = stream.read().await.unwrap().unwrap();
    assert!(chunk.is_pooled());
    assert_eq!(chunk, b"a few bytes"[..]);
}

#[tokio::test]
async fn a_listener_that_panics_stops_neither_the_stream_nor_the_others() {
    let stream = words();
    stream.on(DATA, |chunk| assert_ne!(chunk, &b"one"[..], "a listener's own fault"));
    stream.on(END, |()| panic!("another"));
    let log = Log::default();
    stream.on(CLOSE, log.entry("close"));
    log.wait_for("close").await;
}

#[tokio::test]
async fn a_read_that_waits_fails_when_the_stream_is_destroyed_and_the_source_is_closed() {
    let (near, far) = tokio::io::duplex(16);
    let stream = Readable::new(near);
    let reading = tokio::spawn({
        let stream = stream.clone();
        async move { stream.read().await }
    });
    tokio::task::yield_now().await;
    assert!(stream.destroy());
    assert!(matches!(reading.await.unwrap(), Err(StreamError::Destroyed)));
    assert!(stream.is_destroyed() && !stream.destroy());
    let mut far = far;
    let written = loop {
        if let Err(error) = tokio::io::AsyncWriteExt::write_all(&mut far, b"is anybody there").await {
            break error;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(written.kind(), std::io::ErrorKind::BrokenPipe);
}

#[tokio::test]
async fn lines_are_the_same_wherever_the_chunks_are_cut() {
    let text = "first\nsecond\r\n\nlast \u{20ac}";
    for cut in 0..=text.len() {
        let (head, tail) = text.as_bytes().split_at(cut);
        let mut lines = Readable::from_chunks([head, tail].map(<[u8]>::to_vec)).lines();
        for expected in ["first", "second", "", "last \u{20ac}"] {
            assert_eq!(lines.next().await.unwrap().as_deref(), Some(expected), "cut at {cut}");
        }
        assert_eq!(lines.next().await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_line_without_an_end_is_an_error_at_the_limit() {
    let (zeroes, taken) = Zeroes::endless();
    let error = Readable::new(zeroes).lines().next().await.unwrap_err();
    assert!(matches!(error, StreamError::LineTooLong { limit: LINE_LIMIT }));
    assert!(taken.load(Ordering::Relaxed) <= LINE_LIMIT + HIGH_WATER_MARK);
    let mut lines = Readable::from_chunks(["four\nfives\n"]).lines().with_limit(4);
    assert_eq!(lines.next().await.unwrap().as_deref(), Some("four"));
    assert!(lines.next().await.is_err());
}

#[tokio::test]
async fn what_is_read_ahead_waits_for_its_first_reader() {
    let stream = words();
    assert!(stream.read_ahead(1000).await, "all is read");
    assert!(!stream.has_ended());
    let log = log_of(&stream);
    log.wait_for("close").await;
    assert_eq!(log.entries(), ["one", "two", "three", "end", "close"]);
}

#[tokio::test]
async fn reading_ahead_stops_at_its_bound() {
    let (zeroes, taken) = Zeroes::endless();
    assert!(!Readable::new(zeroes).read_ahead(1000).await);
    assert_eq!(
        taken.load(Ordering::Relaxed),
        HIGH_WATER_MARK,
        "one chunk is over the bound"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_while_somebody_reads_ahead_gets_everything_in_order() {
    for _ in 0..50 {
        let (near, mut far) = tokio::io::duplex(16);
        let stream = Readable::new(near);
        let ahead = tokio::spawn({
            let stream = stream.clone();
            async move { stream.read_ahead(usize::MAX).await }
        });
        let writing = tokio::spawn(async move {
            for number in 0..200_u8 {
                tokio::io::AsyncWriteExt::write_all(&mut far, &[number]).await.unwrap();
            }
        });
        let mut read = Vec::new();
        while let Some(chunk) = stream.read().await.unwrap() {
            read.extend_from_slice(&chunk);
        }
        writing.await.unwrap();
        ahead.await.unwrap();
        assert_eq!(read, (0..200).collect::<Vec<u8>>());
    }
}
