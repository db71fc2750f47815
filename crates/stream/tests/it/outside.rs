//! In and out: tokio's traits, futures' streams.

use std::pin::Pin;

use ferronode_stream::{Buffer, Readable, StreamError, Writable};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn tokio_reads_from_a_readable() {
    let mut reader = Readable::from_chunks(["first line\nsec", "", "ond line\nrest"]).into_async_read();
    let mut line = String::new();
    reader.read_line(&mut line).await.unwrap();
    reader.read_line(&mut line).await.unwrap();
    assert_eq!(line, "first line\nsecond line\n");
    let mut rest = String::new();
    reader.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "rest");
}

#[tokio::test]
async fn tokio_writes_to_a_writable_and_waits_for_room() {
    let (near, mut far) = tokio::io::duplex(5);
    let mut writer = Writable::with_high_water_mark(near, 10).into_async_write();
    let bytes = vec![7; 200_000];
    let mut arrived = Vec::new();
    let (written, read) = tokio::join!(
        async {
            writer.write_all(&bytes).await?;
            writer.flush().await?;
            writer.shutdown().await
        },
        far.read_to_end(&mut arrived)
    );
    written.unwrap();
    read.unwrap();
    assert_eq!(arrived, bytes);
    assert!(writer.write_all(b"late").await.is_err());
}

#[tokio::test]
async fn a_stream_goes_in_and_comes_out() {
    let inner = Readable::from_chunks(["a", "b"]).into_stream();
    let outer = Readable::from_stream::<_, Buffer, StreamError>(inner);
    let mut stream = outer.into_stream();
    let mut chunks = Vec::new();
    while let Some(chunk) =
        std::future::poll_fn(|context| futures_core::Stream::poll_next(Pin::new(&mut stream), context)).await
    {
        chunks.push(chunk.unwrap());
    }
    assert_eq!(chunks, [Buffer::from("a"), Buffer::from("b")]);
}
