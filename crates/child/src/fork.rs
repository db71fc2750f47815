//! `fork`: a program started with a channel to it.
//!
//! Not the system call of that name: nothing is copied. A new process begins, and finds one end of the channel as
//! descriptor 3, by the variables that Node has for it.
//!
//! In Node: [`child_process.fork`](https://nodejs.org/docs/latest-v20.x/api/child_process.html#child_processforkmodulepath-args-options).

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use ferronode_ipc::{Limits, Message, Mode};
use ferronode_sys::Signal;

use crate::abort::AbortHandle;
use crate::child_process::ChildProcess;
use crate::command::Command;
use crate::error::ForkError;
use crate::stdio::Stdio;

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
    command: Command,
}

impl Fork {
    /// Begins with a program, with this process's environment, its standard streams and the mode `json`.
    pub fn new(program: impl AsRef<Path>) -> Self {
        let mut command = Command::new(program.as_ref());
        command.stdio([Stdio::Inherit, Stdio::Inherit, Stdio::Inherit, Stdio::Ipc]);
        Self { command }
    }

    /// Begins with the program that is running now, and the mode `bincode`, since both ends are the same program.
    ///
    /// # Errors
    ///
    /// The path of the program cannot be found out.
    pub fn this_program() -> io::Result<Self> {
        let mut fork = Self::new(std::env::current_exe()?);
        fork.serialization(Mode::Bincode);
        Ok(fork)
    }

    /// Begins with a script for Node, which need not know of us: `node script`. For another runtime, or with arguments of its
    /// own, the script is an argument: `Fork::new("bun")`, then [`arg`](Self::arg).
    pub fn script(path: impl AsRef<Path>) -> Self {
        let mut fork = Self::new("node");
        fork.arg(path.as_ref());
        fork
    }

    /// Adds an argument. Never parsed by a shell.
    pub fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Self {
        self.with(|command| command.arg(argument))
    }

    /// Adds arguments.
    pub fn args(&mut self, arguments: impl IntoIterator<Item: AsRef<OsStr>>) -> &mut Self {
        self.with(|command| command.args(arguments))
    }

    /// Sets a variable of the child's environment, over the one inherited.
    ///
    /// The three variables of the channel are the channel's own: what is set for them here does not count,
    /// but for `NODE_UNIQUE_ID`, which makes the child a worker of a cluster.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.with(|command| command.env(name, value))
    }

    /// Keeps a variable from the child.
    pub fn env_remove(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.with(|command| command.env_remove(name))
    }

    /// Starts the child in another working directory.
    #[doc(alias = "cwd")]
    pub fn current_dir(&mut self, directory: impl AsRef<Path>) -> &mut Self {
        self.with(|command| command.current_dir(directory))
    }

    /// Connects the child's descriptors, as [`Command::stdio`]. One of them must be [`Stdio::Ipc`]; without it a channel is added.
    pub fn stdio(&mut self, list: impl IntoIterator<Item = Stdio>) -> &mut Self {
        self.command.stdio(list);
        if !self.command.stdio.iter().any(|stdio| matches!(stdio, Stdio::Ipc)) {
            self.command.stdio.push(Stdio::Ipc);
        }
        self
    }

    /// Has the child's standard streams read and written here, instead of inheriting ours.
    pub fn silent(&mut self) -> &mut Self {
        self.stdio([Stdio::Pipe, Stdio::Pipe, Stdio::Pipe])
    }

    /// Makes the child the leader of a session and process group of its own.
    pub fn detached(&mut self, is_detached: bool) -> &mut Self {
        self.with(|command| command.detached(is_detached))
    }

    /// Runs the child as another user: see [`Command::uid`].
    pub fn uid(&mut self, uid: u32) -> &mut Self {
        self.with(|command| command.uid(uid))
    }

    /// Runs the child in another group: see [`Command::gid`].
    pub fn gid(&mut self, gid: u32) -> &mut Self {
        self.with(|command| command.gid(gid))
    }

    /// Ends the child when it has run for so long: see [`Command::timeout`].
    pub fn timeout(&mut self, limit: Duration) -> &mut Self {
        self.with(|command| command.timeout(limit))
    }

    /// Sets what a timeout and an abort end the child with: see [`Command::kill_signal`].
    pub fn kill_signal(&mut self, signal: Signal) -> &mut Self {
        self.with(|command| command.kill_signal(signal))
    }

    /// Lets a handle end the child from elsewhere.
    #[doc(alias = "signal")]
    pub fn abort_by(&mut self, handle: &AbortHandle) -> &mut Self {
        self.with(|command| command.abort_by(handle))
    }

    /// Ends the child by SIGKILL when the last clone of its handle is dropped.
    pub fn kill_on_drop(&mut self, kills: bool) -> &mut Self {
        self.with(|command| command.kill_on_drop(kills))
    }

    /// Sets how messages are written. A Node child understands `json`.
    pub fn serialization(&mut self, mode: Mode) -> &mut Self {
        self.with(|command| command.serialization(mode))
    }

    /// Sets the bounds of the channel.
    pub fn limits(&mut self, limits: Limits) -> &mut Self {
        self.with(|command| command.limits(limits))
    }

    /// Sets who takes the internal messages, those of a protocol above the channel: they are never events.
    ///
    /// It is called in the order in which they came, all of them before the child's exit is told.
    #[doc(alias = "internalMessage")]
    pub fn on_internal(&mut self, sink: impl FnMut(Message) + Send + 'static) -> &mut Self {
        self.command.on_internal(sink);
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
    /// As [`Command::spawn`].
    pub fn spawn(&mut self) -> Result<ChildProcess, ForkError> {
        Ok(self.command.spawn()?)
    }

    fn with(&mut self, set: impl FnOnce(&mut Command) -> &mut Command) -> &mut Self {
        set(&mut self.command);
        self
    }
}

impl fmt::Debug for Fork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fork").field(&self.command).finish()
    }
}
