//! Where a program is looked for. Pure.
//!
//! Rule: a name with a slash is a path, from the child's working directory. Any other is looked for in the `PATH` of the
//! child's environment, not of ours; an empty place in it is the working directory.
//!
//! In libuv: `execvp` after the child's environment is in place.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where programs are when the child has no `PATH`: what glibc's `execvp` takes then.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// The places where `program` may be, in order.
pub(crate) fn places(program: &OsStr, path: Option<&OsStr>) -> Vec<PathBuf> {
    if !is_searched(program) {
        return vec![program.into()];
    }
    let path = path.unwrap_or(OsStr::new(DEFAULT_PATH));
    path.as_bytes()
        .split(|byte| *byte == b':')
        .map(|directory| match directory {
            [] => Path::new(".").join(program),
            directory => Path::new(OsStr::from_bytes(directory)).join(program),
        })
        .collect()
}

/// Whether the program is looked for in several places.
pub(crate) fn is_searched(program: &OsStr) -> bool {
    !program.as_bytes().contains(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(program: &str, path: Option<&str>, expected: &[&str]) {
        let found = places(program.as_ref(), path.map(OsStr::new));
        assert_eq!(found, expected.iter().map(PathBuf::from).collect::<Vec<_>>());
    }

    #[test]
    fn a_slash_makes_a_path_of_a_name() {
        check("/bin/sh", Some("/usr/bin"), &["/bin/sh"]);
        check("./sh", Some("/usr/bin"), &["./sh"]);
        check("a/b", None, &["a/b"]);
    }

    #[test]
    fn a_name_is_looked_for_in_each_place_in_order() {
        check("ls", Some("/a:/b"), &["/a/ls", "/b/ls"]);
        check("ls", Some("/a::b:"), &["/a/ls", "./ls", "b/ls", "./ls"]);
        check("ls", None, &["/bin/ls", "/usr/bin/ls"]);
    }
}
