//! Nobody changes the process's environment but sys, once.
//!
//! `set_var` and `remove_var` race with every thread that reads the environment, C's `getenv` included; a child gets
//! its variables as an overlay instead. clippy.toml forbids them too; this rule also sees what clippy is told to allow.

use super::Finding;
use super::code;
use super::workspace::Workspace;

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in workspace
        .sources()
        .filter(|file| !file.path.starts_with("crates/sys/src/"))
    {
        for (number, line) in file.code_lines() {
            for name in ["set_var", "remove_var"] {
                if code::has(line, name) {
                    let why = "it races with every reader of the environment: hand an overlay to the child";
                    findings.push(Finding::new(&file.path, number, format!("`{name}` outside sys"), why));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn the_environment_is_changed_in_sys_alone() {
        let bad = "// set_var is unsound\nenv::set_var(name, value);\nenv::remove_var(name);\n";
        check(super::check, "crates/process/src/env.rs", bad, &[2, 3]);
        check(super::check, "crates/sys/src/inherit.rs", bad, &[]);
    }
}
