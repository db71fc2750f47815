//! The primary: it carries out what the machine in [`proto`](crate::proto) says, and decides nothing.
//!
//! There is no task for it. Whoever has news (an acceptor, a child's driver, the program) takes a
//! [`step`](Inner::step): it feeds the machine and carries out the actions, one at a time and in order, whoever fed them.
//! No lock is held meanwhile, since an action may call listeners of the program.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use ferronode_child::{self as child, ChildProcess, Fork, ForkError};
use ferronode_events::{EventEmitter, EventName, ListenerId};
use ferronode_ipc::{HandOff, Message, RecvError, UNIQUE_ID};
use tokio::sync::Notify;

use crate::acceptor;
use crate::address::Address;
use crate::events::{DISCONNECT, EXIT, Exited, FORK, LISTENING, Listening, ONLINE};
use crate::lanes::Lanes;
use crate::open::{self, EINVAL};
use crate::proto::{self, Action, Key, Policy, Query, Told, WorkerId};
use crate::settings::Settings;
use crate::wire;
use crate::worker::Worker;

/// A primary and its workers. Clones are the same primary.
///
/// When every clone is dropped its listeners close; its workers see that it is gone when its process ends.
///
/// In Node: the module [`cluster`](https://nodejs.org/docs/latest-v20.x/api/cluster.html) in a primary.
#[derive(Clone)]
pub struct Primary {
    inner: Arc<Inner>,
}

/// A connection of which the primary keeps a copy.
type Connection = Arc<OwnedFd>;

pub(crate) struct Inner {
    settings: Option<Settings>,
    pub(crate) policy: Policy,
    emitter: EventEmitter,
    core: Mutex<Core>,
    workers: Mutex<BTreeMap<WorkerId, Worker>>,
    listeners: Mutex<BTreeMap<Key, acceptor::Listening>>,
    pub(crate) lanes: Lanes,
    next_id: AtomicU32,
    /// How many workers have not been told to their end: the listeners of their last event have not returned.
    untold: AtomicUsize,
    began: Instant,
    /// Told when something has been told of a worker.
    told: Notify,
    runtime: tokio::runtime::Handle,
}

struct Core {
    machine: proto::Primary<Connection>,
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
    #[doc(alias = "setupPrimary")]
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
            settings,
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

    /// Starts a worker.
    ///
    /// # Errors
    ///
    /// As [`Fork::spawn`].
    pub fn fork(&self) -> Result<Worker, ForkError> {
        self.fork_with_env::<&str, &str>([])
    }

    /// Starts a worker with variables of its own.
    ///
    /// # Errors
    ///
    /// As [`Fork::spawn`].
    pub fn fork_with_env<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        &self,
        env: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Worker, ForkError> {
        let env = env
            .into_iter()
            .map(|(name, value)| (name.as_ref().to_owned(), value.as_ref().to_owned()));
        self.inner.fork(env.collect())
    }

