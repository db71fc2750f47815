//! Papers stay short enough to be read, and ARCHITECTURE.md names every dependency.
//!
//! A dependency that nobody can give a reason for is one that nobody decided on.

use super::Finding;
use super::manifests;
use super::workspace::{File, Workspace};

const ARCHITECTURE: &str = "ARCHITECTURE.md";

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings: Vec<_> = workspace.files.iter().filter_map(too_long).collect();
    let manifest = workspace.file("Cargo.toml");
    if let (Some(paper), Some(manifest)) = (workspace.file(ARCHITECTURE), manifest) {
        for (number, name) in manifests::external_dependencies(manifest) {
            if !paper.text.contains(&format!("`{name}`")) {
                let what = format!("`{name}` is not in {ARCHITECTURE}");
                findings.push(Finding::new(
                    &manifest.path,
                    number,
                    what,
                    "every dependency has a reason that is written down",
                ));
            }
        }
    }
    findings
}

fn too_long(file: &File) -> Option<Finding> {
    let limit = match (file.crate_folder(), file.name()) {
        (Some(_), "README.md") => 60,
        (None, ARCHITECTURE) => 200,
        (None, "CONTRIBUTING.md") => 150,
        _ => return None,
    };
    let lines = file.text.lines().count();
    let why = "a paper that is longer is not read";
    (lines > limit).then(|| Finding::new(&file.path, limit + 1, format!("{lines} lines of at most {limit}"), why))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;

    #[test]
    fn a_long_paper_is_found() {
        check(super::check, "crates/ipc/README.md", &"a\n".repeat(61), &[61]);
        check(super::check, "crates/ipc/README.md", &"a\n".repeat(60), &[]);
        check(super::check, "ARCHITECTURE.md", &"a\n".repeat(201), &[201]);
        check(super::check, "README.md", &"a\n".repeat(201), &[]);
    }

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        let manifest = (
            "Cargo.toml",
            "[workspace.dependencies]\nbytes = \"1\"\nserde = { version = \"1\" }\n",
        );
        let paper = ("ARCHITECTURE.md", "- `serde`: messages of any type\n- bytes\n");
        let found = super::check(&Workspace::of(&[manifest, paper]));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 2);
        assert!(super::check(&Workspace::of(&[manifest])).is_empty());
    }
}
