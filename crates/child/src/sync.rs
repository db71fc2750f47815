//! The calls that wait: Node's `spawnSync`, `execSync` and `execFileSync`.
//!
//! They run the same child on a runtime of their own, in a thread of their own: so they may be called where there is no
//! runtime, and inside of one, where they block the thread that calls. A server's thread is no place for them.
//!
//! In Node: [`child_process.spawnSync`](https://nodejs.org/docs/latest-v20.x/api/child_process.html#child_processspawnsynccommand-args-options).

use std::io;

use crate::command::Command;
use crate::error::{SpawnError, SpawnErrorReason};
use crate::output::{ExecError, Output};
use crate::stdio::channel_number;

impl Command {
    /// As [`output`](Self::output), and blocks the thread until then.
    ///
    /// # Errors
    ///
    /// As [`output`](Self::output); and a child with a channel is refused, since nobody would read it.
    #[doc(alias = "spawnSync")]
    pub fn output_sync(&mut self) -> Result<Output, SpawnError> {
        match channel_number(&self.stdio) {
            Ok(None) => {}
            Ok(Some(_)) | Err(_) => return Err(self.refusal(SpawnErrorReason::ChannelInSync)),
        }
        let ran = std::thread::scope(|scope| {
            let run = || -> io::Result<_> {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                Ok(runtime.block_on(self.output()))
            };
            let thread = std::thread::Builder::new().spawn_scoped(scope, run)?;
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        ran.unwrap_or_else(|error| Err(self.refusal(SpawnErrorReason::Stdio(error))))
    }

    /// As [`exec`](Self::exec), and blocks the thread until then.
    ///
    /// # Errors
    ///
    /// As [`exec`](Self::exec), and as [`output_sync`](Self::output_sync).
    #[doc(alias = "execSync")]
    #[doc(alias = "execFileSync")]
    pub fn exec_sync(&mut self) -> Result<Output, ExecError> {
        Ok(self.output_sync()?.checked()?)
    }
}
