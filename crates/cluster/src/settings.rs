//! What workers are started from.
//!
//! In Node: [`cluster.settings`](https://nodejs.org/docs/latest-v20.x/api/cluster.html#clustersettings).

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use ferronode_ipc::Mode;

/// What workers are started from.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The program. Node calls it `exec`.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// How messages are written. Workers that are Node scripts understand `json`.
    pub serialization: Mode,
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
        })
    }
}
