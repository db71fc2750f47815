//! Who may know whom.
//!
//! The crates are a house of storeys: an arrow that points up, or sideways, makes two crates into one that is harder
//! to read, test and use alone. Only normal dependencies count: tests, examples, benches, conformance and xtask may
//! know all.

use super::Finding;
use super::workspace::{Dependency, Workspace};

/// One crate's neighbours, by folder.
struct Neighbours {
    folder: &'static str,
    always: &'static [&'static str],
    /// Known only when a feature asks for them.
    by_feature: &'static [&'static str],
}

const fn knows(folder: &'static str, always: &'static [&'static str]) -> Neighbours {
    Neighbours {
        folder,
        always,
        by_feature: &[],
    }
}

const HOUSE: &[Neighbours] = &[
    knows("cli", &["supervisor", "cluster", "child", "process", "state", "events"]),
    knows("supervisor", &["cluster", "child", "events", "sys"]),
    knows("cluster", &["child", "process", "ipc", "events", "sys"]),
    Neighbours {
        folder: "state",
        always: &["ipc"],
        by_feature: &["cluster"],
    },
    knows("crypto-demo", &["buffer"]),
    knows("child", &["ipc", "stream", "events", "sys"]),
    knows("process", &["ipc", "stream", "events", "sys"]),
    knows("stream", &["buffer", "events"]),
    Neighbours {
        folder: "ipc",
        always: &["v8-serialize"],
        by_feature: &["events", "sys"],
    },
    knows("v8-serialize", &["buffer"]),
    knows("events", &[]),
    knows("buffer", &[]),
    knows("sys", &[]),
];

const WHY: &str = "the storeys of the house are listed in xtask/src/tidy/neighbours.rs";

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &workspace.packages {
        let Some(folder) = package
            .manifest
            .strip_prefix("crates/")
            .and_then(|rest| rest.strip_suffix("/Cargo.toml"))
        else {
            continue;
        };
        let Some(neighbours) = HOUSE.iter().find(|neighbours| neighbours.folder == folder) else {
            findings.push(Finding::new(
                &package.manifest,
                1,
                format!("{folder} has no storey"),
                WHY,
            ));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.is_normal) {
            if let Some(what) = neighbours.objection(dependency) {
                let line = workspace.line_of(&package.manifest, &dependency.name);
                findings.push(Finding::new(&package.manifest, line, what, WHY));
            }
        }
    }
    findings
}

impl Neighbours {
    fn objection(&self, dependency: &Dependency) -> Option<String> {
        let folder = self.folder;
        let other = dependency.name.strip_prefix("ferronode-")?;
        if self.always.contains(&other) || (self.by_feature.contains(&other) && dependency.is_optional) {
            None
        } else if self.by_feature.contains(&other) {
            Some(format!("{folder} may know {other} only behind a feature"))
        } else {
            Some(format!("{folder} may not know {other}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(folder: &str, dependency: Dependency, expected: &[&str]) {
        let package = Workspace::of_package(
            &format!("ferronode-{folder}"),
            &format!("crates/{folder}"),
            vec![dependency],
        );
        let found: Vec<String> = super::check(&package).into_iter().map(|finding| finding.what).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_neighbour_below_is_known() {
        check("cluster", Dependency::normal("ferronode-child"), &[]);
    }

    #[test]
    fn a_neighbour_above_or_beside_is_not() {
        check(
            "child",
            Dependency::normal("ferronode-process"),
            &["child may not know process"],
        );
        check(
            "events",
            Dependency::normal("ferronode-sys"),
            &["events may not know sys"],
        );
    }

    #[test]
    fn a_neighbour_by_feature_must_be_optional() {
        let optional = Dependency {
            is_optional: true,
            ..Dependency::normal("ferronode-sys")
        };
        check("ipc", optional, &[]);
        check(
            "ipc",
            Dependency::normal("ferronode-sys"),
            &["ipc may know sys only behind a feature"],
        );
    }

    #[test]
    fn tests_may_know_all() {
        let for_tests = Dependency {
            is_normal: false,
            ..Dependency::normal("ferronode-cluster")
        };
        check("events", for_tests, &[]);
    }

    #[test]
    fn a_crate_that_nobody_planned_is_named() {
        check(
            "worker-threads",
            Dependency::normal("tokio"),
            &["worker-threads has no storey"],
        );
    }
}
