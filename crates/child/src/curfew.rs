//! When a child has to end: a timeout, an abort, too much output. First it is asked, then it is made to.
//!
//! ```text
//!   timeout ─┐
//!   abort ───┼──> kill signal ──(grace)──> SIGKILL
//!   output ──┘
//! ```

use std::sync::Arc;
use std::time::Duration;

use ferronode_sys::Signal;

use crate::abort::AbortHandle;
use crate::child_process::{ABORTED, Inner};
use crate::error::Aborted;

/// How long a child that has said too much is given to end by itself.
const LAST_WORD: Duration = Duration::from_millis(5);

/// When a child has to end, and by what.
#[derive(Debug, Clone)]
pub(crate) struct Curfew {
    pub(crate) timeout: Option<Duration>,
    pub(crate) abort: Option<AbortHandle>,
    pub(crate) signal: Signal,
    /// How long the signal may take.
    pub(crate) grace: Option<Duration>,
}

/// Why a child was made to end before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cut {
    /// It ran longer than its timeout.
    TimedOut,
    /// Its abort handle was used.
    Aborted,
    /// One of its streams brought more than `max_buffer` bytes.
    MaxBuffer {
        /// The number of the stream's descriptor: 1 for stdout, 2 for stderr.
        descriptor: usize,
    },
}

impl Default for Curfew {
    fn default() -> Self {
        Self {
            timeout: None,
            abort: None,
            signal: Signal::TERM,
            grace: Some(Duration::from_secs(5)),
        }
    }
}

impl Curfew {
    /// Watches a child, if there is something to watch for.
    pub(crate) fn watch(&self, child: &Arc<Inner>) {
        if self.timeout.is_some() || self.abort.is_some() {
            tokio::spawn(self.clone().enforce(Arc::clone(child)));
        }
    }

    async fn enforce(self, child: Arc<Inner>) {
        let late = async {
            match self.timeout {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        let aborted = async {
            match &self.abort {
                Some(handle) => handle.aborted().await,
                None => std::future::pending().await,
            }
        };
        let cut = tokio::select! {
            _ = child.exited() => return,
            () = late => Cut::TimedOut,
            () = aborted => Cut::Aborted,
        };
        self.end(&child, cut).await;
    }

    /// Ends a child for a reason.
    pub(crate) async fn end(&self, child: &Inner, cut: Cut) {
        if !child.cut_for(cut) {
            return; // Somebody does it already.
        }
        // Whose last word was the one too many may be about to end by itself. Nobody reads it meanwhile.
        let says_too_much = matches!(cut, Cut::MaxBuffer { .. });
        if says_too_much && tokio::time::timeout(LAST_WORD, child.exited()).await.is_ok() {
            return;
        }
        if cut == Cut::Aborted {
            // Before the signal, or another thread might tell of the end first.
            child.emitter.keep(ABORTED, Aborted);
            child.listened.notify_one();
        }
        // What cannot be signalled has ended, or is somebody else's: nothing more can be done here.
        let _ = child.signal(self.signal);
        let Some(grace) = self.grace else { return };
        tokio::select! {
            _ = child.exited() => {}
            () = tokio::time::sleep(grace) => {
                let _ = child.signal(Signal::KILL);
            }
        }
    }
}
