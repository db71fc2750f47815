//! Names of system errors: what Node calls a system error's `code`.

use std::io;

/// Node's name of a system error, `"ENOENT"`; `None` if the error is not the system's, or one of the rarer.
///
/// # References
///
/// [`errno(3)`](https://man7.org/linux/man-pages/man3/errno.3.html)
#[must_use]
pub fn error_name(error: &io::Error) -> Option<&'static str> {
    let number = error.raw_os_error()?;
    NAMES.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

macro_rules! named {
    ($($name:ident),* $(,)?) => { &[$((libc::$name, stringify!($name))),*] };
}

/// Those that processes, files and sockets give.
const NAMES: &[(i32, &str)] = named![
    E2BIG,
    EACCES,
    EADDRINUSE,
    EAGAIN,
    EBADF,
    ECHILD,
    ECONNREFUSED,
    ECONNRESET,
    EEXIST,
    EINTR,
    EINVAL,
    EIO,
    EISDIR,
    ELIBBAD,
    ELOOP,
    EMFILE,
    ENAMETOOLONG,
    ENFILE,
    ENOBUFS,
    ENOENT,
    ENOEXEC,
    ENOMEM,
    ENOSPC,
    ENOTDIR,
    EPERM,
    EPIPE,
    ESRCH,
    ETIMEDOUT,
    ETOOMANYREFS,
    ETXTBSY,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_system_has_its_name_and_others_have_none() {
        assert_eq!(error_name(&io::Error::from_raw_os_error(2)), Some("ENOENT"));
        assert_eq!(error_name(&io::Error::from_raw_os_error(24)), Some("EMFILE"));
        assert_eq!(error_name(&io::Error::other("ours")), None);
    }
}
