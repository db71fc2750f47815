//! A stream to write to: chunks wait in a queue, a task writes them.
//!
//! Rule: a full queue takes nothing. [`write`](Writable::write) waits for room, [`try_write`](Writable::try_write) gives
//! the chunk back and [`DRAIN`] tells when to come again; so a slow sink slows the writer, and memory stays flat.
//!
//! ```text
//!   write ──> queue ──> task: write, write, flush ──> the sink
//!     └─ waits while the queue is at its mark
//!   end ────> the task writes what is left, ends the sink: FINISH, CLOSE
//! ```
//!
//! The task lives while there is something to write: an idle stream has none, and when its last handle is dropped what it
//! stood upon is closed. What was written before that is written to its end.
//!
//! In Node: [`stream.Writable`](https://nodejs.org/docs/latest-v20.x/api/stream.html#writable-streams).

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ferronode_buffer::Buffer;
use ferronode_events::{Event, EventName, ListenerId};
use tokio::io::AsyncWrite;
use tokio::sync::Notify;

use crate::descriptor::DescriptorError;
use crate::error::{StreamError, TryWriteError};
use crate::high_water_mark::{HIGH_WATER_MARK, Queue};
use crate::life::{Life, Phase};
use crate::sink::{Sink, WriterSink};

/// The queue was full, and is empty: write again.
pub const DRAIN: Event<()> = Event::new("drain");
/// The stream was ended, and all is written. Happens once, and is kept.
pub const FINISH: Event<()> = Event::new("finish");

/// A stream of chunks to write. Clones are the same stream.
#[derive(Clone)]
pub struct Writable {
    inner: Arc<Inner>,
}

struct Inner {
    life: Arc<Life>,
    desk: Mutex<Desk>,
    /// Told when there may be room, when all is written, and when the stream is not open any more.
    changed: Notify,
}

/// Where writers leave chunks and the task takes them.
struct Desk {
    queue: Queue,
    is_ended: bool,
    /// Not here while the task has it.
    sink: Option<Box<dyn Sink>>,
}

impl Writable {
    /// Writes to `writer`; writers wait while [`HIGH_WATER_MARK`] bytes do.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, as every stream.
    #[track_caller]
    pub fn new(writer: impl AsyncWrite + Send + 'static) -> Self {
        Self::with_high_water_mark(writer, HIGH_WATER_MARK)
    }

    /// Writes to `writer`; writers wait while `bytes` bytes do: Node's `highWaterMark`.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[track_caller]
    pub fn with_high_water_mark(writer: impl AsyncWrite + Send + 'static, bytes: usize) -> Self {
        Self::from_sink(Box::new(WriterSink::new(writer)), bytes)
    }

    /// As [`new`](Self::new), for a writer that is a descriptor and holds nothing back: the stream has a
    /// [`descriptor`](Self::descriptor) for others.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[track_caller]
    pub fn over(writer: impl AsyncWrite + AsFd + Send + 'static) -> Self {
        Self::from_sink(Box::new(WriterSink::over(writer)), HIGH_WATER_MARK)
    }

    #[track_caller]
    pub(crate) fn from_sink(sink: Box<dyn Sink>, mark: usize) -> Self {
        Self {
            inner: Arc::new(Inner {
                life: Life::new(),
                desk: Mutex::new(Desk {
                    queue: Queue::new(mark),
                    is_ended: false,
                    sink: Some(sink),
                }),
                changed: Notify::new(),
            }),
        }
    }

    /// Writes a chunk: waits for room in the queue, and leaves it there.
    ///
    /// That it was taken does not say that it has arrived: [`flush`](Self::flush) and [`finished`](Self::finished) do.
    ///
    /// # Errors
    ///
    /// The stream's error, once; [`StreamError::Destroyed`] or [`StreamError::WriteAfterEnd`] from then on.
    ///
    /// # Cancel safety
    ///
    /// The chunk is taken whole, or not at all.
    pub async fn write(&self, chunk: impl Into<Buffer>) -> Result<(), StreamError> {
        let mut chunk = chunk.into();
        let _attendance = self.inner.life.attend();
        loop {
            let changed = self.inner.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.try_write(chunk) {
                Ok(_) => return Ok(()),
                Err(TryWriteError::Closed(error)) => return Err(error),
                Err(TryWriteError::Full(back)) => chunk = back,
            }
            changed.await;
        }
    }

