//! Two halves of one thing: transforms and sockets.

use ferronode_stream::{Buffer, DATA, Duplex, ERROR, HIGH_WATER_MARK, Output, Readable, StreamError, Transform};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::parts::{Log, Zeroes};

/// Counts bytes and tells the sum at the end.
struct Count(usize);

impl Transform for Count {
    fn transform(&mut self, chunk: Buffer, _: &mut Output) -> Result<(), StreamError> {
        self.0 += chunk.len();
        Ok(())
    }

    fn flush(&mut self, output: &mut Output) -> Result<(), StreamError> {
        output.push(self.0.to_string().as_str());
        Ok(())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the face of a transform")]
fn twice(chunk: Buffer, output: &mut Output) -> Result<(), StreamError> {
    output.push(chunk.to_ascii_uppercase());
    output.push(chunk);
    Ok(())
}

async fn text(stream: &Readable) -> Result<String, StreamError> {
    let mut text = String::new();
    while let Some(chunk) = stream.read().await? {
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    Ok(text)
}

#[tokio::test]
async fn a_chunk_becomes_none_or_several_and_the_end_may_add_some() {
    let (twice, count) = (Duplex::transform(twice), Duplex::transform(Count(0)));
    let source = Readable::from_chunks(["ab", "c"]);
    let (in_, out) = tokio::join!(source.pipe(twice.writable()), text(twice.readable()));
    assert_eq!((in_.unwrap(), out.unwrap().as_str()), (3, "ABabCc"));

    let source = Readable::from_chunks(["x"; 1000]);
    let (_, out) = tokio::join!(source.pipe(count.writable()), text(count.readable()));
    assert_eq!(out.unwrap(), "1000");
}

#[tokio::test]
async fn a_reader_that_does_not_read_holds_the_writer_back() {
    let twice = Duplex::transform(twice);
    let chunk = Buffer::alloc(HIGH_WATER_MARK / 2);
    let mut written = 0;
    for _ in 0..1000 {
        if twice.writable().try_write(chunk.clone()).is_ok() {
            written += 1;
        }
        tokio::task::yield_now().await;
    }
    assert!(written <= 5, "{written} chunks are held");
}

#[tokio::test]
async fn a_transforms_error_ends_both_halves_and_is_told_once() {
    let broken = Duplex::transform(|_: Buffer, _: &mut Output| Err(std::io::Error::other("no such thing").into()));
    let log = Log::default();
    broken.readable().on(ERROR, log.entry("readable"));
    broken.writable().on(ERROR, log.entry("writable"));
    let source = Readable::new(Zeroes::endless().0);
    let (piped, read) = tokio::join!(source.pipe(broken.writable()), text(broken.readable()));
    assert_eq!(piped.unwrap_err().to_string(), "no such thing");
    assert_eq!(read.unwrap_err().to_string(), "no such thing");
    assert!(source.is_destroyed());
    log.wait_for("writable").await;
    assert_eq!(log.entries(), ["writable"]);
}

#[tokio::test]
async fn a_reader_that_goes_away_is_a_premature_close_for_the_writer() {
    let twice = Duplex::transform(twice);
    twice.readable().destroy();
    let error = Readable::from_chunks(["x"; 9])
        .pipe(twice.writable())
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("ERR_STREAM_PREMATURE_CLOSE"));
}

#[tokio::test]
async fn each_half_of_a_socket_ends_by_itself() {
    let (near, mut far) = tokio::net::UnixStream::pair().unwrap();
    let (readable, writable) = Duplex::new(near).into_halves();
    writable.write("question").await.unwrap();
    writable.end();
    let mut question = String::new();
    far.read_to_string(&mut question).await.unwrap();
    far.write_all(b"answer").await.unwrap();
    drop(far);
    assert_eq!(
        (question.as_str(), text(&readable).await.unwrap().as_str()),
        ("question", "answer")
    );
    assert!(writable.has_finished() && readable.has_ended());
}

#[tokio::test]
async fn a_socket_that_is_destroyed_is_closed() {
    let (near, mut far) = tokio::net::UnixStream::pair().unwrap();
    let duplex = Duplex::new(near);
    duplex.readable().on(DATA, |_| {});
    tokio::task::yield_now().await;
    assert!(duplex.destroy());
    duplex.closed().await;
    assert_eq!(far.read(&mut [0]).await.unwrap(), 0);
}
