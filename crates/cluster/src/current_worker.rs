//! This process, when it is a worker: it carries out what the machine in [`proto`](crate::proto) says.

use std::fmt;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ferronode_ipc::{Channel, Handle, Inherited, Message, Outgoing, Receiver, SendError, Sender, Waiting};
use serde::Serialize;
use tokio::sync::Notify;

use crate::proto::{self, WorkerAction as Action, WorkerId};
use crate::until::until;
use crate::wire::{self, NeverReads};

/// This process as a worker of a cluster. Clones are the same.
///
/// In Node: [`cluster.worker`](https://nodejs.org/docs/latest-v20.x/api/cluster.html#clusterworker).
#[derive(Clone)]
pub struct CurrentWorker {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    id: WorkerId,
    sender: Option<Sender>,
    machine: Mutex<proto::Worker<Handle>>,
    /// Messages of the primary's program that ours has not yet taken.
    held: Mutex<Held>,
    /// Told when something has changed for whoever waits.
    pub(crate) changed: Notify,
}

/// What waits for [`CurrentWorker::recv`], and how much did not fit.
#[derive(Default)]
struct Held {
    messages: Waiting,
    dropped: u64,
}

impl CurrentWorker {
    /// Begins to use the channel, and says "online" on it.
    pub(crate) fn begin(id: WorkerId, inherited: Option<Inherited>) -> Self {
        let (sender, receiver) = inherited
            .and_then(|inherited| inherited.open().ok())
            .map(Channel::split)
            .unzip();
        let machine = Mutex::new(proto::Worker::new());
        let inner = Arc::new(Inner {
            id,
            sender,
            machine,
            held: Mutex::default(),
            changed: Notify::new(),
        });
        inner.step(|_| ());
        match receiver {
            Some(receiver) => drop(tokio::spawn(drive(Arc::clone(&inner), receiver))),
            None => {
                // As Node: a worker that cannot talk to its primary is none, and must not pass for a primary either.
                tracing::error!("started as a worker, without a channel that works");
                std::process::exit(1);
            }
        }
        Self { inner }
    }

    /// The number that the primary has given to this worker.
    #[must_use]
    pub fn id(&self) -> WorkerId {
        self.inner.id
    }

    /// Sends the primary a message: see [`Sender::send`].
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    ///
    /// # Cancel safety
    ///
    /// As [`Sender::send`].
    #[doc(alias = "process.send")]
    pub async fn send<T: Serialize>(&self, message: impl Into<Outgoing<T>>) -> Result<(), SendError<T>> {
        match &self.inner.sender {
            Some(sender) => sender.send(message).await,
            None => Err(SendError {
                message: message.into(),
                kind: ferronode_ipc::SendErrorKind::Closed,
            }),
        }
    }

    /// The next message of the primary's program, or `None` when this worker has left.
    ///
    /// Messages wait for this call, 1,024 of them, or 1 MiB, or those with 64 handles: connections come on the same channel,
    /// and must not wait behind them. Any more are dropped with a warning.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn recv(&self) -> Option<Message> {
        self.inner
            .until(|machine| match self.inner.held().take() {
                Some(message) => Some(Some(message)),
                None => machine.has_left().then_some(None),
            })
            .await
    }

    /// Whether the channel to the primary is open.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.inner.sender.as_ref().is_some_and(Sender::is_connected)
    }

    /// Ends this process, with code 0, as soon as the primary has heard that it goes of its own will.
    ///
    /// Connections are cut: [`disconnect`](Self::disconnect) waits for them.
    ///
    /// # Cancel safety
    ///
    /// The primary is told by the first poll; if cancelled, this worker leaves, and its process goes on.
    #[doc(alias = "destroy")]
    pub async fn kill(&self) -> ! {
        self.inner.step(proto::Worker::quit);
        self.left().await;
        std::process::exit(0)
    }

    /// Leaves the cluster: closes the listeners, waits for the connections that were taken to end, tells the primary.
    ///
    /// How long that takes is up to the connections. It does not wait: see [`left`](Self::left).
    pub fn disconnect(&self) {
        self.inner.step(proto::Worker::disconnect);
    }

    /// Whether this worker was told to leave, or leaves of its own will.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        self.inner.machine().is_leaving()
    }

    /// Waits until this worker is to leave: time to end connections that would stay for ever.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn leaving(&self) {
        self.inner.until(|machine| machine.is_leaving().then_some(())).await;
    }

    /// Waits until this worker has left the cluster: nothing is to be done any more but to exit.
    ///
    /// Who waits for that takes no connection any more: one that has come and was not accepted when the worker was told to
    /// leave goes back to the primary.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn left(&self) {
        self.leaving().await;
        self.inner.step(proto::Worker::give_back);
        self.inner.until(|machine| machine.has_left().then_some(())).await;
        self.inner.flush().await;
    }
}

