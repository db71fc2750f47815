//! Who this process is: numbers, names and rights.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

pub use ferronode_sys::Identity;

/// The number of this process.
#[must_use]
pub fn pid() -> u32 {
    std::process::id()
}

/// The number of the parent, at this moment: 1, or a reaper's, once the parent has ended.
#[must_use]
pub fn ppid() -> u32 {
    std::os::unix::process::parent_id()
}

/// The arguments: the absolute path of this program, then what came behind its name.
///
/// In Node there is a script's path between the two, as long as there is a script.
#[must_use]
pub fn argv() -> Vec<OsString> {
    let program = exec_path().map_or_else(|_| argv0(), PathBuf::into_os_string);
    std::iter::once(program).chain(std::env::args_os().skip(1)).collect()
}

/// The name under which this program was started, as it was given.
#[must_use]
pub fn argv0() -> OsString {
    std::env::args_os().next().unwrap_or_default()
}

/// The absolute path of this program.
///
/// # Errors
///
/// What reading `/proc/self/exe` says.
///
/// In Node: [`process.execPath`](https://nodejs.org/docs/latest-v20.x/api/process.html#processexecpath).
#[doc(alias = "execPath")]
pub fn exec_path() -> io::Result<PathBuf> {
    std::env::current_exe()
}

static TITLE: Mutex<Option<String>> = Mutex::new(None);

/// The name that `ps` shows: the one that was set, or the one under which the program was started.
#[must_use]
pub fn title() -> String {
    let title = TITLE.lock().unwrap_or_else(PoisonError::into_inner).clone();
    title.unwrap_or_else(|| argv0().to_string_lossy().into_owned())
}

/// Sets the name that `ps` shows: whole in `ps -o args`, 15 bytes of it in `ps -o comm` and in `top`.
///
/// # Errors
///
/// `InvalidInput` where there is a NUL in it; what the kernel says, where it keeps arguments as they are.
///
/// In Node: [`process.title`](https://nodejs.org/docs/latest-v20.x/api/process.html#processtitle).
pub fn set_title(title: &str) -> io::Result<()> {
    ferronode_sys::set_title(title)?;
    *TITLE.lock().unwrap_or_else(PoisonError::into_inner) = Some(title.to_owned());
    Ok(())
}

/// The numbers of the user and the groups of this process.
///
/// # Errors
///
/// What `getgroups` says.
#[doc(alias = "getuid")]
#[doc(alias = "geteuid")]
#[doc(alias = "getgid")]
#[doc(alias = "getegid")]
#[doc(alias = "getgroups")]
pub fn identity() -> io::Result<Identity> {
    ferronode_sys::identity()
}

/// A user or a group: by number, or by the name that the machine's database has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Account {
    /// Its number.
    Id(u32),
    /// Its name.
    Name(String),
}

impl From<u32> for Account {
    fn from(id: u32) -> Self {
        Self::Id(id)
    }
}

impl From<&str> for Account {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

/// Makes this process another user's: for good, where it was root.
///
/// # Errors
///
/// [`AccountError`].
///
/// In Node: [`process.setuid`](https://nodejs.org/docs/latest-v20.x/api/process.html#processsetuidid).
#[doc(alias = "setuid")]
pub fn set_uid(user: impl Into<Account>) -> Result<(), AccountError> {
    Ok(ferronode_sys::set_uid(user_id(user.into())?)?)
}

/// Gives this process another user's rights, which it can lay down again.
///
/// # Errors
///
/// [`AccountError`].
#[doc(alias = "seteuid")]
pub fn set_euid(user: impl Into<Account>) -> Result<(), AccountError> {
    Ok(ferronode_sys::set_euid(user_id(user.into())?)?)
}

/// Makes this process one of another group. Before [`set_uid`]: afterwards it has not the right any more.
///
/// # Errors
///
/// [`AccountError`].
#[doc(alias = "setgid")]
pub fn set_gid(group: impl Into<Account>) -> Result<(), AccountError> {
    Ok(ferronode_sys::set_gid(group_id(group.into())?)?)
}

/// Gives this process another group's rights, which it can lay down again.
///
/// # Errors
///
/// [`AccountError`].
#[doc(alias = "setegid")]
pub fn set_egid(group: impl Into<Account>) -> Result<(), AccountError> {
    Ok(ferronode_sys::set_egid(group_id(group.into())?)?)
}

fn user_id(user: Account) -> Result<u32, AccountError> {
    match user {
        Account::Id(id) => Ok(id),
        Account::Name(name) => ferronode_sys::user_id(&name)?.ok_or(AccountError::Unknown { name }),
    }
}

fn group_id(group: Account) -> Result<u32, AccountError> {
    match group {
        Account::Id(id) => Ok(id),
        Account::Name(name) => ferronode_sys::group_id(&name)?.ok_or(AccountError::Unknown { name }),
    }
}

/// The process is whom it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum AccountError {
    /// The machine knows no such user, or group.
    Unknown {
        /// The name that was given.
        name: String,
    },
    /// What the system says: `EPERM`, mostly.
    System(io::Error),
}

impl AccountError {
    /// Node's code.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Unknown { .. } => Some("ERR_UNKNOWN_CREDENTIAL"),
            Self::System(error) => ferronode_sys::error_name(error),
        }
    }
}

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(f, "no user or group of this name: {name}"),
            Self::System(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for AccountError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unknown { .. } => None,
            Self::System(error) => Some(error),
        }
    }
}

impl From<io::Error> for AccountError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}
