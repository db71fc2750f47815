//! Notes about long files: worth a look at 400 lines, a reason in their first paragraph past 600. Never a failure,
//! since a file cut in two for its length alone is harder to read than a long one.

use super::workspace::Workspace;

const LOOK_AGAIN: usize = 400;
const SAY_WHY: usize = 600;

pub(super) fn notes(workspace: &Workspace) -> Vec<String> {
    let mut notes = Vec::new();
    for file in workspace.sources() {
        let lines = file.text.lines().count();
        if lines > SAY_WHY {
            notes.push(format!(
                "{}: {lines} lines; its first paragraph must say why",
                file.path
            ));
        } else if lines > LOOK_AGAIN {
            notes.push(format!(
                "{}: {lines} lines; look again whether it is one concept",
                file.path
            ));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_noted_and_longer_ones_owe_a_reason() {
        let found = |lines: usize| notes(&Workspace::of(&[("a.rs", &"\n".repeat(lines))])).join("");
        assert_eq!(found(400), "");
        assert!(found(401).contains("look again"));
        assert!(found(601).contains("must say why"));
    }
}