    /// Opens a listener before any worker asks for it, so that a port in use is an error here, and connections wait
    /// for the first worker instead of being refused. Returns the address, with the real port.
    ///
    /// # Errors
    ///
    /// `AddrInUse` and the like, naming the address; `InvalidInput` when it cannot be resolved.
    pub fn bind(&self, address: impl ToSocketAddrs) -> io::Result<SocketAddr> {
        let address = first(address)?;
        let query = Query::tcp(address);
        let key = query.key();
        let open = lock(&self.inner.listeners)
            .get(&key)
            .map(|listening| (listening.address.clone(), listening.listener.clone()));
        let (opened, listener) = match open {
            Some(open) => open,
            None => self
                .inner
                .open(&key, &query)
                .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))?,
        };
        let address = opened.socket().unwrap_or(address);
        self.inner.step(|core| core.reserve(query, address.into(), listener));
        Ok(address)
    }

    /// The workers that have not gone, by number.
    #[must_use]
    pub fn workers(&self) -> Vec<Worker> {
        lock(&self.inner.workers).values().cloned().collect()
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

    /// Adds a listener for [`FORK`], [`ONLINE`], [`LISTENING`], [`DISCONNECT`] or [`EXIT`]; for messages see [`Worker::process`].
    #[track_caller]
    pub fn on<E: EventName>(&self, event: E, listener: impl Fn(&E::Payload) + Send + Sync + 'static) -> ListenerId {
        self.inner.emitter.on(event, listener)
    }

    /// Removes a listener; says whether it was there.
    pub fn remove(&self, id: ListenerId) -> bool {
        self.inner.emitter.remove(id)
    }

    /// How many connections have been given to workers and are not yet taken.
    #[must_use]
    pub fn under_way(&self) -> usize {
        lock(&self.inner.core).machine.under_way()
    }

    /// How many connections workers have taken since the beginning, as far as they have been heard.
    ///
    /// Each of them has been served, or was reset when its worker died with it: the ledger knows of no third way.
    #[must_use]
    pub fn taken(&self) -> u64 {
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
    fn fork(self: &Arc<Self>, env: Vec<(OsString, OsString)>) -> Result<Worker, ForkError> {
        let id = WorkerId(self.next_id.fetch_add(1, Ordering::Relaxed));
        let worker = {
            // A worker may speak before we know its name: whoever hears it waits here until we do.
            let mut core = lock(&self.core);
            let process = self.start(id, env)?;
            let worker = Worker {
                id,
                process,
                primary: Arc::downgrade(self),
                left: Arc::new(OnceLock::new()),
            };
            lock(&self.workers).insert(id, worker.clone());
            self.untold.fetch_add(1, Ordering::AcqRel);
            core.machine.forked(id);
            worker
        };
        self.step(|_| ());
        self.listen_to(&worker);
        Ok(worker)
    }

    fn start(self: &Arc<Self>, id: WorkerId, env: Vec<(OsString, OsString)>) -> Result<ChildProcess, ForkError> {
        let settings = match &self.settings {
            Some(settings) => settings.clone(),
            None => Settings::this_program().map_err(|error| ForkError {
                program: "this program".into(),
                reason: child::ForkErrorReason::Channel(error),
            })?,
        };
        let mut fork = Fork::new(settings.program);
        fork.args(settings.args).serialization(settings.serialization);
        for (name, value) in env {
            fork.env(name, value);
        }
        fork.env(UNIQUE_ID, id.to_string());
        let primary = Arc::downgrade(self);
        fork.on_internal(move |message| {
            if let Some(primary) = primary.upgrade() {
                primary.received(id, &message);
            }
        });
        fork.spawn()
    }

    /// Passes on what the child's driver tells. What happened before is told all the same, and in order.
    fn listen_to(self: &Arc<Self>, worker: &Worker) {
        let id = worker.id;
        let primary = || Arc::downgrade(self);
        let on_disconnect = primary();
        worker.process.on(child::DISCONNECT, move |()| {
            let Some(primary) = on_disconnect.upgrade() else { return };
            primary.step(|core| core.disconnected(id));
        });
        let on_error = primary();
        worker.process.on(child::ERROR, move |failed| {
            tracing::warn!(error = %failed, "the channel to a worker");
            let (RecvError::HandleNotReceived, Some(primary)) = (&failed.error, on_error.upgrade()) else {
                return;
            };
            let now = primary.now();
            primary.step(|core| core.undelivered(id, now));
        });
        let on_exit = primary();
        worker.process.on(child::EXIT, move |_| {
            let Some(primary) = on_exit.upgrade() else { return };
            primary.step(|core| core.exited(id));
        });
    }

    fn received(self: &Arc<Self>, id: WorkerId, message: &Message) {
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

    fn carry_out(self: &Arc<Self>, action: Action<Connection>) {
        match action {
            Action::Send {
                worker,
                frame,
                connection,
            } => {
                if let Some(worker) = self.worker(worker) {
                    wire::send(worker.process.sender(), &frame, connection.map(Into::into));
                }
            }
            Action::Lay { worker, key } => {
                let _runtime = self.runtime.enter();
                let end = self.lanes.lay(Arc::downgrade(self), worker, &key);
                // Without one connections come by the channel.
                let end = end.inspect_err(|error| tracing::warn!(%worker, %error, "a lane cannot be made"));
                self.step(|core| core.laid(worker, &key, end.ok().map(Arc::new)));
            }
            Action::Give {
                worker,
                key,
                number,
                connection,
            } => {
                if !self.lanes.give(worker, key, number, &connection) {
                    let now = self.now();
                    self.step(|core| core.not_given(worker, number, now));
                }
            }
            Action::FinishLane { worker, key } => self.lanes.with(worker, key, HandOff::finish),
            Action::EndLane { worker, key } => self.lanes.with(worker, key, HandOff::end),
            Action::Bind { key, query } => {
                let outcome = self.open(&key, &query);
                let outcome = outcome.map(|(address, listener)| (address.socket().map(Into::into), listener));
                let outcome = outcome.map_err(|error| -error.raw_os_error().unwrap_or(EINVAL));
                self.step(|core| core.bound(&key, outcome));
            }
            Action::Unbind { key } => drop(lock(&self.listeners).remove(&key)),
            Action::Accept { key } => {
                if let Some(listener) = lock(&self.listeners).get(&key) {
                    listener.grant();
                }
            }
            Action::Tell(told) => {
                let last = matches!(
                    told,
                    Told::Disconnected { last: true, .. } | Told::Exited { last: true, .. }
                );
                // A listener that panics ends its call; the panic has been printed, and the cluster goes on.
                let _ = catch_unwind(AssertUnwindSafe(|| self.tell(told)));
                if last {
                    self.untold.fetch_sub(1, Ordering::AcqRel);
                }
                self.told.notify_waiters();
            }
        }
    }

    fn open(self: &Arc<Self>, key: &Key, query: &Query) -> io::Result<(Address, Option<Connection>)> {
        let _runtime = self.runtime.enter();
        let (address, listener, path) = open::bind(query)?;
        let mut listening = match (&address, self.policy) {
            (Address::Udp(_), _) | (_, Policy::Shared) => acceptor::Listening::shared(address.clone(), listener),
            _ => acceptor::Listening::open(Arc::downgrade(self), key.clone(), address.clone(), listener)?,
        };
        listening.path = path;
        let listener = listening.listener.clone();
        lock(&self.listeners).insert(key.clone(), listening);
        Ok((address, listener))
    }

    fn tell(&self, told: Told) {
        let (Told::Forked(id)
        | Told::Online(id)
        | Told::Listening(id, _)
        | Told::Disconnected { worker: id, .. }
        | Told::Exited { worker: id, .. }) = &told;
        let Some(worker) = self.worker(*id) else { return };
        if let Told::Exited { leaving, .. } = told {
            let _ = worker.left.set(leaving);
        }
        if let Told::Disconnected { last: true, .. } | Told::Exited { last: true, .. } = told {
            lock(&self.workers).remove(id);
        }
        match told {
            Told::Forked(_) => _ = self.emitter.emit(FORK, &worker),
            Told::Online(_) => _ = self.emitter.emit(ONLINE, &worker),
            Told::Listening(_, query) => {
                if let Some(address) = Address::of(&query) {
                    self.emitter.emit(LISTENING, &Listening { worker, address });
                }
            }
            Told::Disconnected { .. } => _ = self.emitter.emit(DISCONNECT, &worker),
            Told::Exited { .. } => {
                let exit = worker.process.exit().unwrap_or(child::Exit::Unknown);
                self.emitter.emit(EXIT, &Exited { worker, exit });
            }
        }
    }

    /// Waits until `done` says so; it is asked again whenever the program has been told something of a worker.
    pub(crate) async fn until(&self, done: impl Fn() -> bool) {
        loop {
            let told = self.told.notified();
            tokio::pin!(told);
            told.as_mut().enable();
            if done() {
                return;
            }
            told.await;
        }
    }

    /// The time, as the machine counts it.
    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn worker(&self, id: WorkerId) -> Option<Worker> {
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

/// The first address that a name stands for.
pub(crate) fn first(address: impl ToSocketAddrs) -> io::Result<SocketAddr> {
    let none = || io::Error::new(io::ErrorKind::InvalidInput, "the name stands for no address");
    address.to_socket_addrs()?.next().ok_or_else(none)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
