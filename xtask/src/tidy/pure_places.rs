//! Protocols are pure: `proto` and v8-serialize know bytes, messages and events, and nothing of the world.
//!
//! A pure state machine is tested with a virtual clock, in one thread, by any order of events, and replays exactly.
//! Time and randomness come in as arguments; descriptors are the driver's.

use super::Finding;
use super::code;
use super::workspace::{File, Workspace};

/// The world, by the words that let it in.
const WORLD: &[(&str, &[&str])] = &[
    ("an async runtime", &["tokio"]),
    ("the system", &["nix", "libc", "ferronode_sys"]),
    (
        "a descriptor",
        &[
            "os::fd",
            "os::unix",
            "OwnedFd",
            "BorrowedFd",
            "RawFd",
            "AsFd",
            "AsRawFd",
        ],
    ),
    ("a clock", &["Instant::now", "SystemTime", "elapsed"]),
    ("randomness", &["rand", "fastrand", "getrandom", "RandomState"]),
];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in workspace.sources().filter(|file| is_pure(file)) {
        for (number, line) in file.code_lines() {
            for (part, words) in WORLD {
                if let Some(word) = words.iter().find(|word| code::has(line, word)) {
                    let what = format!("{part} (`{word}`) in a pure place");
                    let why = "a protocol without the world in it can be replayed, simulated and fuzzed";
                    findings.push(Finding::new(&file.path, number, what, why));
                }
            }
        }
    }
    findings
}

fn is_pure(file: &File) -> bool {
    file.path.starts_with("crates/v8-serialize/src/")
        || (file.crate_folder().is_some()
            && ["/src/proto/", "/src/proto.rs"]
                .iter()
                .any(|place| file.path.contains(place)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn the_world_is_kept_out_of_a_protocol() {
        let bad = "//! Of tokio.\nuse tokio::time;\nuse std::os::fd::OwnedFd;\nlet now = Instant::now();\nlet n = rand::random();\n";
        check(super::check, "crates/ipc/src/proto/handle.rs", bad, &[2, 3, 4, 5]);
        check(super::check, "crates/v8-serialize/src/reader.rs", bad, &[2, 3, 4, 5]);
        check(super::check, "crates/ipc/src/channel.rs", bad, &[]);
    }

    #[test]
    fn an_instant_may_come_in_as_an_argument() {
        check(
            super::check,
            "crates/supervisor/src/proto/mod.rs",
            "fn due(now: Instant, brand: u8) {}",
            &[],
        );
    }
}
