//! The primary: it carries out what the machine in [`proto`](crate::proto) says, and decides nothing.
//!
//! There is no task for it. Whoever has news (an acceptor, a child's driver, the program) takes a
//! [`step`](Inner::step): it feeds the machine and carries out the actions, one at a time and in order, whoever fed them.
//! No lock is held meanwhile, since an action may call listeners of the program.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use ferronode_child::ForkError;
use ferronode_events::{EventEmitter, EventName, ListenerId};
use ferronode_ipc::Message;
use tokio::sync::Notify;

use crate::acceptor;
use crate::address::Address;
use crate::events::SETUP;
use crate::lanes::Lanes;
use crate::listen_address::ListenAddress;
use crate::proto::{self, Key, Policy, Query, SocketName, WorkerId};
use crate::settings::Settings;
use crate::until::until;
use crate::wire;
use crate::worker::Worker;

/// A primary and its workers. Clones are the same primary.
///
/// When every clone is dropped its listeners close; its workers see that it is gone when its process ends.
///
/// A program that is a primary and nothing else does well to call [`give_way`](crate::give_way) on the thread of its runtime:
/// while the processors are busy, connections and answers wait until a worker's turn ends, and are handled several at once.
/// Measured here, under load: half the CPU time of the primary, and a sixth more requests.
///
/// In Node: the module [`cluster`](https://nodejs.org/docs/latest-v20.x/api/cluster.html) in a primary.
#[derive(Clone)]
pub struct Primary {
    inner: Arc<Inner>,
}

/// A connection, of which the primary keeps a copy where it cannot take it back.
pub(crate) type Connection = Arc<OwnedFd>;

/// Who hears the messages of all workers.
pub(crate) type MessageListener = Arc<dyn Fn(&Worker, &Message) + Send + Sync>;

pub(crate) struct Inner {
    /// None until they have been set, or a worker has been forked.
    pub(crate) settings: Mutex<Option<Settings>>,
    pub(crate) message_listeners: Mutex<Vec<MessageListener>>,
    pub(crate) policy: Policy,
    pub(crate) emitter: EventEmitter,
    pub(crate) core: Mutex<Core>,
    pub(crate) workers: Mutex<BTreeMap<WorkerId, Worker>>,
    pub(crate) listeners: Mutex<BTreeMap<Key, acceptor::Listening>>,
    pub(crate) lanes: Lanes,
    pub(crate) next_id: AtomicU32,
    /// How many workers have not been told to their end: the listeners of their last event have not returned.
    pub(crate) untold: AtomicUsize,
    pub(crate) began: Instant,
    /// Told when something has been told of a worker.
    pub(crate) told: Notify,
    pub(crate) runtime: tokio::runtime::Handle,
}

pub(crate) struct Core {
    pub(crate) machine: proto::Primary<Connection>,
    /// Whether somebody is carrying out actions: others leave theirs to them.
    busy: bool,
    /// Until when a task waits for the machine's next deadline.
    timed: Option<Duration>,
}

impl Primary {
    /// A primary whose workers are this program again, with the same arguments.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time enabled.
    #[must_use]
    pub fn new() -> Self {
        Self::make(None)
    }

    /// A primary with other workers.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[must_use]
    pub fn with_settings(settings: Settings) -> Self {
        Self::make(Some(settings))
    }

