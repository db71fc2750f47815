//! A child as its parent sees it: what can be asked of it, told to it, and heard of it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ferronode_events::{Event, EventEmitter, EventName, ListenerId};
use ferronode_ipc::{Channel, Message, Outgoing, SendError, SendErrorKind, Sender};
use ferronode_stream::{Duplex, Readable, Writable};
use ferronode_sys::{PidFd, Signal};
use serde::Serialize;
use tokio::sync::Notify;

use crate::command::Command;
use crate::curfew::Cut;
use crate::driver::Driver;
use crate::error::{Aborted, ChannelError};
use crate::exit::Exit;
use crate::spawn::Started;
use crate::stdio::{FIRST_OTHER, Streams};
use crate::stream_ends::StreamEnds;

/// The process has been started. Happens once, first of all, and is kept.
pub const SPAWN: Event<()> = Event::new("spawn");
/// A message of the child's. Those that come before the first listener wait for it.
pub const MESSAGE: Event<Message> = Event::new("message");
/// The channel has ended, from whichever side. Happens once, and is kept.
pub const DISCONNECT: Event<()> = Event::new("disconnect");
/// The process has ended. Happens once, and is kept.
pub const EXIT: Event<Exit> = Event::new("exit");
/// The process has ended and so has everything that came from it: its channel, its streams. Happens once, last of all, and is kept.
///
/// If the child has left messages with more than 64 handles, it comes after the first listener for [`MESSAGE`]: so many
/// descriptors are not taken for nobody.
pub const CLOSE: Event<Exit> = Event::new("close");
/// Something went wrong on the channel. If nobody listens it is logged, and waits for its first listener, or for
/// [`ChildProcess::take_error`].
pub const ERROR: Event<ChannelError> = Event::error();
/// The child's abort handle was used: Node's `'error'` with an `AbortError`. Happens once, and is kept.
pub const ABORTED: Event<Aborted> = Event::error();

/// A child process. Clones are the same child.
///
/// Dropping every clone neither kills the child nor leaves a zombie of it, whether or not its runtime still runs. It closes
/// the pipes to it of which nobody has kept a clone, as std does.
/// ([`kill_on_drop`](crate::Command::kill_on_drop) is an option.)
///
/// In Node: [`ChildProcess`](https://nodejs.org/docs/latest-v20.x/api/child_process.html#class-childprocess).
#[derive(Clone)]
pub struct ChildProcess {
    pub(crate) inner: Arc<Inner>,
    pub(crate) held: Arc<Held>,
}

/// Somebody holds the child. When nobody does any more, the driver is told: no listener can come then. And its streams are
/// let go of: the child sees the end of its input, and a closed pipe where it writes, unless somebody has kept them.
pub(crate) struct Held {
    inner: Arc<Inner>,
    pub(crate) streams: Streams,
    kills: bool,
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.kills {
            // What cannot be signalled has ended already.
            let _ = self.inner.pidfd.send_signal(Signal::KILL);
        }
        self.inner.listened.notify_one();
    }
}

pub(crate) struct Inner {
    pub(crate) pid: u32,
    pub(crate) pidfd: PidFd,
    pub(crate) sender: Option<Sender>,
    pub(crate) stream_ends: Arc<StreamEnds>,
    pub(crate) emitter: EventEmitter,
    /// Told when a listener has come, so that what waits for one is delivered; and when none can come any more.
    pub(crate) listened: Notify,
    /// Told when something has ended.
    pub(crate) ended: Notify,
    program: OsString,
    arguments: Vec<OsString>,
    argument_zero: OsString,
    killed: AtomicBool,
    cut: OnceLock<Cut>,
    pub(crate) channel_error: Mutex<Option<ChannelError>>,
}

impl ChildProcess {
    pub(crate) fn new(command: &mut Command, started: Started, program: OsString, arguments: Vec<OsString>) -> Self {
        let Started {
            spawned,
            exit,
            streams,
            channel,
        } = started;
        let (sender, receiver) = channel.map(Channel::split).unzip();
        let inner = Arc::new(Inner {
            pid: spawned.pid,
            pidfd: spawned.pidfd,
            sender,
            stream_ends: StreamEnds::of(&streams),
            emitter: EventEmitter::new(),
            listened: Notify::new(),
            ended: Notify::new(),
            argument_zero: command.argument_zero.clone().unwrap_or_else(|| program.clone()),
            program,
            arguments,
            killed: AtomicBool::new(false),
            cut: OnceLock::new(),
            channel_error: Mutex::new(None),
        });
        let late = Arc::downgrade(&inner);
        inner.emitter.on_late(move || {
            if let Some(inner) = late.upgrade() {
                inner.listened.notify_one();
            }
        });
        let held = Arc::new(Held {
            inner: Arc::clone(&inner),
            streams,
            kills: command.kills_on_drop,
        });
        // First of all, and told on the driver's first turn.
        inner.emitter.keep(SPAWN, ());
        command.curfew.watch(&inner);
        let driver = Driver::new(Arc::clone(&inner), &held, receiver, command.internal.take());
        tokio::spawn(driver.drive(exit));
        Self { inner, held }
    }