impl fmt::Debug for CurrentWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurrentWorker")
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

async fn drive(inner: Arc<Inner>, mut receiver: Receiver) {
    loop {
        match receiver.recv().await {
            Ok(Some(message)) if message.is_internal() => inner.received(&message),
            Ok(Some(message)) => inner.hold(message),
            Ok(None) => return inner.step(proto::Worker::ended),
            Err(error) => tracing::error!(%error, "the channel to the primary"),
        }
    }
}

impl Held {
    fn hold(&mut self, message: Message) {
        if !self.messages.is_full() {
            return self.messages.push(message);
        }
        self.dropped += 1;
        if self.dropped == 1 {
            tracing::warn!("nobody takes the messages of the primary: from now on they are dropped");
        }
    }

    fn take(&mut self) -> Option<Message> {
        let message = self.messages.pop()?;
        let dropped = std::mem::take(&mut self.dropped);
        if dropped > 0 {
            tracing::warn!("{dropped} messages of the primary were dropped before somebody took one");
        }
        Some(message)
    }
}

impl Inner {
    fn received(&self, message: &Message) {
        if let Some(frame) = wire::read(message) {
            self.step(|machine| machine.received(frame, message.take_handle()));
        }
    }

    fn hold(&self, message: Message) {
        self.held().hold(message);
        self.changed.notify_waiters();
    }

    /// Feeds the machine, and carries out what it says.
    pub(crate) fn step<T>(&self, feed: impl FnOnce(&mut proto::Worker<Handle>) -> T) -> T {
        let mut machine = self.machine();
        let fed = feed(&mut machine);
        while let Some(action) = machine.poll_action() {
            // Nothing of the program is called here, so the lock may be kept: frames leave in the machine's order.
            match action {
                Action::Send(frame) => {
                    if let Some(sender) = &self.sender
                        && let Err(NeverReads) = wire::send(sender, &frame, None)
                    {
                        tracing::error!(?frame, "a frame was not sent: the primary does not read");
                    }
                }
                Action::EndLane(end) => {
                    // Not only closed: the primary has this end too.
                    if let Ok(end) = end.into_fd() {
                        ferronode_sys::shut_down(end.as_fd());
                    }
                }
                Action::Wake => self.changed.notify_waiters(),
                Action::Leave => {
                    if let Some(sender) = &self.sender {
                        sender.disconnect();
                    }
                }
                Action::Orphaned => {
                    tracing::debug!("the primary is gone");
                    std::process::exit(0);
                }
            }
        }
        fed
    }

    /// Waits until everything said to the primary is in the kernel's hands.
    pub(crate) async fn flush(&self) {
        if let Some(sender) = &self.sender {
            sender.flush().await;
        }
    }

    /// Waits until `ready` finds what it looks for; it is asked again whenever something has changed.
    pub(crate) async fn until<T>(&self, ready: impl Fn(&proto::Worker<Handle>) -> Option<T>) -> T {
        until(&self.changed, || ready(&self.machine())).await
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn machine(&self) -> MutexGuard<'_, proto::Worker<Handle>> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
