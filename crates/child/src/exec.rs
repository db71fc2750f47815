//! A child run to its end, with its output captured: Node's `exec` and `execFile`.
//!
//! Rule: the wait ends. The child's own end is bounded by its timeout; after it, a grandchild that holds the pipes is waited
//! for while it still writes, up to a deadline, and the [`Output`] says whether all was read. And nothing that was
//! captured is lost in an error.
//!
//! In Node: [`child_process.execFile`](https://nodejs.org/docs/latest-v20.x/api/child_process.html#child_processexecfilefile-args-options-callback).

use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use ferronode_stream::ERROR;

use crate::capture::Captured;
use crate::child_process::ChildProcess;
use crate::command::{Command, Drain};
use crate::curfew::Cut;
use crate::error::SpawnError;
use crate::exit::Exit;
use crate::output::{ExecError, Output};
use crate::pipe::PipeReader;
use crate::stdio::{Stdio, Streams};

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
    /// The child runs on with its pipes closed, unless [`kill_on_drop`](Self::kill_on_drop) is set; its output is lost.
    pub async fn output(&mut self) -> Result<Output, SpawnError> {
        let start = Instant::now();
        let (child, pipes) = self.spawn_for_output()?;
        if let (Some(stdin), Some(input)) = (child.stdin(), &self.input) {
            // A child may end without reading all of it; how it ends says enough.
            stdin.on(ERROR, |_| {});
            let _ = stdin.try_write(input.clone());
            stdin.end();
        }
        let captures = Captures::of(&pipes, self);
        // The pipes stay open until then: a child that is told to end is not to die of a closed one before.
        let Ran { exit, cut, is_drained } = captures.run(&child, &pipes, self).await;
        drop(pipes);
        Ok(Output {
            command: self.text(),
            directory: self.directory.clone(),
            pid: child.pid(),
            exit,
            cut,
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

    /// Starts the child with something at its standard input only if there is something to say. What comes from it is captured
    /// as it comes, and needs no streams.
    fn spawn_for_output(&mut self) -> Result<(ChildProcess, Pipes), SpawnError> {
        let take = |mut pipes: Vec<Option<OwnedFd>>| {
            let stdin = pipes[0].take();
            let readers = pipes.into_iter().map(|pipe| pipe.map(PipeReader::new).transpose());
            Ok((Streams::of(vec![stdin])?, readers.collect::<io::Result<_>>()?))
        };
        if self.input.is_some() || !matches!(self.stdio[0], Stdio::Pipe) {
            return self.spawn_with(take);
        }
        let stdin = std::mem::replace(&mut self.stdio[0], Stdio::Ignore);
        let spawned = self.spawn_with(take);
        self.stdio[0] = stdin;
        spawned
    }
}

/// The ends to capture from, by the number of the child's descriptor.
type Pipes = Vec<Option<PipeReader>>;

/// How much is read at once: 64 KiB, as a stream does.
const READ: usize = 64 << 10;

/// How a child has run.
struct Ran {
    exit: Exit,
    cut: Option<Cut>,
    is_drained: bool,
}

/// What is being captured, by the number of the child's descriptor.
struct Captures {
    streams: Vec<Option<Mutex<Captured>>>,
    /// Where all of them are read to, one at a time.
    space: Mutex<Vec<u8>>,
    max_output: u64,
}

impl Captures {
    fn of(pipes: &Pipes, command: &Command) -> Self {
        let captured = || Mutex::new(Captured::new(command.max_buffer, command.overflow));
        Self {
            streams: pipes.iter().map(|pipe| pipe.as_ref().map(|_| captured())).collect(),
            space: Mutex::new(vec![0; READ]),
            max_output: command.max_output,
        }
    }

    fn at(&self, number: usize) -> Option<MutexGuard<'_, Captured>> {
        let captured = self.streams[number].as_ref()?;
        Some(captured.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Captures until the child has ended and its streams have, or nobody will bring more.
    async fn run(&self, child: &ChildProcess, pipes: &Pipes, command: &Command) -> Ran {
        let reading = self.read_all(pipes);
        tokio::pin!(reading);
        let mut read = None;
        let exit = loop {
            tokio::select! {
                biased;
                all = &mut reading, if read.is_none() => {
                    read = Some(all);
                    if let Err(cut) = all {
                        let (curfew, child) = (command.curfew.clone(), Arc::clone(&child.inner));
                        tokio::spawn(async move { curfew.end(&child, cut).await });
                    }
                }
                exit = child.exited() => break exit,
            }
        };
        let is_cut = child.cut().is_some();
        if read.is_none() {
            read = tokio::select! {
                biased;
                all = &mut reading => Some(all),
                () = std::future::ready(()), if is_cut => None,
                () = self.silence(command.drain) => None,
            };
        }
        Ran {
            exit,
            // A child that has said too much may have ended by itself before it could be ended.
            cut: child.cut().or(read.and_then(Result::err)),
            is_drained: read == Some(Ok(())),
        }
    }

    /// Reads all streams at once, to their ends; or until one brings too much, which ends the reading of all.
    async fn read_all(&self, pipes: &Pipes) -> Result<(), Cut> {
        let pipes = pipes.iter().enumerate();
        let mut reading: Vec<_> = pipes
            .filter_map(|(number, pipe)| Some(Box::pin(self.read(number, pipe.as_ref()?))))
            .collect();
        poll_fn(|context| {
            let mut index = 0;
            while let Some(next) = reading.get_mut(index) {
                match next.as_mut().poll(context) {
                    Poll::Ready(Ok(())) => drop(reading.remove(index)),
                    Poll::Ready(Err(cut)) => return Poll::Ready(Err(cut)),
                    Poll::Pending => index += 1,
                }
            }
            if reading.is_empty() {
                Poll::Ready(Ok(()))
            } else {
                Poll::Pending
            }
        })
        .await
    }

    async fn read(&self, number: usize, pipe: &PipeReader) -> Result<(), Cut> {
        // A pipe that breaks has no more to bring; what it has brought is kept.
        while let Ok(goes_on @ Some(_)) = poll_fn(|context| self.poll_read(number, pipe, context)).await {
            if goes_on == Some(false) || self.total() > self.max_output {
                return Err(Cut::MaxBuffer { descriptor: number });
            }
        }
        Ok(())
    }

    /// Reads a piece, and says whether it is within what is allowed; `None` at the end.
    fn poll_read(&self, number: usize, pipe: &PipeReader, context: &mut Context<'_>) -> Poll<io::Result<Option<bool>>> {
        let mut space = self.space.lock().unwrap_or_else(PoisonError::into_inner);
        let length = ready!(pipe.poll_receive(context, &mut space))?;
        let piece = &space[..length];
        let add = || self.at(number).is_none_or(|mut captured| captured.add(piece));
        Poll::Ready(Ok((length > 0).then(add)))
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
        let totals = (0..self.streams.len()).filter_map(|number| Some(self.at(number)?.total()));
        totals.sum()
    }

    fn finish(self) -> Vec<Option<Captured>> {
        let captured = self.streams.into_iter().map(|captured| {
            let mut captured = captured?.into_inner().unwrap_or_else(PoisonError::into_inner);
            captured.finish();
            Some(captured)
        });
        captured.collect()
    }
}
