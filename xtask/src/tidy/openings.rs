//! Every file opens by saying what it is for, and a lib.rs holds nothing but the way in.
//!
//! Somebody who opens a file at random is told where they are; somebody who opens lib.rs finds the story and the
//! list of rooms, and no code to read past.

use super::Finding;
use super::workspace::{File, Workspace};

/// What may stand in a lib.rs, by its first words.
const FURNITURE: &[&str] = &[
    "mod ",
    "pub mod ",
    "pub(crate) mod ",
    "use ",
    "pub use ",
    "pub(crate) use ",
    "compile_error!",
];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in workspace.sources() {
        if !file.text.starts_with("//!") {
            let why = "the first lines say what the file is for";
            findings.push(Finding::new(&file.path, 1, "the file does not open with `//!`", why));
        }
        if file.crate_folder().is_some() && file.path.ends_with("/src/lib.rs") {
            findings.extend(code_in(file));
        }
    }
    findings
}

/// The first item of a lib.rs that is neither module nor import.
fn code_in(file: &File) -> Option<Finding> {
    let mut rest = file.code.as_str();
    let mut for_doctest = false;
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        if rest.starts_with('#') {
            let end = attribute_end(rest);
            for_doctest |= rest[..end].contains("cfg(doctest)");
            rest = &rest[end..];
            continue;
        }
        let end = item_end(rest);
        let is_furniture = FURNITURE.iter().any(|word| rest.starts_with(word)) && rest[..end].ends_with(';');
        if !is_furniture && !for_doctest {
            let line = 1 + file.code[..file.code.len() - rest.len()].matches('\n').count();
            let why = "it is the way in: modules and re-exports, the code has rooms of its own";
            return Some(Finding::new(&file.path, line, "code in lib.rs", why));
        }
        for_doctest = false;
        rest = &rest[end..];
    }
}

/// The end of `#[…]` or `#![…]`, whose brackets may nest.
fn attribute_end(rest: &str) -> usize {
    let mut depth = 0;
    for (at, c) in rest.char_indices() {
        match c {
            '[' => depth += 1,
            ']' if depth == 1 => return at + 1,
            ']' => depth -= 1,
            _ => {}
        }
    }
    rest.len()
}

/// The end of an item: the first `;` outside braces, or the brace that closes a body (an import's braces do not).
fn item_end(rest: &str) -> usize {
    let is_import = ["use ", "pub use ", "pub(crate) use "]
        .iter()
        .any(|word| rest.starts_with(word));
    let mut depth = 0_usize;
    for (at, c) in rest.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && !is_import {
                    return at + 1;
                }
            }
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn a_file_without_a_word_of_what_it_is_for_is_found() {
        check(super::check, "benches/events_emit.rs", "use std::io;\n", &[1]);
        check(super::check, "benches/events_emit.rs", "//! Emitting.\n", &[]);
    }

    #[test]
    fn modules_imports_and_attributes_are_no_code() {
        let good = "//! A.\n#![forbid(unsafe_code)]\n#[cfg(feature = \"x\")]\nmod a;\npub mod b;\npub use a::{B, c::{D}};\nuse e as f;\n\
            #[cfg(not(target_os = \"linux\"))]\ncompile_error!(\"Linux only\");\n\
            #[cfg(doctest)]\n#[doc = include_str!(\"../README.md\")]\nstruct Readme;\n";
        check(super::check, "crates/events/src/lib.rs", good, &[]);
    }

    #[test]
    fn a_function_a_constant_and_a_module_with_a_body_are_code() {
        for bad in [
            "pub fn f() { g(); }",
            "const A: u8 = 1;",
            "mod a { fn f() {} }",
            "struct Readme;",
        ] {
            let text = format!("//! A.\nmod a;\n{bad}\nmod b;\n");
            check(super::check, "crates/events/src/lib.rs", &text, &[3]);
        }
    }

    #[test]
    fn what_is_for_doctests_alone_is_the_next_item_only() {
        let bad = "//! A.\n#[cfg(doctest)]\nstruct Readme;\nstruct Other;\n";
        check(super::check, "crates/events/src/lib.rs", bad, &[4]);
    }

    #[test]
    fn other_files_may_hold_code() {
        check(super::check, "crates/events/src/emitter.rs", "//! A.\nfn f() {}", &[]);
        check(super::check, "xtask/src/lib.rs", "//! A.\nfn f() {}", &[]);
    }
}
