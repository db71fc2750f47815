//! A stream to read from: paused, its chunks are asked for; flowing, they come as events.
//!
//! Rule: nothing is read ahead, unless somebody [says so](Readable::read_ahead). A chunk is read when it is asked for, so
//! back-pressure costs nothing and holds nothing.
//!
//! ```text
//!              on(DATA)                     resume
//!   idle ────────────────────> flowing <────────────── paused
//!   read() asks for a chunk    a task reads and emits  read() asks for a chunk
//!                                 └──────────────────────^
//!                                          pause
//! ```
//!
//! Surprise: a listener for [`DATA`] makes an idle stream flow, but not one that was paused by name. So it is in Node.
//!
//! In Node: [`stream.Readable`](https://nodejs.org/docs/latest-v20.x/api/stream.html#readable-streams).

use std::collections::VecDeque;
use std::fmt;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ferronode_buffer::Buffer;
use ferronode_events::{Event, EventName, ListenerId};
use futures_core::Stream;
use tokio::io::AsyncRead;
use tokio::sync::Notify;

use crate::error::StreamError;
use crate::high_water_mark::HIGH_WATER_MARK;
use crate::life::{Life, Phase};
use crate::pipe::Pipe;
use crate::source::{ChunkSource, ReaderSource, Source, StreamSource};
use crate::writable::Writable;

/// A chunk has been read, in a stream that flows.
pub const DATA: Event<Buffer> = Event::new("data");
/// All has been read. Happens once, after the last chunk, and is kept.
pub const END: Event<()> = Event::new("end");

/// A stream of chunks to read. Clones are the same stream.
///
/// When the last of them is dropped, and the stream does not flow, what it stood upon is closed.
#[derive(Clone)]
pub struct Readable {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) life: Arc<Life>,
    /// The source, until it has ended. Whoever reads holds it, so chunks come one after another.
    pub(crate) origin: tokio::sync::Mutex<Origin>,
    /// Told when somebody is about to read, so that who reads ahead gives way.
    pub(crate) reader_came: Notify,
    flow: Mutex<Flow>,
    /// Told when the flow is to stop: who waits for a chunk gives up, and keeps nobody alive by it.
    stopped: Notify,
}

pub(crate) struct Origin {
    pub(crate) source: Option<Source>,
    /// What was read while the stream was being paused, or ahead of its first reader.
    pub(crate) unread: VecDeque<Result<Buffer, StreamError>>,
}

/// Whether chunks come by themselves. Pure.
#[derive(Debug, Default)]
struct Flow {
    /// `None` until somebody has said what they want.
    wanted: Option<bool>,
    /// A task reads and emits.
    has_task: bool,
}

impl Readable {
    /// Reads from `reader`, chunks of at most [`HIGH_WATER_MARK`] bytes.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, as every stream.
    #[track_caller]
    pub fn new(reader: impl AsyncRead + Send + 'static) -> Self {
        Self::with_high_water_mark(reader, HIGH_WATER_MARK)
    }

    /// Reads from `reader`, chunks of at most `bytes` bytes: Node's `highWaterMark`.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[track_caller]
    pub fn with_high_water_mark(reader: impl AsyncRead + Send + 'static, bytes: usize) -> Self {
        Self::from_source(Box::pin(ReaderSource::new(reader, bytes)))
    }

    /// As [`new`](Self::new), for a reader that is a descriptor and holds nothing back: the stream has a
    /// [`descriptor`](Self::descriptor) for others.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[track_caller]
    pub fn over(reader: impl AsyncRead + AsFd + Send + 'static) -> Self {
        Self::from_source(Box::pin(ReaderSource::over(reader, HIGH_WATER_MARK)))
    }

    /// Reads the chunks of a `futures` stream.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[track_caller]
    pub fn from_stream<S, B, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Buffer>,
        E: Into<StreamError>,
    {
        Self::from_source(Box::pin(StreamSource(Box::pin(stream))))
    }

    /// Reads chunks that are there already.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[doc(alias = "from")]
    #[track_caller]
    pub fn from_chunks<I>(chunks: I) -> Self
    where
        I: IntoIterator<Item: Into<Buffer>, IntoIter: Send + Unpin + 'static>,
    {
        Self::from_source(Box::pin(ChunkSource(chunks.into_iter())))
    }

