//! Unsafe code lives in three rooms, and each block there says which fact it relies on.
//!
//! A reader who hunts a memory error has to look at three places, not at a workspace.
//! Benches are a fourth: a row for the raw limit calls the kernel directly, and nobody depends on it.

use super::Finding;
use super::code;
use super::workspace::{File, Workspace};

const ROOMS: &[&str] = &[
    "crates/sys/src/",
    "crates/buffer/src/slab.rs",
    "crates/buffer/src/simd/",
    "benches/",
];

/// The crates that have a room; they deny unsafe code and allow it on the room's modules.
const LANDLORDS: &[&str] = &["sys", "buffer"];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in workspace.sources() {
        findings.extend(missing_attribute(file));
        let in_a_room = ROOMS.iter().any(|room| file.path.starts_with(room));
        for (number, line) in file.code_lines().filter(|(_, line)| code::has(line, "unsafe")) {
            if !in_a_room {
                let why = "its rooms are sys, buffer/src/slab.rs, buffer/src/simd and benches";
                findings.push(Finding::new(&file.path, number, "unsafe code outside its rooms", why));
            } else if opens_a_block(line) && !has_safety_comment(file, number) {
                let why = "a SAFETY comment names the fact that the block relies on";
                findings.push(Finding::new(
                    &file.path,
                    number,
                    "an unsafe block without a reason",
                    why,
                ));
            }
        }
    }
    findings
}

/// Every crate root closes the door, so that the compiler guards it as well.
fn missing_attribute(file: &File) -> Option<Finding> {
    let root = file
        .path
        .strip_suffix("/src/lib.rs")
        .or_else(|| file.path.strip_suffix("/src/main.rs"))?;
    let wanted = match file.crate_folder() {
        Some(folder) if LANDLORDS.contains(&folder) => "#![deny(unsafe_code)]",
        Some(_) => "#![forbid(unsafe_code)]",
        None if root == "conformance" || root == "xtask" => "#![forbid(unsafe_code)]",
        None => return None,
    };
    let why = "the compiler guards the door that this rule only looks at";
    let found = file.code.lines().any(|line| line == wanted);
    (!found).then(|| Finding::new(&file.path, 1, format!("{wanted} is missing"), why))
}

fn opens_a_block(line: &str) -> bool {
    line.match_indices("unsafe").any(|(at, word)| {
        let after = line[at + word.len()..].trim_start();
        after.is_empty() || after.starts_with('{') || after.starts_with("impl")
    })
}

/// Looks upwards: past the lines of the same statement, then through the comment that stands above it.
fn has_safety_comment(file: &File, number: usize) -> bool {
    let lines: Vec<&str> = file.text.lines().collect();
    let above = lines[..number - 1].iter().rev().map(|line| line.trim());
    let mut comment = above
        .skip_while(|line| !line.starts_with("//") && !line.ends_with([';', '{', '}']) && !line.is_empty())
        .take_while(|line| line.starts_with("//"));
    comment.any(|line| line.starts_with("// SAFETY:"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn unsafe_code_in_a_room_needs_a_reason() {
        let bad = "fn f() {\n    g();\n    unsafe { h() }\n}";
        let good =
            "fn f() {\n    g();\n    // SAFETY: h has no\n    // condition.\n    let x =\n        unsafe { h() };\n}";
        check(super::check, "crates/sys/src/kill.rs", bad, &[3]);
        check(super::check, "crates/sys/src/kill.rs", good, &[]);
    }

    #[test]
    fn an_unsafe_impl_needs_a_reason() {
        check(
            super::check,
            "crates/buffer/src/slab.rs",
            "\nunsafe impl Send for Slab {}",
            &[2],
        );
    }

    #[test]
    fn an_unsafe_function_states_its_condition_in_its_docs_instead() {
        check(
            super::check,
            "crates/sys/src/kill.rs",
            "/// # Safety\nunsafe fn f() {}",
            &[],
        );
    }

    #[test]
    fn a_comment_over_the_statement_before_is_none() {
        let bad = "// SAFETY: of another.\nlet x = 1;\nlet y = unsafe { h() };";
        check(super::check, "crates/buffer/src/simd/swap.rs", bad, &[3]);
    }

    #[test]
    fn unsafe_code_elsewhere_is_found_even_with_a_reason() {
        let bad = "//! Unsafe.\n// SAFETY: none.\nunsafe { f(\"unsafe\") }";
        check(super::check, "crates/buffer/src/pool.rs", bad, &[3]);
        check(super::check, "crates/sys/tests/it/main.rs", bad, &[3]);
    }

    #[test]
    fn a_crate_without_the_attribute_is_found() {
        check(
            super::check,
            "crates/events/src/lib.rs",
            "//! Events.\n// #![forbid(unsafe_code)]",
            &[1],
        );
        check(
            super::check,
            "crates/events/src/lib.rs",
            "//! Events.\n#![forbid(unsafe_code)]",
            &[],
        );
        check(super::check, "crates/sys/src/lib.rs", "#![deny(unsafe_code)]", &[]);
        check(super::check, "xtask/src/main.rs", "fn main() {}", &[1]);
    }
}