    /// The number of the process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.inner.pid
    }

    /// The program that was started; with a shell, the shell.
    #[must_use]
    #[doc(alias = "spawnfile")]
    pub fn program(&self) -> &OsStr {
        &self.inner.program
    }

    /// What the program was told: its name for itself, and its arguments.
    #[doc(alias = "spawnargs")]
    pub fn arguments(&self) -> impl Iterator<Item = &OsStr> {
        let all = std::iter::once(&self.inner.argument_zero).chain(&self.inner.arguments);
        all.map(OsString::as_os_str)
    }

    /// What is written here the child reads as its standard input; `None` unless that is a [pipe](crate::Stdio::Pipe).
    #[must_use]
    pub fn stdin(&self) -> Option<&Writable> {
        self.held.streams.stdin.as_ref()
    }

    /// The child's standard output; `None` unless that is a [pipe](crate::Stdio::Pipe).
    ///
    /// What nobody reads waits in the pipe, and the child with it when that is full. When the child has ended, what is
    /// left (1 MiB at most) waits in the stream, and does not keep [`CLOSE`] waiting.
    #[must_use]
    pub fn stdout(&self) -> Option<&Readable> {
        self.held.streams.stdout.as_ref()
    }

    /// The child's standard error; likewise.
    #[must_use]
    pub fn stderr(&self) -> Option<&Readable> {
        self.held.streams.stderr.as_ref()
    }

    /// The stream at the child's descriptor `number`, from 3 on; `None` unless that is a [pipe](crate::Stdio::Pipe).
    #[must_use]
    pub fn stdio(&self, number: usize) -> Option<&Duplex> {
        let index = number.checked_sub(FIRST_OTHER)?;
        self.held.streams.others.get(index)?.as_ref()
    }

    /// Adds a listener: for [`SPAWN`], [`MESSAGE`], [`DISCONNECT`], [`EXIT`], [`CLOSE`], [`ERROR`] or [`ABORTED`].
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
    /// As [`Sender::send`]; a child that was started without a channel has a closed one.
    ///
    /// # Cancel safety
    ///
    /// Either the message is sent whole, or nothing of it is.
    pub async fn send<T: Serialize>(&self, message: impl Into<Outgoing<T>>) -> Result<(), SendError<T>> {
        match &self.inner.sender {
            Some(sender) => sender.send(message).await,
            None => Err(SendError {
                message: message.into(),
                kind: SendErrorKind::Closed,
            }),
        }
    }

    /// The sending half of the channel, for more than [`send`](Self::send); `None` if the child has no channel.
    #[must_use]
    pub fn channel(&self) -> Option<&Sender> {
        self.inner.sender.as_ref()
    }

    /// The sending half of the channel of a child that was [forked](crate::Fork).
    ///
    /// # Panics
    ///
    /// If the child was started without a channel: [`channel`](Self::channel) asks.
    #[must_use]
    pub fn sender(&self) -> &Sender {
        self.channel().expect("this child was started without a channel")
    }

    /// Closes the channel when everything sent has been written. The child sees its end.
    pub fn disconnect(&self) {
        if let Some(sender) = self.channel() {
            sender.disconnect();
        }
    }

    /// Whether the channel is open at this end.
    #[must_use]
    #[doc(alias = "connected")]
    pub fn is_connected(&self) -> bool {
        self.channel().is_some_and(Sender::is_connected)
    }

    /// Takes the error that has ended the channel, if nobody was told of it: no listener for [`ERROR`], no program's hook.
    pub fn take_error(&self) -> Option<ChannelError> {
        self.inner.take_error()
    }

    /// Sends a signal; says whether the process was there to get it.
    ///
    /// # Errors
    ///
    /// `EPERM` when it runs as somebody else.
    pub fn kill(&self, signal: Signal) -> io::Result<bool> {
        self.inner.signal(signal)
    }

    /// Whether [`kill`](Self::kill) has sent a signal. It says nothing about the child's end.
    #[must_use]
    #[doc(alias = "killed")]
    pub fn was_signalled(&self) -> bool {
        self.inner.killed.load(Ordering::Relaxed)
    }

    /// Why the child was made to end before its end, if it was: by its timeout, its abort handle or its output.
    #[must_use]
    pub fn cut(&self) -> Option<Cut> {
        self.inner.cut.get().copied()
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
        self.inner.exited().await
    }

    /// Waits until the process, its channel and the streams from it have ended.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: it may be asked again, and later too.
    pub async fn closed(&self) -> Exit {
        self.inner.until(CLOSE).await
    }
}

impl Inner {
    /// The child has ended, and its driver has: what connected us went with the runtime. Whoever waits is told.
    pub(crate) fn is_over(&self, exit: Exit) {
        self.emitter.keep(EXIT, exit);
        self.emitter.keep(CLOSE, exit);
        self.ended.notify_waiters();
        // A listener that panics ends its call; the panic has been printed.
        _ = catch_unwind(AssertUnwindSafe(|| self.emitter.deliver_late()));
    }

    pub(crate) fn take_error(&self) -> Option<ChannelError> {
        let mut error = self.channel_error.lock().unwrap_or_else(PoisonError::into_inner);
        error.take()
    }

    /// Sends a signal; says whether the process was there to get it.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<bool> {
        match self.pidfd.send_signal(signal) {
            Ok(()) => {
                self.killed.store(true, Ordering::Relaxed);
                Ok(true)
            }
            Err(error) if error.raw_os_error() == Some(ESRCH) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Notes why the child is made to end; false if it is made to already, or has ended.
    pub(crate) fn cut_for(&self, cut: Cut) -> bool {
        self.emitter.kept(EXIT).is_none() && self.cut.set(cut).is_ok()
    }

    pub(crate) async fn exited(&self) -> Exit {
        self.until(EXIT).await
    }

    async fn until(&self, event: Event<Exit>) -> Exit {
        loop {
            let ended = self.ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            if let Some(exit) = self.emitter.kept(event) {
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
