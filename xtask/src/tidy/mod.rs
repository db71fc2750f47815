//! The laws of the house, checked instead of hoped for: one rule a file, each with its reason.
//!
//! A rule is a function from the [`Workspace`] in memory to [`Finding`]s, so that its tests are a few lines of bad
//! text and need no files. Sources are scanned as plain text with comments and string literals blanked
//! ([`code`]): that is blunt, but the reader sees at once what is forbidden, and nothing here must understand Rust.
//!
//! To add a rule: a file with `check`, a line in [`RULES`], and a test that shows it fail.

mod code;
mod environment;
mod manifests;
mod names;
mod neighbours;
mod openings;
mod papers;
mod pure_places;
mod sizes;
mod unsafe_rooms;
mod waits;
mod walls;
mod workspace;

use std::fmt;
use std::io;
use std::path::Path;

use self::workspace::Workspace;

const RULES: &[fn(&Workspace) -> Vec<Finding>] = &[
    neighbours::check,
    unsafe_rooms::check,
    pure_places::check,
    walls::check,
    environment::check,
    openings::check,
    names::check,
    waits::check,
    manifests::check,
    papers::check,
];

/// One place where a law is broken.
#[derive(Debug, PartialEq)]
pub(crate) struct Finding {
    path: String,
    line: usize,
    what: String,
    why: &'static str,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>, why: &'static str) -> Self {
        Self {
            path: path.to_owned(),
            line,
            what: what.into(),
            why,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {} — {}", self.path, self.line, self.what, self.why)
    }
}

/// All that tidy has to say.
pub(crate) struct Report {
    pub(crate) findings: Vec<Finding>,
    notes: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        Ok(())
    }
}

/// Checks the workspace at `root` by every rule.
///
/// # Errors
///
/// When a file cannot be read, or `cargo metadata` does not answer.
pub(crate) fn run(root: &Path) -> io::Result<Report> {
    let workspace = Workspace::load(root)?;
    let findings = RULES.iter().flat_map(|rule| rule(&workspace)).collect();
    Ok(Report {
        findings,
        notes: sizes::notes(&workspace),
    })
}

/// What each rule's tests share: a workspace of one file, and what the rule says to it.
#[cfg(test)]
mod tests {
    use super::*;

    /// Expects the rule to complain about these lines of a file, and about no other.
    #[track_caller]
    pub(super) fn check(rule: fn(&Workspace) -> Vec<Finding>, path: &str, text: &str, lines: &[usize]) {
        let found = rule(&Workspace::of(&[(path, text)]));
        let numbers: Vec<usize> = found.iter().map(|finding| finding.line).collect();
        assert_eq!(numbers, lines, "{found:#?}");
    }

    #[test]
    fn a_finding_is_one_line_with_place_and_reason() {
        let finding = Finding::new("a.rs", 3, "a slip", "slips hurt");
        assert_eq!(finding.to_string(), "a.rs:3: a slip — slips hurt");
    }

    #[test]
    fn the_real_workspace_can_be_read() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let workspace = Workspace::load(root).unwrap();
        assert!(workspace.file("xtask/src/tidy/mod.rs").is_some());
        assert!(
            workspace
                .packages
                .iter()
                .any(|package| package.manifest == "xtask/Cargo.toml")
        );
    }
}
