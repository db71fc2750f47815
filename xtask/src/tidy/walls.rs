//! Foreign types stop at the wall: nothing public names nix or bincode, and bincode is named in one file of ipc.
//!
//! A type in a public signature is a promise: nix's next major version would be ours too, and another codec on the
//! wire would be a new interface instead of one new file.

use super::Finding;
use super::code;
use super::workspace::{File, Workspace};

const FOREIGN: &[&str] = &["nix", "bincode"];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let ours = |file: &&File| file.path.starts_with("crates/") && file.path.contains("/src/");
    let mut findings: Vec<_> = workspace.sources().filter(ours).flat_map(leaks).collect();
    let users: Vec<_> = workspace
        .sources()
        .filter(ours)
        .filter_map(first_use_of_bincode)
        .collect();
    let home = "crates/ipc/src/";
    for (file, number) in &users {
        if !file.path.starts_with(home) || users.len() > 1 {
            let what = "bincode is named here and in another file, or outside ipc";
            let why = "it is unmaintained: one file of ipc knows it, so that another codec is one other file";
            findings.push(Finding::new(&file.path, *number, what, why));
        }
    }
    findings
}

fn first_use_of_bincode(file: &File) -> Option<(&File, usize)> {
    let mut lines = file.code_lines();
    lines
        .find(|(_, line)| names(file, line, "bincode"))
        .map(|(number, _)| (file, number))
}

/// Public signatures, re-exports and conversions that name a foreign crate or a name imported from it.
fn leaks(file: &File) -> Vec<Finding> {
    let imported: Vec<&str> = file.code.split(';').flat_map(imported_names).collect();
    let mut findings = Vec::new();
    for (number, line) in file.code_lines() {
        let Some(ends) = public_end(line.trim_start()) else {
            continue;
        };
        let signature = signature_from(file, number, ends);
        let path = FOREIGN.iter().find(|name| names(file, &signature, name));
        if let Some(name) = path.or_else(|| imported.iter().find(|name| code::has(&signature, name))) {
            let why = "public signatures speak std, bytes, serde and tokio's I/O traits";
            findings.push(Finding::new(&file.path, number, format!("`{name}` is public"), why));
        }
    }
    findings
}

/// Whether the text names the foreign crate, and no module of ours that bears its name.
fn names(file: &File, text: &str, foreign: &str) -> bool {
    let ours = [
        format!("mod {foreign}"),
        format!("self::{foreign}"),
        format!("super::{foreign}"),
        format!("crate::{foreign}"),
    ];
    let has_ours = ours.iter().any(|module| code::has(&file.code, module));
    let from_root = code::has(text, &format!("::{foreign}::"));
    let from_here = text
        .match_indices(&format!("{foreign}::"))
        .any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'));
    from_root || (from_here && !has_ours)
}

/// What ends the public part of an item that starts on this line; `None` when nothing public starts here.
fn public_end(line: &str) -> Option<&'static [&'static str]> {
    let item = match line.strip_prefix("pub ") {
        Some(item) => item,
        None => return line.starts_with("impl From<").then_some(&["{"]),
    };
    let first = item.split([' ', '!']).next().unwrap_or_default();
    Some(match first {
        "use" => &[";"],
        // A variant's fields are as public as the enum, a struct's are not.
        "enum" => &["\n}"],
        "struct" => &["{", "(", ";"],
        field if field.ends_with(':') => &["\n"],
        _ => &["{", ";"],
    })
}

fn signature_from(file: &File, number: usize, ends: &[&str]) -> String {
    let rest = file.code.lines().skip(number - 1).collect::<Vec<_>>().join("\n");
    let end = ends.iter().filter_map(|end| rest.find(end)).min();
    rest[..end.unwrap_or(rest.len())].to_owned()
}

/// The types that a statement such as `use nix::sys::signal::{Signal as NixSignal, kill}` brings in.
fn imported_names(statement: &str) -> Vec<&str> {
    let Some((_, import)) = statement.rsplit_once("use ") else {
        return Vec::new();
    };
    if !FOREIGN.iter().any(|name| import.starts_with(&format!("{name}::"))) {
        return Vec::new();
    }
    let last_word = |part: &&str| part.starts_with(char::is_uppercase);
    import
        .split(['{', '}', ','])
        .filter_map(|part| part.rsplit([' ', ':']).find(|word| !word.is_empty()))
        .map(str::trim)
        .filter(last_word)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;

    #[test]
    fn a_foreign_path_in_a_public_signature_is_found() {
        let bad = "fn f() -> nix::Result<()> {}\npub fn g(\n    fd: i32,\n) -> nix::Result<()> {\n    nix::h()\n}";
        check(super::check, "crates/sys/src/kill.rs", bad, &[2]);
    }

    #[test]
    fn an_imported_foreign_name_is_found() {
        let bad = "use std::io;\nuse nix::sys::signal::{\n    Signal as NixSignal, kill};\npub fn f(signal: NixSignal) {}\npub fn g(signal: Signal) {}\n";
        check(super::check, "crates/sys/src/kill.rs", bad, &[4]);
    }

    #[test]
    fn a_conversion_and_a_re_export_are_public_too() {
        let bad = "impl From<nix::Error> for Error {\n}\npub use nix::Error;\npub(crate) use nix::Result;\n";
        check(super::check, "crates/sys/src/error.rs", bad, &[1, 3]);
    }

    #[test]
    fn a_foreign_crate_inside_a_body_is_nobody_elses() {
        check(super::check, "crates/sys/src/kill.rs", "pub fn f() { nix::g() }", &[]);
    }

    #[test]
    fn a_variant_is_public_and_a_field_only_if_it_says_so() {
        let bad = "pub enum A {\n    B(nix::Error),\n}\npub struct C {\n    pub d: nix::Error,\n}\n";
        check(super::check, "crates/sys/src/error.rs", bad, &[1, 5]);
        let good = "pub struct A(nix::Error);\npub struct B {\n    pub c: u8,\n    d: nix::Error,\n}\n";
        check(super::check, "crates/sys/src/error.rs", good, &[]);
    }

    #[test]
    fn bincode_is_named_in_one_file_of_ipc() {
        let one = ("crates/ipc/src/proto/bincode.rs", "use bincode::config;");
        let module = (
            "crates/ipc/src/proto/mod.rs",
            "mod bincode;\npub use self::bincode::Frame;\nlet x = bincode::encode(y);",
        );
        let two = (
            "crates/ipc/src/channel.rs",
            "\nlet x = bincode::serde::encode_to_vec(y);",
        );
        let away = ("crates/state/src/owner.rs", "use bincode::config;");
        let found = |files: &[_]| super::check(&Workspace::of(files)).len();
        assert_eq!(found(&[one, module]), 0);
        assert_eq!(found(&[one, two]), 2);
        assert_eq!(found(&[away]), 1);
    }
}
