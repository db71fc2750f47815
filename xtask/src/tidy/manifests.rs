//! Manifests: one place for versions, one home for each dangerous dependency, one licence and edition for all.
//!
//! TOML is read line by line, as `cargo add` and a careful hand write it; fuzz is a workspace of its own.

use super::Finding;
use super::workspace::{File, Workspace};

/// What every member takes from the root.
const INHERITED: &[&str] = &["version", "edition", "rust-version", "license", "authors"];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in workspace
        .files
        .iter()
        .filter(|file| file.name() == "Cargo.toml" && !file.path.starts_with("fuzz/"))
    {
        if file.path == "Cargo.toml" {
            findings.extend(loose_bincode(file));
        } else {
            findings.extend(not_inherited(file));
            findings.extend(own_versions(file));
        }
    }
    findings.extend(system_calls_outside_sys(workspace));
    findings
}

/// Lines of a manifest with their numbers and the section that they stand in.
fn entries(file: &File) -> impl Iterator<Item = (usize, &str, &str)> {
    let mut section = "";
    (1..)
        .zip(file.text.lines().map(str::trim))
        .filter_map(move |(number, line)| {
            if line.starts_with('[') && line.ends_with(']') {
                section = line.trim_matches(['[', ']']);
                return None;
            }
            let is_entry = line.contains('=') && !line.starts_with('#');
            is_entry.then_some((number, section, line))
        })
}

/// The dependencies in `[workspace.dependencies]` that come from outside.
pub(super) fn external_dependencies(root: &File) -> impl Iterator<Item = (usize, &str)> {
    entries(root)
        .filter(|(_, section, line)| *section == "workspace.dependencies" && !line.contains("path ="))
        .filter_map(|(number, _, line)| Some((number, line.split(['=', ' ', '.']).next()?)))
}

fn loose_bincode(file: &File) -> Option<Finding> {
    let (number, _, line) = entries(file).find(|(_, _, line)| line.starts_with("bincode"))?;
    let why = "3.0.0 does not compile and the wire format is ours to freeze";
    (!line.contains("\"=2.0.1\"")).then(|| Finding::new(&file.path, number, "bincode is not pinned to =2.0.1", why))
}

fn not_inherited(file: &File) -> Vec<Finding> {
    let has = |wanted: &str, within: &str| {
        entries(file).any(|(_, section, line)| section == within && line.replace(' ', "") == wanted)
    };
    let why = "the root says it once for all";
    let mut findings = Vec::new();
    for key in INHERITED
        .iter()
        .filter(|key| !has(&format!("{key}.workspace=true"), "package"))
    {
        findings.push(Finding::new(
            &file.path,
            1,
            format!("`{key}.workspace = true` is missing"),
            why,
        ));
    }
    if !has("workspace=true", "lints") {
        findings.push(Finding::new(
            &file.path,
            1,
            "`[lints] workspace = true` is missing",
            why,
        ));
    }
    findings
}

fn own_versions(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, section, line) in entries(file) {
        let is_dependency = section.ends_with("dependencies") && !line.replace(' ', "").contains("workspace=true");
        let is_table = section.contains("dependencies.") && line.starts_with("version");
        if is_dependency || is_table {
            let why = "versions stand in [workspace.dependencies] of the root, so that there is one of each";
            findings.push(Finding::new(
                &file.path,
                number,
                "a dependency that is not the workspace's",
                why,
            ));
        }
    }
    findings
}

fn system_calls_outside_sys(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in workspace
        .packages
        .iter()
        .filter(|package| package.manifest.starts_with("crates/"))
    {
        let at_home = |name: &str| match name {
            "libc" | "nix" => package.name == "ferronode-sys",
            "bincode" => package.name == "ferronode-ipc",
            _ => true,
        };
        for dependency in package.dependencies.iter().filter(|d| d.is_normal && !at_home(&d.name)) {
            let what = format!("{} depends on {}", package.name, dependency.name);
            let why = "libc and nix have one home, sys, and bincode has one, ipc";
            let line = workspace.line_of(&package.manifest, &dependency.name);
            findings.push(Finding::new(&package.manifest, line, what, why));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::super::workspace::Dependency;
    use super::*;

    const HEAD: &str = "[package]\nname = \"a\"\nversion.workspace = true\nedition.workspace = true\n\
        rust-version.workspace = true\nlicense.workspace = true\nauthors.workspace = true\n[lints]\nworkspace = true\n";

    #[test]
    fn a_member_takes_everything_from_the_root() {
        check(super::check, "crates/ipc/Cargo.toml", HEAD, &[]);
        let own = HEAD.replace("edition.workspace = true", "edition = \"2021\"");
        check(super::check, "crates/ipc/Cargo.toml", &own, &[1]);
        let unlinted = HEAD.replace("[lints]\nworkspace = true\n", "");
        check(super::check, "crates/ipc/Cargo.toml", &unlinted, &[1]);
    }

    #[test]
    fn a_version_of_its_own_is_found() {
        let bad = format!(
            "{HEAD}[dependencies]\ntokio = \"1\"\nserde.workspace = true\n[dev-dependencies.rand]\nversion = \"1\"\n"
        );
        check(super::check, "crates/ipc/Cargo.toml", &bad, &[11, 14]);
    }

    #[test]
    fn bincode_is_pinned() {
        check(
            super::check,
            "Cargo.toml",
            "[workspace.dependencies]\nbincode = \"2.0.1\"\n",
            &[2],
        );
        check(
            super::check,
            "Cargo.toml",
            "[workspace.dependencies]\nbincode = { version = \"=2.0.1\" }\n",
            &[],
        );
    }

    #[test]
    fn libc_has_one_home() {
        let found = |folder: &str, name| {
            let package = format!("ferronode-{folder}");
            let workspace =
                Workspace::of_package(&package, &format!("crates/{folder}"), vec![Dependency::normal(name)]);
            super::check(&workspace).len()
        };
        assert_eq!(found("sys", "libc"), 0);
        assert_eq!(found("child", "libc"), 1);
        assert_eq!(found("child", "nix"), 1);
        assert_eq!(found("state", "bincode"), 1);
    }

    #[test]
    fn dependencies_from_outside_are_told_from_ours() {
        let root = "[workspace.dependencies]\n# Ours.\nferronode-sys = { path = \"crates/sys\" }\nbytes = \"1\"\n[profile.dev]\ndebug = 1\n";
        let workspace = Workspace::of(&[("Cargo.toml", root)]);
        let found: Vec<_> = external_dependencies(&workspace.files[0]).collect();
        assert_eq!(found, [(4, "bytes")]);
    }
}