    #[track_caller]
    pub(crate) fn from_source(source: Source) -> Self {
        let origin = Origin {
            source: Some(source),
            unread: VecDeque::new(),
        };
        Self {
            inner: Arc::new(Inner {
                life: Life::new(),
                origin: tokio::sync::Mutex::new(origin),
                reader_came: Notify::new(),
                flow: Mutex::new(Flow::default()),
                stopped: Notify::new(),
            }),
        }
    }

    /// Reads the next chunk; `None` at the end.
    ///
    /// In a stream that flows, the chunks go to whoever is first: pause it before.
    ///
    /// # Errors
    ///
    /// The stream's error, once; [`StreamError::Destroyed`] from then on.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: a chunk that is not returned is read by the next call.
    pub async fn read(&self) -> Result<Option<Buffer>, StreamError> {
        let _attendance = self.inner.life.attend();
        self.inner.reader_came.notify_waiters();
        let mut origin = self.inner.origin.lock().await;
        match self.inner.next(&mut origin).await {
            Next::Chunk(chunk) => Ok(Some(chunk)),
            Next::End => {
                self.inner.life.finish(END);
                Ok(None)
            }
            Next::Failed(error) => {
                self.inner.life.destroy(Some(error.clone()), true);
                Err(error)
            }
            Next::Gone => self.inner.life.outcome().map(|()| None),
        }
    }

    /// Adds a listener: for [`DATA`], [`END`], [`CLOSE`](crate::CLOSE) or [`ERROR`](crate::ERROR).
    ///
    /// The first one for [`DATA`] makes the stream flow, unless it was [paused](Self::pause).
    /// For what has happened already it is called once, on the stream's next turn.
    #[doc(alias = "addListener")]
    #[track_caller]
    pub fn on<E: EventName>(&self, event: E, listener: impl Fn(&E::Payload) + Send + Sync + 'static) -> ListenerId {
        let id = self.inner.life.emitter.on(event, listener);
        self.flow_for_listeners();
        id
    }

    /// Adds a listener for the next time only.
    #[track_caller]
    pub fn once<E: EventName>(&self, event: E, listener: impl Fn(&E::Payload) + Send + Sync + 'static) -> ListenerId {
        let id = self.inner.life.emitter.once(event, listener);
        self.flow_for_listeners();
        id
    }

    /// Removes a listener; says whether it was there. The stream flows on.
    pub fn remove(&self, id: ListenerId) -> bool {
        self.inner.life.emitter.remove(id)
    }

    /// Lets the stream flow: chunks are read and emitted, and lost where nobody listens.
    pub fn resume(&self) {
        let mut flow = self.inner.flow();
        flow.wanted = Some(true);
        self.start_task(flow);
    }

    /// Stops the flow. Nothing is waited for any more, and a chunk that has come meanwhile is kept for the next read.
    pub fn pause(&self) {
        self.inner.flow().wanted = Some(false);
        self.inner.stopped.notify_waiters();
    }

    /// Whether it flows: `None` until somebody has listened for [`DATA`], resumed or paused.
    #[must_use]
    #[doc(alias = "readableFlowing")]
    pub fn is_flowing(&self) -> Option<bool> {
        self.inner.flow().wanted
    }

    /// Lets everything go through to `writable`, which is then ended: see [`Pipe`]. Nothing happens until it is awaited.
    pub fn pipe(&self, writable: &Writable) -> Pipe {
        Pipe::new(self.clone(), writable.clone())
    }

    /// Ends the stream now; a read that waits fails. What it stood upon is closed.
    ///
    /// Says whether there was still something to end.
    pub fn destroy(&self) -> bool {
        self.destroy_for(None)
    }

    /// As [`destroy`](Self::destroy), for a reason, which is told as an error of the stream's own.
    pub fn destroy_with(&self, error: impl Into<StreamError>) -> bool {
        self.destroy_for(Some(error.into()))
    }

    fn destroy_for(&self, error: Option<StreamError>) -> bool {
        let was_open = self.inner.life.destroy(error, false);
        self.inner.release();
        was_open
    }

    /// Whether everything was read.
    #[must_use]
    #[doc(alias = "readableEnded")]
    pub fn has_ended(&self) -> bool {
        self.inner.life.phase() == Phase::Finished
    }

