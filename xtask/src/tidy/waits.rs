//! A test does not sleep to wait: it waits for a message, an exit or the end of a stream.
//!
//! A sleep is too short on a busy machine and too long on every other. Where time itself is the subject, the line
//! before says so: `// not a wait: …`.

use super::Finding;
use super::code;
use super::workspace::Workspace;

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in workspace
        .sources()
        .filter(|file| file.path.contains("/tests/") || file.name() == "tests.rs")
    {
        let mut line_before = "";
        for ((number, line), text) in file.code_lines().zip(file.text.lines()) {
            let sleeps = code::has(line, "sleep(") || code::has(line, "sleep_until(") || code::has(line, "sleep_ms(");
            if sleeps && !line_before.trim_start().starts_with("// not a wait: ") {
                let why = "wait for what the test needs, or say above it `// not a wait: …`";
                findings.push(Finding::new(&file.path, number, "a sleep in a test", why));
            }
            line_before = text;
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn a_sleep_without_a_reason_is_found() {
        let text = "//! A.\nthread::sleep(a);\n// not a wait: the peer is slow on purpose\nthread::sleep(b);\nspawn(\"sleep(\");\ntokio::time::sleep(c).await;\n";
        check(super::check, "crates/child/tests/it/exit.rs", text, &[2, 6]);
        check(super::check, "crates/child/src/reaper.rs", text, &[]);
    }
}
