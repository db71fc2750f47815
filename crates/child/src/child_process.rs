//! A child as its parent sees it: what can be asked of it, told to it, and heard of it.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ferronode_events::{Event, EventEmitter, EventName, ListenerId};
use ferronode_ipc::{Channel, Message, Outgoing, SendError, Sender};
use ferronode_sys::{PidFd, Readiness, Signal, Spawned};
use serde::Serialize;
use tokio::sync::Notify;

use crate::driver::Driver;
use crate::error::ChannelError;
use crate::exit::Exit;
use crate::fork::InternalSink;

/// A message of the child's. Those that come before the first listener wait for it.
pub const MESSAGE: Event<Message> = Event::new("message");
/// The channel has ended, from whichever side. Happens once, and is kept.
pub const DISCONNECT: Event<()> = Event::new("disconnect");
/// The process has ended. Happens once, and is kept.
pub const EXIT: Event<Exit> = Event::new("exit");
/// The process has ended and so has everything that connected us with it. Happens once, last of all, and is kept.
pub const CLOSE: Event<Exit> = Event::new("close");
/// Something went wrong on the channel. If nobody listens it is logged.
pub const ERROR: Event<ChannelError> = Event::error();

/// A child process with a channel to it. Clones are the same child.
///
/// Dropping every clone neither kills the child nor leaves a zombie of it: as long as the runtime lives it is waited for.
///
/// In Node: [`ChildProcess`](https://nodejs.org/docs/latest-v20.x/api/child_process.html#class-childprocess).
#[derive(Clone)]
pub struct ChildProcess {
    inner: Arc<Inner>,
    _held: Arc<Held>,
}

/// Somebody holds the child. When nobody does any more, the driver is told: no listener can come then.
pub(crate) struct Held(Arc<Inner>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.listened.notify_one();
    }
}

pub(crate) struct Inner {
    pub(crate) pid: u32,
    pub(crate) pidfd: PidFd,
    pub(crate) sender: Sender,
    pub(crate) emitter: EventEmitter,
    /// Told when a listener has come, so that what waits for one is delivered; and when none can come any more.
    pub(crate) listened: Notify,
    /// Told when something has ended.
    pub(crate) ended: Notify,
    killed: AtomicBool,
}

impl ChildProcess {
    pub(crate) fn new(spawned: Spawned, exit: Readiness, channel: Channel, internal: Option<InternalSink>) -> Self {
        let (sender, receiver) = channel.split();
        let emitter = EventEmitter::new();
        let inner = Arc::new(Inner {
            pid: spawned.pid,
            pidfd: spawned.pidfd,
            sender,
            emitter: emitter.clone(),
            listened: Notify::new(),
            ended: Notify::new(),
            killed: AtomicBool::new(false),
        });
        let late = Arc::downgrade(&inner);
        emitter.on_late(move || {
            if let Some(inner) = late.upgrade() {
                inner.listened.notify_one();
            }
        });
        let held = Arc::new(Held(Arc::clone(&inner)));
        let driver = Driver::new(Arc::clone(&inner), Arc::downgrade(&held), receiver, internal);
        tokio::spawn(driver.drive(exit));
        Self { inner, _held: held }
    }

    /// The number of the process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.inner.pid
    }

    /// Adds a listener: for [`MESSAGE`], [`DISCONNECT`], [`EXIT`], [`CLOSE`] or [`ERROR`].
    ///
    /// For what has happened already it is called once, on the next turn.
    #[doc(alias = "addListener")]
    #[track_caller]
    pub fn on<E: EventName>(&self, event: E, listener: impl Fn(&E::Payload) + Send + Sync + 'static) -> ListenerId {
        let id = self.inner.emitter.on(event, listener);
        self.inner.listened.notify_one();
        id
    }

    /// Adds a listener for the next time only.
    #[track_caller]
    pub fn once<E: EventName>(&self, event: E, listener: impl Fn(&E::Payload) + Send + Sync + 'static) -> ListenerId {
        let id = self.inner.emitter.once(event, listener);
        self.inner.listened.notify_one();
        id
    }

    /// Removes a listener; says whether it was there.
    pub fn remove(&self, id: ListenerId) -> bool {
        self.inner.emitter.remove(id)
    }

    /// Sends a message: see [`Sender::send`].
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    ///
    /// # Cancel safety
    ///
    /// Either the message is sent whole, or nothing of it is.
    pub async fn send<T: Serialize>(&self, message: impl Into<Outgoing<T>>) -> Result<(), SendError<T>> {
        self.inner.sender.send(message).await
    }

    /// The sending half of the channel, for more than [`send`](Self::send).
    #[must_use]
    pub fn sender(&self) -> &Sender {
        &self.inner.sender
    }

    /// Closes the channel when everything sent has been written. The child sees its end.
    pub fn disconnect(&self) {
        self.inner.sender.disconnect();
    }

    /// Whether the channel is open at this end.
    #[must_use]
    #[doc(alias = "connected")]
    pub fn is_connected(&self) -> bool {
        self.inner.sender.is_connected()
    }

    /// Sends a signal; says whether the process was there to get it.
    ///
    /// # Errors
    ///
    /// `EPERM` when it runs as somebody else.
    pub fn kill(&self, signal: Signal) -> io::Result<bool> {
        match self.inner.pidfd.send_signal(signal) {
            Ok(()) => {
                self.inner.killed.store(true, Ordering::Relaxed);
                Ok(true)
            }
            Err(error) if error.raw_os_error() == Some(ESRCH) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether [`kill`](Self::kill) has sent a signal. It says nothing about the child's end.
    #[must_use]
    #[doc(alias = "killed")]
    pub fn was_signalled(&self) -> bool {
        self.inner.killed.load(Ordering::Relaxed)
    }

    /// How the process has ended, or `None` while it runs.
    #[must_use]
    #[doc(alias = "exitCode")]
    #[doc(alias = "signalCode")]
    pub fn exit(&self) -> Option<Exit> {
        self.inner.emitter.kept(EXIT).map(|exit| *exit)
    }

    /// Waits until the process has ended.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: it may be asked again, and later too.
    pub async fn exited(&self) -> Exit {
        self.until(EXIT).await
    }

    /// Waits until the process and its channel have ended.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: it may be asked again, and later too.
    pub async fn closed(&self) -> Exit {
        self.until(CLOSE).await
    }

    async fn until(&self, event: Event<Exit>) -> Exit {
        loop {
            let ended = self.inner.ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            if let Some(exit) = self.inner.emitter.kept(event) {
                return *exit;
            }
            ended.await;
        }
    }
}

/// "No such process": it has ended and is reaped.
const ESRCH: i32 = 3;

impl fmt::Debug for ChildProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildProcess")
            .field("pid", &self.pid())
            .field("exit", &self.exit())
            .finish_non_exhaustive()
    }
}
