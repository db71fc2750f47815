//! What is known of a child that has run to its end; and the error that it is, if it did not go well.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::capture::Captured;
use crate::curfew::Cut;
use crate::error::SpawnError;
use crate::exit::Exit;

/// All that is known of a child that has run to its end.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Output {
    /// The program and its arguments, for people: Node's `cmd`.
    pub command: String,
    /// The working directory that was asked for.
    pub directory: Option<PathBuf>,
    /// The number that the process had.
    pub pid: u32,
    /// How it has ended.
    #[doc(alias = "status")]
    pub exit: Exit,
    /// Why it was made to end before its end, if it was.
    pub cut: Option<Cut>,
    /// Whether it was sent a signal from here: Node's `killed`.
    pub was_signalled: bool,
    /// Whether its streams were read to their ends. If not, somebody else still holds them, and may still write.
    pub is_drained: bool,
    /// How long it took, from its start until all was read.
    pub duration: Duration,
    pub(crate) captured: Vec<Option<Captured>>,
}

impl Output {
    /// What was captured of the child's descriptor `number`; `None` if that was no pipe.
    #[must_use]
    pub fn captured(&self, number: usize) -> Option<&Captured> {
        self.captured.get(number)?.as_ref()
    }

    /// What was captured of the standard output, within the bound; nothing if that was no pipe.
    #[must_use]
    pub fn stdout(&self) -> &[u8] {
        self.captured(1).map_or(&[], Captured::bytes)
    }

    /// What was captured of the standard error, likewise.
    #[must_use]
    pub fn stderr(&self) -> &[u8] {
        self.captured(2).map_or(&[], Captured::bytes)
    }

    /// The standard output as text. What is no UTF-8 becomes U+FFFD.
    #[must_use]
    pub fn stdout_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.stdout())
    }

    /// The standard error as text, likewise.
    #[must_use]
    pub fn stderr_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.stderr())
    }

    /// Whether it ran longer than its timeout.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.cut == Some(Cut::TimedOut)
    }

    /// Makes an error of anything but exit code 0.
    ///
    /// # Errors
    ///
    /// [`Failure`], with the output in it.
    pub fn checked(self) -> Result<Self, Failure> {
        if self.exit.success() && self.cut.is_none() {
            Ok(self)
        } else {
            Err(Failure(Box::new(self)))
        }
    }
}

/// A child that did not go well.
#[derive(Debug, Clone)]
pub struct Failure(pub Box<Output>);

/// A program could not be run, or did not go well.
#[derive(Debug)]
#[non_exhaustive]
pub enum ExecError {
    /// It could not be started.
    Spawn(SpawnError),
    /// It has failed, or was cut.
    Failed(Failure),
}

impl ExecError {
    /// What the child had written and how it had ended; `None` if it was not started.
    #[must_use]
    pub fn output(&self) -> Option<&Output> {
        match self {
            Self::Spawn(_) => None,
            Self::Failed(Failure(output)) => Some(output),
        }
    }

    /// Node's code of the error, where it is none of the program's: `"ENOENT"`, `"ERR_CHILD_PROCESS_STDIO_MAXBUFFER"`.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Spawn(error) => error.code(),
            Self::Failed(Failure(output)) => match output.cut? {
                Cut::MaxBuffer { .. } => Some("ERR_CHILD_PROCESS_STDIO_MAXBUFFER"),
                Cut::Aborted => Some("ABORT_ERR"),
                Cut::TimedOut => None,
            },
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let output = &self.0;
        match output.cut {
            Some(Cut::MaxBuffer { descriptor }) => {
                let name = ["stdin", "stdout", "stderr"].get(descriptor).unwrap_or(&"a stream");
                return write!(f, "{name} maxBuffer length exceeded: {}", output.command);
            }
            Some(Cut::Aborted) => return write!(f, "The operation was aborted: {}", output.command),
            Some(Cut::TimedOut) => write!(f, "Command timed out: {}", output.command)?,
            None => write!(f, "Command failed: {}", output.command)?,
        }
        if let Some(directory) = &output.directory {
            write!(f, " (in {})", directory.display())?;
        }
        write!(
            f,
            ": {} after {:?}\n{}",
            output.exit,
            output.duration,
            output.stderr_text()
        )
    }
}

impl std::error::Error for Failure {}

impl fmt::Display for ExecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spawn(error) => write!(f, "{error}"),
            Self::Failed(failure) => write!(f, "{failure}"),
        }
    }
}

impl std::error::Error for ExecError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Spawn(error) => Some(error),
            Self::Failed(_) => None,
        }
    }
}

impl From<SpawnError> for ExecError {
    fn from(error: SpawnError) -> Self {
        Self::Spawn(error)
    }
}

impl From<Failure> for ExecError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