    fn make(settings: Option<Settings>) -> Self {
        let core = Core {
            machine: proto::Primary::new(settings.as_ref().map_or_else(Policy::of_environment, |it| it.policy)),
            busy: false,
            timed: None,
        };
        let policy = core.machine.policy();
        let inner = Inner {
            settings: Mutex::new(settings),
            message_listeners: Mutex::default(),
            policy,
            emitter: EventEmitter::new(),
            core: Mutex::new(core),
            workers: Mutex::default(),
            listeners: Mutex::default(),
            lanes: Lanes::default(),
            next_id: AtomicU32::new(1),
            untold: AtomicUsize::new(0),
            began: Instant::now(),
            told: Notify::new(),
            runtime: tokio::runtime::Handle::current(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Sets what workers are started from that are forked from now on. All but the policy, which stays what it is.
    ///
    /// In Node: [`cluster.setupPrimary`](https://nodejs.org/docs/latest-v20.x/api/cluster.html#clustersetupprimarysettings).
    pub fn setup_primary(&self, settings: Settings) {
        let policy = self.inner.policy;
        let settings = Settings { policy, ..settings };
        *lock(&self.inner.settings) = Some(settings.clone());
        let emitter = self.inner.emitter.clone();
        self.inner.runtime.spawn(async move { emitter.emit(SETUP, &settings) });
    }

    /// What workers are started from; `None` until that has been set, or a worker has been forked.
    #[must_use]
    pub fn settings(&self) -> Option<Settings> {
        lock(&self.inner.settings).clone()
    }

    /// Starts a worker.
    ///
    /// # Errors
    ///
    /// As [`Fork::spawn`](ferronode_child::Fork::spawn).
    pub fn fork(&self) -> Result<Worker, ForkError> {
        self.fork_with_env::<&str, &str>([])
    }

    /// Starts a worker with variables of its own.
    ///
    /// # Errors
    ///
    /// As [`Fork::spawn`](ferronode_child::Fork::spawn).
    pub fn fork_with_env<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        &self,
        env: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Worker, ForkError> {
        let env = env
            .into_iter()
            .map(|(name, value)| (name.as_ref().to_owned(), value.as_ref().to_owned()));
        self.inner.fork(env.collect())
    }

    /// Opens a TCP listener before any worker asks for it, so that a port in use is an error here, and connections wait
    /// for the first worker instead of being refused. Returns the address, with the real port.
    ///
    /// # Errors
    ///
    /// `AddrInUse` and the like, naming the address; `InvalidInput` when it cannot be resolved, or has no port.
    pub fn bind(&self, address: impl ListenAddress) -> io::Result<SocketAddr> {
        let query = address.query()?;
        if query.tcp_address().is_none() {
            let what = format!("expected a TCP address, found {query}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        let opened = self.inner.reserve(query)?;
        opened.socket().ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }

    /// The same with a Unix socket. Its path is removed when the listener closes.
    ///
    /// # Errors
    ///
    /// `AddrInUse` and the like, naming the path.
    pub fn bind_unix(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.inner.reserve(Query::unix(path.as_ref())?).map(|_| ())
    }

    /// The workers that have not gone, by number.
    #[must_use]
    pub fn workers(&self) -> Vec<Worker> {
        lock(&self.inner.workers).values().cloned().collect()
    }

    /// A worker that has not gone.
    #[must_use]
    pub fn worker(&self, id: WorkerId) -> Option<Worker> {
        self.inner.worker(id)
    }

    /// Lets every worker finish what it has, and go; closes every listener. Waits until all have gone,
    /// and the program has been told of each.
    ///
    /// That takes as long as their connections do: bound it with a timeout, and [`kill`](Worker::kill) who is left.
    ///
    /// # Cancel safety
    ///
    /// The workers have been told by the first poll; cancelling only ends the wait.
    pub async fn disconnect(&self) {
        self.inner.step(proto::Primary::disconnect_all);
        self.inner
            .until(|| self.inner.untold.load(Ordering::Acquire) == 0)
            .await;
    }

    /// Adds a listener for [`SETUP`], [`FORK`](crate::FORK), [`ONLINE`](crate::ONLINE), [`LISTENING`](crate::LISTENING),
    /// [`DISCONNECT`](crate::DISCONNECT) or [`EXIT`](crate::EXIT).
    ///
    /// It hears what happens from now on. What has happened to a worker is kept by the [`Worker`].
    #[track_caller]
    pub fn on<E: EventName>(&self, event: E, listener: impl Fn(&E::Payload) + Send + Sync + 'static) -> ListenerId {
        self.inner.emitter.on(event, listener)
    }

    /// Adds a listener for the messages of all workers, for as long as there is this primary.
    ///
    /// Those that came before the first listener have waited for it. The listener may take the message's handles. For one
    /// worker alone: `worker.process().on(MESSAGE, …)`, with [`MESSAGE`](ferronode_child::MESSAGE).
    #[doc(alias = "message")]
    pub fn on_message(&self, listener: impl Fn(&Worker, &Message) + Send + Sync + 'static) {
        let listener: MessageListener = Arc::new(listener);
        // Held while workers are looked at, so that one that is being forked is neither missed nor heard twice.
        let mut listeners = lock(&self.inner.message_listeners);
        listeners.push(Arc::clone(&listener));
        for worker in self.workers() {
            self.inner.hear(&worker, &listener);
        }
    }

    /// Removes a listener; says whether it was there.
    pub fn remove(&self, id: ListenerId) -> bool {
        self.inner.emitter.remove(id)
    }

    /// How many connections have been given to workers and are not yet taken.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.inner.step(proto::Primary::count);
        lock(&self.inner.core).machine.under_way()
    }

    /// How many connections workers have taken since the beginning, as far as they have been heard.
    ///
    /// Each of them has been served, or was reset when its worker died with it: the ledger knows of no third way.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.inner.step(proto::Primary::count);
        lock(&self.inner.core).machine.taken()
    }
}

impl Default for Primary {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Primary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Primary")
            .field("workers", &self.workers())
            .finish_non_exhaustive()
    }
}

impl Inner {
    pub(crate) fn received(self: &Arc<Self>, id: WorkerId, message: &Message) {
        if let Some(frame) = wire::read(message) {
            let now = self.began.elapsed();
            self.step(|core| core.received(id, frame, now));
        }
    }

    /// Feeds the machine, and carries out what it says unless somebody is doing that already.
    pub(crate) fn step(self: &Arc<Self>, feed: impl FnOnce(&mut proto::Primary<Connection>)) {
        let mut core = lock(&self.core);
        feed(&mut core.machine);
        if std::mem::replace(&mut core.busy, true) {
            return;
        }
        while let Some(action) = core.machine.poll_action() {
            drop(core);
            self.carry_out(action);
            core = lock(&self.core);
        }
        core.busy = false;
        let Some(deadline) = core.machine.next_deadline() else {
            return;
        };
        if core.timed.is_none_or(|timed| deadline < timed) {
            core.timed = Some(deadline);
            self.runtime
                .spawn(tick(Arc::downgrade(self), deadline.saturating_sub(self.now())));
        }
    }

    /// Opens a listener that stays open without workers.
    fn reserve(self: &Arc<Self>, query: Query) -> io::Result<Address> {
        let key = query.key();
        let open = lock(&self.listeners)
            .get(&key)
            .map(|listening| (listening.address.clone(), listening.lent()));
        let (address, listener) = match open {
            Some(open) => open,
            None => self
                .open(&key, &query)
                .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {query}: {error}")))?,
        };
        let name = address.socket().map(SocketName::from);
        self.step(|core| core.reserve(query, name, listener));
        Ok(address)
    }

    /// Waits until `done` says so; it is asked again whenever the program has been told something of a worker.
    pub(crate) async fn until(&self, done: impl Fn() -> bool) {
        until(&self.told, || done().then_some(())).await;
    }

    /// How many connections are to be accepted now.
    pub(crate) fn wants(&self, key: &Key) -> usize {
        lock(&self.core).machine.wants(key)
    }

    /// The time, as the machine counts it.
    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    pub(crate) fn worker(&self, id: WorkerId) -> Option<Worker> {
        lock(&self.workers).get(&id).cloned()
    }
}

/// Waits until the machine wants to hear that time has passed.
async fn tick(primary: Weak<Inner>, wait: Duration) {
    tokio::time::sleep(wait).await;
    if let Some(primary) = primary.upgrade() {
        let now = primary.now();
        lock(&primary.core).timed = None;
        primary.step(|core| core.tick(now));
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