    /// Writes a chunk if there is room; says whether there is room for more. If not, [`DRAIN`] tells when all is written.
    ///
    /// # Errors
    ///
    /// [`TryWriteError::Full`] has the chunk. [`TryWriteError::Closed`] as [`write`](Self::write).
    #[doc(alias = "write")]
    pub fn try_write(&self, chunk: impl Into<Buffer>) -> Result<bool, TryWriteError> {
        let mut desk = self.inner.desk();
        if !self.inner.life.is_open() || desk.is_ended {
            drop(desk);
            let outcome = self.inner.life.outcome();
            return Err(TryWriteError::Closed(
                outcome.err().unwrap_or(StreamError::WriteAfterEnd),
            ));
        }
        let has_room = desk.queue.push(chunk.into()).map_err(TryWriteError::Full)?;
        self.inner.start_task(desk);
        Ok(has_room)
    }

    /// Ends the stream: what was written is written, then the other side sees the end. Nothing more is taken.
    pub fn end(&self) {
        let mut desk = self.inner.desk();
        desk.is_ended = true;
        if self.inner.life.is_open() {
            self.inner.start_task(desk);
        }
    }

    /// Waits until a chunk would be taken, or no chunk ever will.
    pub(crate) async fn has_room(&self) -> Result<(), StreamError> {
        self.until(|desk| desk.queue.has_room() || desk.is_ended).await
    }

    /// Waits until the queue is empty, and the sink says that it has everything.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn flush(&self) -> Result<(), StreamError> {
        self.until(|desk| desk.sink.is_some() && !desk.queue.has_chunks()).await
    }

    /// Waits until the stream was [ended](Self::end) and all is written.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write): it was destroyed before, or has failed.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn finished(&self) -> Result<(), StreamError> {
        self.until(|_| false).await
    }

    async fn until(&self, is_done: impl Fn(&Desk) -> bool) -> Result<(), StreamError> {
        let _attendance = self.inner.life.attend();
        loop {
            let changed = self.inner.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if !self.inner.life.is_open() {
                return self.inner.life.outcome();
            }
            if is_done(&self.inner.desk()) {
                return Ok(());
            }
            changed.await;
        }
    }

    /// Adds a listener: for [`DRAIN`], [`FINISH`], [`CLOSE`](crate::CLOSE) or [`ERROR`](crate::ERROR).
    ///
    /// For what has happened once already it is called once, on the stream's next turn.
    #[doc(alias = "addListener")]
    #[track_caller]
    pub fn on<E: EventName>(&self, event: E, listener: impl Fn(&E::Payload) + Send + Sync + 'static) -> ListenerId {
        self.inner.life.emitter.on(event, listener)
    }

    /// Adds a listener for the next time only.
    #[track_caller]
    pub fn once<E: EventName>(&self, event: E, listener: impl Fn(&E::Payload) + Send + Sync + 'static) -> ListenerId {
        self.inner.life.emitter.once(event, listener)
    }

    /// Removes a listener; says whether it was there.
    pub fn remove(&self, id: ListenerId) -> bool {
        self.inner.life.emitter.remove(id)
    }

    /// Ends the stream now: what waits to be written is thrown away, and what it stood upon is closed.
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
        self.inner.clear();
        was_open
    }

    /// How many bytes wait to be written.
    #[must_use]
    #[doc(alias = "writableLength")]
    pub fn queued(&self) -> usize {
        self.inner.desk().queue.bytes()
    }

    /// At how many bytes writers begin to wait.
    #[must_use]
    #[doc(alias = "writableHighWaterMark")]
    pub fn high_water_mark(&self) -> usize {
        self.inner.desk().queue.mark()
    }

    /// Whether the other is a clone of this one.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Whether the stream was ended and all is written.
    #[must_use]
    #[doc(alias = "writableFinished")]
    pub fn has_finished(&self) -> bool {
        self.inner.life.phase() == Phase::Finished
    }

    /// Whether it was destroyed, or has failed.
    #[must_use]
    #[doc(alias = "destroyed")]
    pub fn is_destroyed(&self) -> bool {
        self.inner.life.phase() == Phase::Destroyed
    }

    /// Waits until the stream is done, well or not.
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

    /// Shows the sink if nothing is on its way to it.
    pub(crate) fn with_idle_sink<T>(
        &self,
        look: impl FnOnce(&dyn Sink) -> Result<T, DescriptorError>,
    ) -> Result<T, DescriptorError> {
        let desk = self.inner.desk();
        if !self.inner.life.is_open() || desk.is_ended {
            return Err(DescriptorError::Ended);
        }
        // The task has it while something is to be written.
        look(desk.sink.as_deref().ok_or(DescriptorError::InUse)?)
    }

    /// How the other half of a duplex ends this one.
    pub(crate) fn follower(&self) -> impl Fn(StreamError) + Send + Sync + use<> {
        let inner = Arc::downgrade(&self.inner);
        move |error| {
            if let Some(inner) = inner.upgrade() {
                inner.life.follow(error);
                inner.clear();
            }
        }
    }
}

