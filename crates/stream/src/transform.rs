//! A duplex whose output is made of its input: a cipher, a compressor, a counter.
//!
//! Rule: the next chunk is transformed when what became of the one before has been asked for. So a transform holds what
//! one chunk becomes, its writer's queue, and no more; its reader's slowness is its writer's.
//!
//! ```text
//!   writable ──> queue ──> transform(chunk) ──> one place ──> readable
//!                            flush() at the end
//! ```
//!
//! In Node: [`stream.Transform`](https://nodejs.org/docs/latest-v20.x/api/stream.html#class-streamtransform).

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ferronode_buffer::Buffer;
use futures_core::Stream;
use tokio::sync::mpsc;

use crate::duplex::Duplex;
use crate::error::StreamError;
use crate::high_water_mark::HIGH_WATER_MARK;
use crate::readable::Readable;
use crate::sink::Sink;
use crate::source::ChunkStream;
use crate::writable::Writable;

/// What makes output of input.
pub trait Transform: Send + 'static {
    /// Takes a chunk; pushes what it becomes, if anything.
    ///
    /// # Errors
    ///
    /// An error ends both halves of the duplex.
    fn transform(&mut self, chunk: Buffer, output: &mut Output) -> Result<(), StreamError>;

    /// Pushes what is left when the input has ended: nothing, by default.
    ///
    /// # Errors
    ///
    /// As [`transform`](Self::transform).
    fn flush(&mut self, output: &mut Output) -> Result<(), StreamError> {
        let _ = output;
        Ok(())
    }
}

impl<F> Transform for F
where
    F: FnMut(Buffer, &mut Output) -> Result<(), StreamError> + Send + 'static,
{
    fn transform(&mut self, chunk: Buffer, output: &mut Output) -> Result<(), StreamError> {
        self(chunk, output)
    }
}

/// Where a transform puts what a chunk becomes.
#[derive(Debug, Default)]
pub struct Output {
    chunks: VecDeque<Buffer>,
}

impl Output {
    /// Adds a chunk to the output.
    pub fn push(&mut self, chunk: impl Into<Buffer>) {
        self.chunks.push_back(chunk.into());
    }
}

impl Duplex {
    /// Makes a duplex of a transform: what is written to it can be read from it, transformed.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, as every stream.
    #[track_caller]
    pub fn transform(transform: impl Transform) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        let sink = TransformSink {
            transform,
            sender: Some(sender),
            place: Place::None,
        };
        let source = TransformSource {
            receiver,
            chunks: VecDeque::new(),
        };
        Self::from_halves(
            Readable::from_source(Box::pin(source)),
            Writable::from_sink(Box::new(sink), HIGH_WATER_MARK),
        )
    }
}

type Permit = mpsc::OwnedPermit<VecDeque<Buffer>>;

/// The one place between writer and reader, as the writer sees it.
enum Place {
    None,
    Asked(Pin<Box<dyn Future<Output = Option<Permit>> + Send>>),
}

struct TransformSink<T> {
    transform: T,
    /// Gone when the input has ended.
    sender: Option<mpsc::Sender<VecDeque<Buffer>>>,
    place: Place,
}

impl<T: Transform> TransformSink<T> {
    /// Waits until what was put down before has been taken.
    fn poll_place(&mut self, context: &mut Context<'_>) -> Poll<Result<Permit, StreamError>> {
        let Some(sender) = &self.sender else {
            return Poll::Ready(Err(StreamError::WriteAfterEnd));
        };
        if let Place::None = self.place {
            let asked = sender.clone().reserve_owned();
            self.place = Place::Asked(Box::pin(async move { asked.await.ok() }));
        }
        let Place::Asked(asked) = &mut self.place else {
            return Poll::Pending;
        };
        let permit = ready!(asked.as_mut().poll(context));
        self.place = Place::None;
        // Without a reader nothing that is written can arrive.
        Poll::Ready(permit.ok_or(StreamError::PrematureClose))
    }
}

impl<T: Transform> Sink for TransformSink<T> {
    fn poll_take(
        &mut self,
        context: &mut Context<'_>,
        chunks: &mut VecDeque<Buffer>,
    ) -> Poll<Result<usize, StreamError>> {
        let permit = ready!(self.poll_place(context))?;
        let Some(chunk) = chunks.pop_front() else {
            return Poll::Ready(Ok(0));
        };
        let bytes = chunk.len();
        let mut output = Output::default();
        self.transform.transform(chunk, &mut output)?;
        if !output.chunks.is_empty() {
            permit.send(output.chunks);
        }
        Poll::Ready(Ok(bytes))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), StreamError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StreamError>> {
        let permit = ready!(self.poll_place(context))?;
        let mut output = Output::default();
        self.transform.flush(&mut output)?;
        permit.send(output.chunks);
        self.sender = None;
        Poll::Ready(Ok(()))
    }
}

struct TransformSource {
    receiver: mpsc::Receiver<VecDeque<Buffer>>,
    chunks: VecDeque<Buffer>,
}

impl ChunkStream for TransformSource {}

impl Stream for TransformSource {
    type Item = Result<Buffer, StreamError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(chunk) = self.chunks.pop_front() {
                return Poll::Ready(Some(Ok(chunk)));
            }
            match ready!(self.receiver.poll_recv(context)) {
                Some(chunks) => self.chunks = chunks,
                None => return Poll::Ready(None),
            }
        }
    }
}
