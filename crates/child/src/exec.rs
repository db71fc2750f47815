//! A child run to its end, with its output captured: Node's `exec` and `execFile`.
//!
//! Rule: the wait ends. The child's own end is bounded by its timeout; after it, a grandchild that holds the pipes is waited
//! for while it still writes, up to a deadline, and the [`Output`] says whether all was read. And nothing that was
//! captured is lost in an error.
//!
//! In Node: [`child_process.execFile`](https://nodejs.org/docs/latest-v20.x/api/child_process.html#child_processexecfilefile-args-options-callback).

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ferronode_stream::Readable;

use crate::capture::Captured;
use crate::child_process::ChildProcess;
use crate::command::{Command, Drain};
use crate::curfew::Cut;
use crate::error::SpawnError;
use crate::exit::Exit;
use crate::output::{ExecError, Output};
use crate::stdio::Stdio;

impl Command {
    /// Runs the program to its end and captures its output; whether it went well is in the [`Output`].
    ///
    /// Its standard input is what [`input`](Self::input) has set, or nothing.
    ///
    /// # Errors
    ///
    /// [`SpawnError`]: it could not be started.
    ///
    /// # Panics
    ///
    /// As [`spawn`](Self::spawn); the runtime needs its time enabled.
    ///
    /// # Cancel safety
    ///
    /// The child runs on, unless [`kill_on_drop`](Self::kill_on_drop) is set; its output is lost.
    pub async fn output(&mut self) -> Result<Output, SpawnError> {
        let start = Instant::now();
        let child = self.spawn_for_output()?;
        if let (Some(stdin), Some(input)) = (child.stdin(), &self.input) {
            // A child may end without reading all of it; how it ends says enough.
            let _ = stdin.try_write(input.clone());
            stdin.end();
        }
        let captures = Captures::of(&child, self);
        let (exit, is_drained) = captures.run(&child, self).await;
        Ok(Output {
            command: self.text(),
            directory: self.directory.clone(),
            pid: child.pid(),
            exit,
            cut: child.cut(),
            was_signalled: child.was_signalled(),
            is_drained,
            duration: start.elapsed(),
            captured: captures.finish(),
        })
    }

    /// Runs the program to its end and captures its output; anything but exit code 0 is an error.
    ///
    /// # Errors
    ///
    /// [`ExecError`]: it could not be started, has failed, or was [cut](Cut). What it had written is in there.
    ///
    /// # Panics
    ///
    /// As [`output`](Self::output).
    ///
    /// # Cancel safety
    ///
    /// As [`output`](Self::output).
    #[doc(alias = "execFile")]
    pub async fn exec(&mut self) -> Result<Output, ExecError> {
        Ok(self.output().await?.checked()?)
    }

    /// Starts the child with something at its standard input only if there is something to say.
    fn spawn_for_output(&mut self) -> Result<ChildProcess, SpawnError> {
        if self.input.is_some() || !matches!(self.stdio[0], Stdio::Pipe) {
            return self.spawn();
        }
        let stdin = std::mem::replace(&mut self.stdio[0], Stdio::Ignore);
        let spawned = self.spawn();
        self.stdio[0] = stdin;
        spawned
    }
}

/// What is being captured, by the number of the child's descriptor.
struct Captures(Vec<Option<Mutex<Captured>>>);

impl Captures {
    fn of(child: &ChildProcess, command: &Command) -> Self {
        let mut captures: Vec<_> = command.stdio.iter().map(|_| None).collect();
        for (number, _) in child.inner.streams.readables() {
            captures[number] = Some(Mutex::new(Captured::new(command.max_buffer, command.overflow)));
        }
        Self(captures)
    }

    fn at(&self, number: usize) -> Option<MutexGuard<'_, Captured>> {
        let captured = self.0[number].as_ref()?;
        Some(captured.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Captures until the child has ended and its streams have, or nobody will bring more. Says how the child has ended, and
    /// whether its streams have.
    async fn run(&self, child: &ChildProcess, command: &Command) -> (Exit, bool) {
        let reading = self.read_all(child, command);
        tokio::pin!(reading);
        let mut is_read = false;
        let exit = loop {
            tokio::select! {
                biased;
                () = &mut reading, if !is_read => is_read = true,
                exit = child.exited() => break exit,
            }
        };
        let is_cut = child.cut().is_some();
        if !is_read {
            is_read = tokio::select! {
                biased;
                () = &mut reading => true,
                () = std::future::ready(()), if is_cut => false,
                () = self.silence(command.drain) => false,
            };
        }
        for (_, readable) in child.inner.streams.readables() {
            readable.destroy();
        }
        (exit, is_read)
    }

    /// Reads all streams at once, to their ends.
    async fn read_all(&self, child: &ChildProcess, command: &Command) {
        let readers: Vec<_> = child.inner.streams.readables().collect();
        let mut reading: Vec<_> = readers
            .into_iter()
            .map(|(number, readable)| Some(Box::pin(self.read(number, readable, child, command))))
            .collect();
        std::future::poll_fn(|context| {
            for slot in &mut reading {
                if slot
                    .as_mut()
                    .is_some_and(|reading| reading.as_mut().poll(context).is_ready())
                {
                    *slot = None;
                }
            }
            if reading.iter().all(Option::is_none) {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
    }

    async fn read(&self, number: usize, readable: &Readable, child: &ChildProcess, command: &Command) {
        // A stream that breaks has no more to bring; what it has brought is kept.
        while let Ok(Some(chunk)) = readable.read().await {
            let goes_on = self.at(number).is_none_or(|mut captured| captured.add(&chunk));
            if !goes_on {
                let cut = Cut::MaxBuffer { descriptor: number };
                return command.curfew.end(&child.inner, cut).await;
            }
        }
    }

    /// Waits until nothing has come for a while.
    async fn silence(&self, drain: Drain) {
        let deadline = tokio::time::Instant::now() + drain.deadline;
        loop {
            let before = self.total();
            let next = tokio::time::Instant::now() + drain.idle;
            tokio::time::sleep_until(next.min(deadline)).await;
            if next >= deadline || self.total() == before {
                return;
            }
        }
    }

    fn total(&self) -> u64 {
        let totals = (0..self.0.len()).filter_map(|number| Some(self.at(number)?.total()));
        totals.sum()
    }

    fn finish(self) -> Vec<Option<Captured>> {
        let captured = self.0.into_iter().map(|captured| {
            let mut captured = captured?.into_inner().unwrap_or_else(PoisonError::into_inner);
            captured.finish();
            Some(captured)
        });
        captured.collect()
    }
}