impl Inner {
    /// Starts the task that writes, if it does not run.
    fn start_task(self: &Arc<Self>, mut desk: MutexGuard<'_, Desk>) {
        if let Some(sink) = desk.sink.take() {
            drop(desk);
            self.life.spawn(Arc::clone(self).write_on(sink));
        }
    }

    async fn write_on(self: Arc<Self>, mut sink: Box<dyn Sink>) {
        let outcome = tokio::select! {
            biased;
            outcome = self.write_all(&mut *sink) => outcome,
            () = self.life.ended() => Ok(false),
        };
        match outcome {
            Ok(true) => {
                drop(sink);
                self.life.finish(FINISH);
            }
            Ok(false) => self.put_back(sink),
            Err(error) => {
                drop(sink);
                self.life.fail(error);
            }
        }
        if !self.life.is_open() {
            self.clear();
        }
        self.changed.notify_waiters();
    }

    /// Writes until there is nothing to write; says whether the stream was ended.
    async fn write_all(self: &Arc<Self>, sink: &mut dyn Sink) -> Result<bool, StreamError> {
        let mut chunks = VecDeque::new();
        loop {
            while !chunks.is_empty() {
                let bytes = poll_fn(|context| sink.poll_take(context, &mut chunks)).await?;
                self.written(bytes);
            }
            let is_ended = {
                let mut desk = self.desk();
                chunks = desk.queue.take();
                desk.is_ended
            };
            if !chunks.is_empty() {
                continue;
            }
            if is_ended {
                poll_fn(|context| sink.poll_end(context)).await?;
                return Ok(true);
            }
            poll_fn(|context| sink.poll_flush(context)).await?;
            let desk = self.desk();
            if !desk.queue.has_chunks() && !desk.is_ended {
                return Ok(false);
            }
        }
    }

    fn written(&self, bytes: usize) {
        let (has_drained, has_room) = {
            let mut desk = self.desk();
            (desk.queue.written(bytes), desk.queue.has_room())
        };
        if has_room {
            self.changed.notify_waiters();
        }
        if has_drained {
            self.life.emit(DRAIN, &());
        }
    }

    /// The task ends. If somebody has written since it looked, another begins.
    fn put_back(self: &Arc<Self>, sink: Box<dyn Sink>) {
        if !self.life.is_open() {
            return;
        }
        let mut desk = self.desk();
        desk.sink = Some(sink);
        if desk.queue.has_chunks() || desk.is_ended {
            self.start_task(desk);
        }
    }

    /// Throws away what nobody will write.
    fn clear(&self) {
        let sink = {
            let mut desk = self.desk();
            desk.queue.clear();
            desk.sink.take()
        };
        drop(sink);
        self.changed.notify_waiters();
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Writable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writable")
            .field("phase", &self.inner.life.phase())
            .field("queued", &self.queued())
            .finish_non_exhaustive()
    }
}
