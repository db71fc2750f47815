//! Where the process stands in the file system.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The working directory, absolute.
///
/// # Errors
///
/// `NotFound`: it was removed.
///
/// In Node: [`process.cwd`](https://nodejs.org/docs/latest-v20.x/api/process.html#processcwd).
pub fn cwd() -> io::Result<PathBuf> {
    std::env::current_dir()
}

/// Goes to another directory; with all threads, since the process has one.
///
/// # Errors
///
/// [`ChdirError`] says from where, to where and why not.
///
/// In Node: [`process.chdir`](https://nodejs.org/docs/latest-v20.x/api/process.html#processchdirdirectory).
pub fn chdir(directory: impl AsRef<Path>) -> Result<(), ChdirError> {
    let directory = directory.as_ref();
    std::env::set_current_dir(directory).map_err(|error| ChdirError {
        from: cwd().ok(),
        to: directory.to_owned(),
        error,
    })
}

/// The working directory was not changed.
#[derive(Debug)]
#[non_exhaustive]
pub struct ChdirError {
    /// Where the process is still; `None` if that was removed.
    pub from: Option<PathBuf>,
    /// Where it was to go.
    pub to: PathBuf,
    /// Why not.
    pub error: io::Error,
}

impl ChdirError {
    /// Node's code: the system's, `"ENOENT"`.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        ferronode_sys::error_name(&self.error)
    }
}

impl fmt::Display for ChdirError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self
            .from
            .as_deref()
            .unwrap_or(Path::new("(a directory that was removed)"));
        write!(
            f,
            "{}, chdir '{}' -> '{}'",
            self.error,
            from.display(),
            self.to.display()
        )
    }
}

impl std::error::Error for ChdirError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
