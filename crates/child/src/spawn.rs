//! Starting a child: the ends of its descriptors, its environment, and the places where its program may be.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use ferronode_ipc::Channel;
use ferronode_sys::{Readiness, Signal, Spawn, Spawned, error_name};

use crate::child_process::ChildProcess;
use crate::command::Command;
use crate::environment::Variables;
use crate::error::{SpawnError, SpawnErrorReason};
use crate::search;
use crate::stdio::{self, Given, Streams};

/// What runs a script that does not say what runs it.
const SCRIPT_SHELL: &str = "/bin/sh";

impl Command {
    /// Starts the program.
    ///
    /// # Errors
    ///
    /// [`SpawnError`] names the program and the reason. Nothing was started then, and no descriptor is left.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O enabled; with time enabled, if there is a timeout or an abort handle.
    pub fn spawn(&mut self) -> Result<ChildProcess, SpawnError> {
        let (child, _) = self.spawn_with(|pipes| Ok((Streams::of(pipes)?, ())))?;
        Ok(child)
    }

    /// Starts the program; `take` makes of the parent's pipes what is wanted of them: streams, or anything else.
    pub(crate) fn spawn_with<T>(
        &mut self,
        take: impl FnOnce(Vec<Option<OwnedFd>>) -> io::Result<(Streams, T)>,
    ) -> Result<(ChildProcess, T), SpawnError> {
        let (program, arguments) = self.line();
        match self.start(&program, &arguments, take) {
            Ok((started, taken)) => Ok((ChildProcess::new(self, started, program, arguments), taken)),
            Err(reason) => Err(self.refusal(reason)),
        }
    }

    pub(crate) fn refusal(&self, reason: SpawnErrorReason) -> SpawnError {
        let (program, arguments) = self.line();
        SpawnError {
            program,
            arguments,
            directory: self.directory.clone(),
            reason,
        }
    }

    fn start<T>(
        &self,
        program: &OsStr,
        arguments: &[OsString],
        take: impl FnOnce(Vec<Option<OwnedFd>>) -> io::Result<(Streams, T)>,
    ) -> Result<(Started, T), SpawnErrorReason> {
        if program.is_empty() {
            return Err(SpawnErrorReason::Empty);
        }
        let channel = stdio::channel_number(&self.stdio)?;
        let environment = self.environment.full(channel.map(|number| (number, self.mode)));
        let (ends, given) = stdio::open(&self.stdio, self.mode, self.limits).map_err(SpawnErrorReason::Stdio)?;
        let attempt = Attempt {
            command: self,
            arguments,
            environment: &environment,
            given: &given,
        };
        let spawned = attempt.somewhere(program)?;
        // From here on the child runs, and what is done goes beside its own beginning.
        let exit = spawned.pidfd.as_fd().try_clone_to_owned().and_then(Readiness::reading);
        match exit.and_then(|exit| Ok((exit, take(ends.pipes)?))) {
            Ok((exit, (streams, taken))) => {
                given.hand_over();
                let channel = ends.channel;
                let started = Started {
                    spawned,
                    exit,
                    streams,
                    channel,
                };
                Ok((started, taken))
            }
            Err(error) => {
                // It cannot be waited for, or not be heard: it must not stay.
                let _ = spawned.pidfd.send_signal(Signal::KILL);
                let _ = spawned.pidfd.wait();
                Err(SpawnErrorReason::Stdio(error))
            }
        }
    }
}

/// A child that has just been started.
pub(crate) struct Started {
    pub(crate) spawned: Spawned,
    pub(crate) exit: Readiness,
    pub(crate) streams: Streams,
    pub(crate) channel: Option<Channel>,
}

/// Everything but the place of the program.
struct Attempt<'a> {
    command: &'a Command,
    arguments: &'a [OsString],
    environment: &'a Variables,
    given: &'a Given<'a>,
}

impl Attempt<'_> {
    /// Tries the places where the program may be, as `execvp` does.
    fn somewhere(&self, program: &OsStr) -> Result<Spawned, SpawnErrorReason> {
        // A name that the kernel cannot take is nowhere, but that is not what is wrong with it.
        Spawn::new(program.as_ref(), program)?;
        let is_searched = search::is_searched(program);
        let path = self.environment.get("PATH");
        // "Permission denied" says more than that it is not in the places behind.
        let (mut denied, mut missing) = (None, None);
        for place in search::places(program, path) {
            if is_searched && !self.seen_from_child(&place).exists() {
                continue;
            }
            match self.at(program, &place) {
                Err(SpawnErrorReason::Program(error)) if error.kind() == io::ErrorKind::PermissionDenied => {
                    denied = Some(error);
                }
                Err(SpawnErrorReason::Program(error)) if is_searched && is_elsewhere(&error) => missing = Some(error),
                done => return done.map_err(|error| self.told_apart(error)),
            }
        }
        let not_found = || io::Error::from_raw_os_error(ENOENT);
        let error = denied.or(missing).unwrap_or_else(not_found);
        Err(self.told_apart(SpawnErrorReason::Program(error)))
    }

    /// Starts the program that is at `place`; a script that does not say what runs it is run by a shell.
    fn at(&self, name: &OsStr, place: &Path) -> Result<Spawned, SpawnErrorReason> {
        let zero = self.command.argument_zero.as_deref().unwrap_or(name);
        let mut spawn = Spawn::new(place, zero)?;
        match self.start(&mut spawn) {
            Err(SpawnErrorReason::Program(error)) if error_name(&error) == Some("ENOEXEC") => {
                let mut shell = Spawn::new(SCRIPT_SHELL.as_ref(), SCRIPT_SHELL.as_ref())?;
                shell.argument(place.as_os_str())?;
                self.start(&mut shell)
            }
            done => done,
        }
    }

    fn start<'s>(&'s self, spawn: &mut Spawn<'s>) -> Result<Spawned, SpawnErrorReason> {
        for argument in self.arguments {
            spawn.argument(argument)?;
        }
        for (name, value) in self.environment.iter() {
            spawn.variable(name, value)?;
        }
        if let Some(directory) = &self.command.directory {
            spawn.directory(directory)?;
        }
        if self.command.is_detached {
            spawn.new_session();
        }
        if let Some(uid) = self.command.user {
            spawn.user(uid);
        }
        if let Some(gid) = self.command.group {
            spawn.group(gid);
        }
        self.given.describe(spawn);
        Ok(spawn.start()?)
    }

    fn seen_from_child(&self, place: &Path) -> PathBuf {
        match &self.command.directory {
            Some(directory) => directory.join(place),
            None => place.to_owned(),
        }
    }

    /// "Not found" may be said of the program or of the directory: a look tells.
    fn told_apart(&self, reason: SpawnErrorReason) -> SpawnErrorReason {
        let (SpawnErrorReason::Program(error), Some(directory)) = (&reason, &self.command.directory) else {
            return reason;
        };
        if !is_elsewhere(error) {
            return reason;
        }
        match std::fs::metadata(directory) {
            Ok(found) if found.is_dir() => reason,
            Ok(_) => SpawnErrorReason::Directory(io::Error::from_raw_os_error(ENOTDIR)),
            Err(error) => SpawnErrorReason::Directory(error),
        }
    }
}

/// What says that a program may be in the next place.
fn is_elsewhere(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// "No such file or directory".
const ENOENT: i32 = 2;
/// "Not a directory".
const ENOTDIR: i32 = 20;
