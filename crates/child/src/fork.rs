//! `fork`: a program started with a channel to it.
//!
//! Not the system call of that name: nothing is copied. A new process begins, and finds one end of the channel as
//! descriptor 3, by the variables that Node has for it.
//!
//! In Node: [`child_process.fork`](https://nodejs.org/docs/latest-v20.x/api/child_process.html#child_processforkmodulepath-args-options).

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use ferronode_ipc::{CHANNEL_FD, CHANNEL_MODE, Channel, Limits, Message, Mode, UNIQUE_ID};
use ferronode_sys::{Readiness, Spawn, SpawnError, Spawned, stream_pair};

use crate::child_process::ChildProcess;
use crate::error::{ForkError, ForkErrorReason};

/// The descriptor where a child finds its channel: behind stdin, stdout and stderr, as `fork` of Node has it.
const CHANNEL: i32 = 3;

/// What takes the internal messages of a child, in the driver's own turn.
pub(crate) type InternalSink = Box<dyn FnMut(Message) + Send>;

/// What to start, and how: a builder as `std::process::Command` is one.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let child = ferronode_child::Fork::this_program()?.arg("worker").env("ROLE", "worker").spawn()?;
/// child.send("good morning").await?;
/// # Ok(()) }
/// ```
pub struct Fork {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: BTreeMap<OsString, Option<OsString>>,
    directory: Option<PathBuf>,
    mode: Mode,
    limits: Limits,
    internal: Option<InternalSink>,
}

impl Fork {
    /// Begins with a program given by its path, with this process's environment and the mode `json`.
    pub fn new(program: impl AsRef<Path>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            directory: None,
            mode: Mode::default(),
            limits: Limits::default(),
            internal: None,
        }
    }

    /// Begins with the program that is running now, and the mode `bincode`, since both ends are the same program.
    ///
    /// # Errors
    ///
    /// The path of the program cannot be found out.
    pub fn this_program() -> io::Result<Self> {
        let mut fork = Self::new(std::env::current_exe()?);
        fork.mode = Mode::Bincode;
        Ok(fork)
    }

    /// Adds an argument. Never parsed by a shell.
    pub fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args(&mut self, arguments: impl IntoIterator<Item: AsRef<OsStr>>) -> &mut Self {
        self.arguments
            .extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets a variable of the child's environment, over the one inherited.
    ///
    /// The three variables of the channel are the channel's own: what is set for them here does not count,
    /// but for `NODE_UNIQUE_ID`, which makes the child a worker of a cluster.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.environment
            .insert(name.as_ref().to_owned(), Some(value.as_ref().to_owned()));
        self
    }

    /// Keeps a variable from the child.
    pub fn env_remove(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.environment.insert(name.as_ref().to_owned(), None);
        self
    }

    /// Starts the child in another working directory.
    #[doc(alias = "cwd")]
    pub fn current_dir(&mut self, directory: impl AsRef<Path>) -> &mut Self {
        self.directory = Some(directory.as_ref().to_owned());
        self
    }

    /// Sets how messages are written. A Node child understands `json`.
    pub fn serialization(&mut self, mode: Mode) -> &mut Self {
        self.mode = mode;
        self
    }

    /// Sets the bounds of the channel.
    pub fn limits(&mut self, limits: Limits) -> &mut Self {
        self.limits = limits;
        self
    }

    /// Sets who takes the internal messages, those of a protocol above the channel: they are never events.
    ///
    /// It is called in the order in which they came, all of them before the child's exit is told.
    #[doc(alias = "internalMessage")]
    pub fn on_internal(&mut self, sink: impl FnMut(Message) + Send + 'static) -> &mut Self {
        self.internal = Some(Box::new(sink));
        self
    }

    /// Starts the program. The builder can be used again, but for its internal sink, which goes with this child.
    ///
    /// # Errors
    ///
    /// [`ForkError`] names the program and the reason. Nothing was started then.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O enabled.
    pub fn spawn(&mut self) -> Result<ChildProcess, ForkError> {
        let started = self.start();
        let (channel, spawned, exit) = started.map_err(|reason| ForkError {
            program: self.program.clone(),
            reason,
        })?;
        Ok(ChildProcess::new(spawned, exit, channel, self.internal.take()))
    }

    fn start(&self) -> Result<(Channel, Spawned, Readiness), ForkErrorReason> {
        let (ours, theirs) = stream_pair().map_err(ForkErrorReason::Channel)?;
        let channel = Channel::with_limits(ours, self.mode, self.limits).map_err(ForkErrorReason::Channel)?;
        let mut spawn = Spawn::new(&self.program, self.program.as_os_str()).map_err(ForkErrorReason::Spawn)?;
        self.describe(&mut spawn).map_err(ForkErrorReason::Spawn)?;
        spawn.descriptor(theirs.as_fd(), CHANNEL);
        let spawned = spawn.start().map_err(ForkErrorReason::Spawn)?;
        let watched = spawned.pidfd.as_fd().try_clone_to_owned().and_then(Readiness::reading);
        match watched {
            Ok(exit) => Ok((channel, spawned, exit)),
            Err(error) => {
                // It cannot be waited for, so it must not stay.
                let _ = spawned.pidfd.send_signal(ferronode_sys::Signal::KILL);
                let _ = spawned.pidfd.wait();
                Err(ForkErrorReason::Channel(error))
            }
        }
    }

    /// Arguments, environment and directory.
    fn describe(&self, spawn: &mut Spawn<'_>) -> Result<(), SpawnError> {
        for argument in &self.arguments {
            spawn.argument(argument)?;
        }
        for (name, value) in self.full_environment() {
            spawn.variable(&name, &value)?;
        }
        if let Some(directory) = &self.directory {
            spawn.directory(directory)?;
        }
        Ok(())
    }

    /// What this process has, the overlay upon it, and the channel's own. What made this process a child is not passed on.
    fn full_environment(&self) -> BTreeMap<OsString, OsString> {
        let mut all: BTreeMap<OsString, OsString> = std::env::vars_os()
            .filter(|(name, _)| !name.is_empty() && name != UNIQUE_ID)
            .collect();
        for (name, value) in &self.environment {
            match value {
                Some(value) => all.insert(name.clone(), value.clone()),
                None => all.remove(name),
            };
        }
        all.insert(CHANNEL_FD.into(), CHANNEL.to_string().into());
        all.insert(CHANNEL_MODE.into(), self.mode.name().into());
        all
    }
}

impl fmt::Debug for Fork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fork")
            .field("program", &self.program)
            .field("arguments", &self.arguments)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}
