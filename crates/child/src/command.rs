//! What to start, and how: a builder as `std::process::Command` is one, with Node's options.
//!
//! Rule: arguments are never parsed. Only [`Command::shell`] and [`in_shell`](Command::in_shell) have a shell read them, and then
//! the shell reads all of it: what comes from outside must not be in there.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ferronode_ipc::{Limits, Message, Mode};
use ferronode_sys::Signal;

use crate::abort::AbortHandle;
use crate::capture::Overflow;
use crate::curfew::Curfew;
use crate::environment::Environment;
use crate::fork::InternalSink;
use crate::stdio::Stdio;

/// What to start, and how. It can be started several times.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use ferronode_child::Command;
///
/// let listing = Command::new("ls").args(["-l", "/usr"]).exec().await?;
/// print!("{}", listing.stdout_text());
/// # Ok(()) }
/// ```
///
/// In Node: [`child_process.spawn`](https://nodejs.org/docs/latest-v20.x/api/child_process.html#child_processspawncommand-args-options).
#[doc(alias = "spawn")]
#[doc(alias = "execFile")]
pub struct Command {
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) argument_zero: Option<OsString>,
    pub(crate) shell: Option<OsString>,
    pub(crate) environment: Environment,
    pub(crate) directory: Option<PathBuf>,
    pub(crate) stdio: Vec<Stdio>,
    pub(crate) is_detached: bool,
    pub(crate) user: Option<u32>,
    pub(crate) group: Option<u32>,
    pub(crate) curfew: Curfew,
    pub(crate) kills_on_drop: bool,
    pub(crate) mode: Mode,
    pub(crate) limits: Limits,
    pub(crate) internal: Option<InternalSink>,
    pub(crate) input: Option<Vec<u8>>,
    pub(crate) max_buffer: usize,
    pub(crate) max_output: u64,
    pub(crate) overflow: Overflow,
    pub(crate) drain: Drain,
}

/// How long the output of a child is waited for when the child has ended and somebody else holds its pipes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drain {
    pub(crate) idle: Duration,
    pub(crate) deadline: Duration,
}

/// The shell of [`Command::shell`]: what Node takes on Unix.
const SHELL: &str = "/bin/sh";

/// How much is captured of each stream, unless somebody says otherwise: 1 MiB, as in Node 20.
pub const MAX_BUFFER: usize = 1024 * 1024;