    /// Whether it was destroyed, or has failed.
    #[must_use]
    #[doc(alias = "destroyed")]
    pub fn is_destroyed(&self) -> bool {
        self.inner.life.phase() == Phase::Destroyed
    }

    /// Waits until the stream is done, well or not. It does not read: somebody else has to.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn closed(&self) {
        self.inner.life.ended().await;
    }

    pub(crate) fn life(&self) -> &Arc<Life> {
        &self.inner.life
    }

    /// How the other half of a duplex ends this one.
    pub(crate) fn follower(&self) -> impl Fn(StreamError) + Send + Sync + use<> {
        let inner = Arc::downgrade(&self.inner);
        move |error| {
            if let Some(inner) = inner.upgrade() {
                inner.life.follow(error);
                inner.release();
            }
        }
    }

    fn flow_for_listeners(&self) {
        let mut flow = self.inner.flow();
        if flow.wanted.is_none() && self.inner.life.emitter.listener_count(DATA) > 0 {
            flow.wanted = Some(true);
        }
        self.start_task(flow);
    }

    fn start_task(&self, mut flow: MutexGuard<'_, Flow>) {
        if flow.wanted == Some(true) && !std::mem::replace(&mut flow.has_task, true) {
            drop(flow);
            self.inner.life.spawn(Arc::clone(&self.inner).flow_on());
        }
    }
}

impl Origin {
    fn nothing() -> Self {
        Self {
            source: None,
            unread: VecDeque::new(),
        }
    }
}

/// What a look at the source has brought.
enum Next {
    Chunk(Buffer),
    End,
    Failed(StreamError),
    /// The stream was not open any more.
    Gone,
}

impl Inner {
    async fn next(&self, origin: &mut Origin) -> Next {
        if !self.life.is_open() {
            *origin = Origin::nothing();
            return Next::Gone;
        }
        if let Some(next) = origin.unread.pop_front() {
            return next.map_or_else(Next::Failed, Next::Chunk);
        }
        let Some(source) = &mut origin.source else {
            return Next::End;
        };
        let next = tokio::select! {
            biased;
            next = std::future::poll_fn(|context| source.as_mut().poll_next(context)) => next,
            () = self.life.ended() => None,
        };
        if !self.life.is_open() {
            *origin = Origin::nothing();
            return Next::Gone;
        }
        match next {
            Some(Ok(chunk)) => Next::Chunk(chunk),
            Some(Err(error)) => {
                origin.source = None;
                Next::Failed(error)
            }
            None => {
                origin.source = None;
                Next::End
            }
        }
    }

    /// Reads and emits for as long as that is wanted.
    async fn flow_on(self: Arc<Self>) {
        loop {
            let stopped = self.stopped.notified();
            tokio::pin!(stopped);
            stopped.as_mut().enable();
            if !self.still_flows() {
                return;
            }
            self.reader_came.notify_waiters();
            let mut origin = self.origin.lock().await;
            let next = tokio::select! {
                biased;
                next = self.next(&mut origin) => next,
                () = stopped => continue,
            };
            match next {
                Next::Chunk(chunk) if self.still_flows() => {
                    drop(origin);
                    self.life.emit(DATA, &chunk);
                }
                Next::Chunk(chunk) => {
                    origin.unread.push_front(Ok(chunk));
                    return;
                }
                Next::End => return self.life.finish(END),
                Next::Failed(error) => return self.life.fail(error),
                Next::Gone => return,
            }
        }
    }

    /// Asks whether the task is still wanted. The one that is told no has ended, and another may begin.
    fn still_flows(&self) -> bool {
        let mut flow = self.flow();
        flow.has_task = flow.wanted == Some(true);
        flow.has_task
    }

    /// Lets go of what the stream stood upon: at once, or as soon as whoever reads from it sees that it is destroyed.
    fn release(self: &Arc<Self>) {
        if let Ok(mut origin) = self.origin.try_lock() {
            *origin = Origin::nothing();
            return;
        }
        let inner = Arc::clone(self);
        self.life.spawn(async move {
            *inner.origin.lock().await = Origin::nothing();
        });
    }

    fn flow(&self) -> MutexGuard<'_, Flow> {
        self.flow.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Readable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readable")
            .field("phase", &self.inner.life.phase())
            .field("flowing", &self.is_flowing())
            .finish_non_exhaustive()
    }
}
