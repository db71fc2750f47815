//! What workers are started from.
//!
//! In Node: [`cluster.settings`](https://nodejs.org/docs/latest-v20.x/api/cluster.html#clustersettings).

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

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
#[derive(Debug, Clone)]
pub struct Settings {
    /// The program. Node calls it `exec`.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// How messages are written. Workers that are Node scripts understand `json` and `advanced`.
    pub serialization: Mode,
    /// How connections come to the workers.
    #[doc(alias = "schedulingPolicy")]
    pub policy: Policy,
}

impl Settings {
    /// This program again, with the arguments that it was given itself, as Node has it by default.
    ///
    /// # Errors
    ///
    /// The path of the program cannot be found out.
    pub fn this_program() -> io::Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?,
            args: std::env::args_os().skip(1).collect(),
            serialization: Mode::Bincode,
            policy: Policy::of_environment(),
        })
    }
}
