//! What workers are started from.
//!
//! In Node: [`cluster.settings`](https://nodejs.org/docs/latest-v20.x/api/cluster.html#clustersettings).

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use ferronode_child::Fork;
use ferronode_ipc::Mode;

use crate::proto::Policy;

impl Policy {
    /// What `NODE_CLUSTER_SCHED_POLICY` says: `none` is [`Policy::Shared`], anything else round robin, as in Node.
    #[must_use]
    pub fn of_environment() -> Self {
        match std::env::var("NODE_CLUSTER_SCHED_POLICY").as_deref() {
            Ok("none") => Self::Shared,
            _ => Self::RoundRobin,
        }
    }
}

/// What workers are started from.
///
/// Node's `execArgv` are arguments like others here: the program is the runtime, and they stand before its script.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The program.
    #[doc(alias = "exec")]
    pub program: PathBuf,
    /// Its arguments.
    #[doc(alias = "execArgv")]
    pub args: Vec<OsString>,
    /// Its working directory; none for ours.
    pub cwd: Option<PathBuf>,
    /// How messages are written. Workers that are Node scripts understand `json` and `advanced`.
    pub serialization: Mode,
    /// Whether its output comes to us, at [`stdout` and `stderr`](ferronode_child::ChildProcess::stdout) of its process, instead
    /// of going where ours goes.
    pub silent: bool,
    /// The user to run it as, by number.
    pub uid: Option<u32>,
    /// The group to run it in, by number.
    pub gid: Option<u32>,
    /// How connections come to the workers. The first settings of a primary decide: it cannot change later.
    #[doc(alias = "schedulingPolicy")]
    pub policy: Policy,
}

impl Settings {
    /// A program without arguments, in the mode that everybody understands.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            cwd: None,
            serialization: Mode::Json,
            silent: false,
            uid: None,
            gid: None,
            policy: Policy::of_environment(),
        }
    }

    /// This program again, with the arguments that it was given itself, as Node has it by default.
    ///
    /// # Errors
    ///
    /// The path of the program cannot be found out.
    pub fn this_program() -> io::Result<Self> {
        Ok(Self {
            args: std::env::args_os().skip(1).collect(),
            serialization: Mode::Bincode,
            ..Self::new(std::env::current_exe()?)
        })
    }

    /// How to start a worker by these.
    pub(crate) fn fork(&self) -> Fork {
        let mut fork = Fork::new(&self.program);
        fork.args(&self.args).serialization(self.serialization);
        if self.silent {
            fork.silent();
        }
        if let Some(cwd) = &self.cwd {
            fork.current_dir(cwd);
        }
        if let Some(uid) = self.uid {
            fork.uid(uid);
        }
        if let Some(gid) = self.gid {
            fork.gid(gid);
        }
        fork
    }
}
