//! Names say what a thing is: a file is named by its concept, a reader without `get_`, a test by a sentence.
//!
//! `utils.rs` is where code goes whose author did not find out what it is; nobody looks for anything there.

use super::Finding;
use super::code;
use super::workspace::{File, Package, Workspace};

/// Names of files and folders that say nothing.
const EMPTY: &[&str] = &["util", "utils", "common", "types", "helper", "helpers", "misc"];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let files = workspace
        .sources()
        .flat_map(|file| empty_name(file).into_iter().chain(functions(file)));
    files
        .chain(workspace.packages.iter().filter_map(package_name))
        .collect()
}

fn empty_name(file: &File) -> Option<Finding> {
    let empty = file
        .path
        .split('/')
        .map(|part| part.trim_end_matches(".rs"))
        .find(|part| EMPTY.contains(part))?;
    let why = "a file is named by its concept";
    Some(Finding::new(&file.path, 1, format!("`{empty}` names nothing"), why))
}

fn functions(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.code_lines() {
        if code::has(line, "fn get_") {
            let why = "a reader is named by what it gives: `len`, not `get_len`";
            findings.push(Finding::new(&file.path, number, "a function called get_", why));
        }
        if code::has(line, "fn test_") {
            let why = "a test's name is a sentence that is true when it passes";
            findings.push(Finding::new(&file.path, number, "a test called test_", why));
        }
    }
    findings
}

fn package_name(package: &Package) -> Option<Finding> {
    let folder = package.manifest.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
    let wanted = if folder == "cli" {
        "ferronode".to_owned()
    } else {
        format!("ferronode-{folder}")
    };
    let why = "a package is found in the folder of its name";
    (package.name != wanted).then(|| {
        Finding::new(
            &package.manifest,
            1,
            format!("package {} should be {wanted}", package.name),
            why,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;

    #[test]
    fn a_file_that_is_named_by_nothing_is_found() {
        check(super::check, "crates/ipc/src/utils.rs", "", &[1]);
        check(super::check, "crates/ipc/tests/it/common/mod.rs", "", &[1]);
        check(super::check, "crates/ipc/src/commonplace.rs", "", &[]);
    }

    #[test]
    fn a_function_called_get_or_test_is_found() {
        check(
            super::check,
            "xtask/src/a.rs",
            "// fn get_a\nfn get_a() {}\nfn test_b() {}\nfn forget_c() {}",
            &[2, 3],
        );
    }

    #[test]
    fn a_package_is_named_by_its_folder() {
        let found = |name, folder| super::check(&Workspace::of_package(name, folder, Vec::new())).len();
        assert_eq!(found("ferronode-ipc", "crates/ipc"), 0);
        assert_eq!(found("ferronode", "crates/cli"), 0);
        assert_eq!(found("ipc", "crates/ipc"), 1);
        assert_eq!(found("xtask", "xtask"), 0);
    }
}