impl Command {
    /// Begins with a program: a path, or a name to be looked for in the `PATH` of the child's environment.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            argument_zero: None,
            shell: None,
            environment: Environment::default(),
            directory: None,
            stdio: vec![Stdio::Pipe, Stdio::Pipe, Stdio::Pipe],
            is_detached: false,
            user: None,
            group: None,
            curfew: Curfew::default(),
            kills_on_drop: false,
            mode: Mode::default(),
            limits: Limits::default(),
            internal: None,
            input: None,
            max_buffer: MAX_BUFFER,
            max_output: u64::MAX,
            overflow: Overflow::Error,
            drain: Drain {
                idle: Duration::from_secs(2),
                deadline: Duration::from_secs(10),
            },
        }
    }

    /// Begins with a line for `/bin/sh`. Everything in it is read by the shell: pass nothing that comes from outside.
    #[doc(alias = "exec")]
    pub fn shell(line: impl AsRef<OsStr>) -> Self {
        let mut command = Self::new(line);
        command.in_shell(SHELL);
        command
    }

    /// Has a shell read the program and its arguments, joined by spaces: `shell -c "program argument …"`.
    ///
    /// Nothing is quoted. An argument with a space becomes two, and one with a `;` another command.
    #[doc(alias = "shell")]
    pub fn in_shell(&mut self, shell: impl AsRef<OsStr>) -> &mut Self {
        self.shell = Some(shell.as_ref().to_owned());
        self
    }

    /// Adds an argument.
    pub fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args(&mut self, arguments: impl IntoIterator<Item: AsRef<OsStr>>) -> &mut Self {
        let arguments = arguments.into_iter().map(|argument| argument.as_ref().to_owned());
        self.arguments.extend(arguments);
        self
    }

    /// Sets what the program is told as its own name, in place of the program.
    #[doc(alias = "argv0")]
    pub fn arg0(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.argument_zero = Some(name.as_ref().to_owned());
        self
    }

    /// Sets a variable of the child's environment, over the one inherited. The channel's three are the channel's own.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.environment.set(name.as_ref(), value.as_ref());
        self
    }

    /// Keeps a variable from the child.
    pub fn env_remove(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.environment.remove(name.as_ref());
        self
    }

    /// Keeps all variables from the child; those that are [set](Self::env) later are all that it has, as with Node's `env`.
    pub fn env_clear(&mut self) -> &mut Self {
        self.environment.clear();
        self
    }

    /// Starts the child in another working directory.
    #[doc(alias = "cwd")]
    pub fn current_dir(&mut self, directory: impl AsRef<Path>) -> &mut Self {
        self.directory = Some(directory.as_ref().to_owned());
        self
    }

    /// Connects the child's descriptors, from 0 on. Of the first three those not named are pipes.
    pub fn stdio(&mut self, list: impl IntoIterator<Item = Stdio>) -> &mut Self {
        self.stdio = list.into_iter().collect();
        while self.stdio.len() < 3 {
            self.stdio.push(Stdio::Pipe);
        }
        self
    }

    /// Connects the child's standard input.
    pub fn stdin(&mut self, stdio: Stdio) -> &mut Self {
        self.stdio[0] = stdio;
        self
    }

    /// Connects the child's standard output.
    pub fn stdout(&mut self, stdio: Stdio) -> &mut Self {
        self.stdio[1] = stdio;
        self
    }

    /// Connects the child's standard error.
    pub fn stderr(&mut self, stdio: Stdio) -> &mut Self {
        self.stdio[2] = stdio;
        self
    }

    /// Makes the child the leader of a session and process group of its own, away from our terminal and its signals.
    pub fn detached(&mut self, is_detached: bool) -> &mut Self {
        self.is_detached = is_detached;
        self
    }

    /// Runs the child as another user; its supplementary groups are given up.
    pub fn uid(&mut self, uid: u32) -> &mut Self {
        self.user = Some(uid);
        self
    }

    /// Runs the child in another group; its supplementary groups are given up.
    pub fn gid(&mut self, gid: u32) -> &mut Self {
        self.group = Some(gid);
        self
    }

    /// Ends the child when it has run for so long: by the [kill signal](Self::kill_signal), and then by SIGKILL.
    pub fn timeout(&mut self, limit: Duration) -> &mut Self {
        self.curfew.timeout = Some(limit);
        self
    }

    /// Sets what a timeout, an abort and too much output end the child with: SIGTERM unless set.
    pub fn kill_signal(&mut self, signal: Signal) -> &mut Self {
        self.curfew.signal = signal;
        self
    }

    /// Sets how long the child may take to end by the kill signal before SIGKILL ends it: 5 s unless set, `None` for ever.
    /// (Node waits for ever.)
    pub fn kill_grace(&mut self, grace: Option<Duration>) -> &mut Self {
        self.curfew.grace = grace;
        self
    }

    /// Lets a handle end the child from elsewhere.
    #[doc(alias = "signal")]
    pub fn abort_by(&mut self, handle: &AbortHandle) -> &mut Self {
        self.curfew.abort = Some(handle.clone());
        self
    }

    /// Ends the child by SIGKILL when the last clone of its handle is dropped. Otherwise it runs on.
    pub fn kill_on_drop(&mut self, kills: bool) -> &mut Self {
        self.kills_on_drop = kills;
        self
    }

    /// Sets how messages on the channel are written. A Node child understands `json`.
    pub fn serialization(&mut self, mode: Mode) -> &mut Self {
        self.mode = mode;
        self
    }

    /// Sets the bounds of the channel.
    pub fn limits(&mut self, limits: Limits) -> &mut Self {
        self.limits = limits;
        self
    }

    /// Sets what [`output`](Self::output) and its like write to the child's standard input; without it there is none.
    pub fn input(&mut self, bytes: impl Into<Vec<u8>>) -> &mut Self {
        self.input = Some(bytes.into());
        self
    }

    /// Sets how many bytes are captured of each stream: [`MAX_BUFFER`] unless set.
    pub fn max_buffer(&mut self, bytes: usize) -> &mut Self {
        self.max_buffer = bytes;
        self
    }

    /// Sets how many bytes all streams together may bring before the child is ended: no bound of their own unless set.
    /// (What Node calls `maxBuffer` is this bound in `spawnSync`, and one for each stream in `exec`.)
    pub fn max_output(&mut self, bytes: u64) -> &mut Self {
        self.max_output = bytes;
        self
    }

    /// Sets what happens when a stream brings more than its [bound](Self::max_buffer): an error unless set.
    pub fn on_overflow(&mut self, overflow: Overflow) -> &mut Self {
        self.overflow = overflow;
        self
    }

    /// Sets how long output is waited for when the child has ended, and somebody else holds its pipes: until nothing has
    /// come for `idle` (2 s unless set), and no longer than `deadline` (10 s) in all. (Node waits for ever.)
    pub fn drain(&mut self, idle: Duration, deadline: Duration) -> &mut Self {
        self.drain = Drain { idle, deadline };
        self
    }

    pub(crate) fn on_internal(&mut self, sink: impl FnMut(Message) + Send + 'static) {
        self.internal = Some(Box::new(sink));
    }

    /// What is run: the program and its arguments, or the shell and its.
    pub(crate) fn line(&self) -> (OsString, Vec<OsString>) {
        match &self.shell {
            None => (self.program.clone(), self.arguments.clone()),
            Some(shell) => {
                let mut line = self.program.clone();
                for argument in &self.arguments {
                    line.push(" ");
                    line.push(argument);
                }
                (shell.clone(), vec!["-c".into(), line])
            }
        }
    }

    /// What people call it: the program and its arguments with spaces between. Node's `cmd`.
    pub(crate) fn text(&self) -> String {
        let words = std::iter::once(&self.program).chain(&self.arguments);
        let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
        words.join(" ")
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("program", &self.program)
            .field("arguments", &self.arguments)
            .field("shell", &self.shell)
            .field("stdio", &self.stdio)
            .finish_non_exhaustive()
    }
}
