//! The environment, as a value of this program: read from the process once, changed here, handed to children.
//!
//! Why not `std::env::set_var`? The environment of a process is an array that C code reads without a lock, `getaddrinfo` for
//! one; changing it while another thread may read it is undefined behaviour, which is why the call is `unsafe`. What
//! programs want is that their children see the change, and that needs no process-wide array.
//!
//! ```
//! let env = ferronode_process::env();
//! env.set("COLOR", "never");
//! let shown = std::process::Command::new("sh").args(["-c", "echo $COLOR"]).env_clear().envs(env.vars()).output()?;
//! assert_eq!(shown.stdout, b"never\n");
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Surprise: libraries that ask the process itself, as the time zone database does for `TZ`, do not see what is set here.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

static VARIABLES: LazyLock<Mutex<BTreeMap<OsString, OsString>>> =
    LazyLock::new(|| Mutex::new(std::env::vars_os().collect()));

/// The environment that this process has and its children are to have. There is one, seen from all threads.
///
/// In Node: [`process.env`](https://nodejs.org/docs/latest-v20.x/api/process.html#processenv).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Env;

/// The environment of this process.
#[must_use]
pub fn env() -> Env {
    Env
}

impl Env {
    /// The value of a variable.
    #[must_use]
    pub fn var(self, name: impl AsRef<OsStr>) -> Option<OsString> {
        variables().get(name.as_ref()).cloned()
    }

    /// Sets a variable, for this object and the children that get it; gives back what it was.
    pub fn set(self, name: impl Into<OsString>, value: impl Into<OsString>) -> Option<OsString> {
        variables().insert(name.into(), value.into())
    }

    /// Removes a variable; gives back what it was.
    #[doc(alias = "delete")]
    pub fn remove(self, name: impl AsRef<OsStr>) -> Option<OsString> {
        variables().remove(name.as_ref())
    }

    /// All variables, by name: what a child's `env_clear().envs(…)` takes.
    #[must_use]
    pub fn vars(self) -> BTreeMap<OsString, OsString> {
        variables().clone()
    }
}

fn variables() -> MutexGuard<'static, BTreeMap<OsString, OsString>> {
    VARIABLES.lock().unwrap_or_else(PoisonError::into_inner)
}
