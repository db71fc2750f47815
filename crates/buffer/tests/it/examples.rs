//! Each example prints what its document shows.

use std::path::PathBuf;
use std::process::Command;

/// What an example prints. `None` where the tests were built alone, as for the sanitizer, and no example with them.
fn run(name: &str) -> Option<String> {
    let test = std::env::current_exe().expect("this test is a program");
    let program: PathBuf = test.ancestors().nth(2)?.join("examples").join(name);
    if !program.exists() {
        return None;
    }
    let output = Command::new(&program).output().expect("the example runs");
    assert!(output.status.success(), "{name}: {output:?}");
    Some(String::from_utf8(output.stdout).expect("examples print text"))
}

#[track_caller]
fn check(name: &str, lines: &[&str]) {
    let Some(printed) = run(name) else { return };
    for line in lines {
        assert!(
            printed.lines().any(|printed| printed == *line),
            "{line:?} is not in\n{printed}"
        );
    }
}

#[test]
fn create_shows_every_way_to_make_a_buffer() {
    check(
        "create",
        &[
            "numbers      <Buffer 01 02 01 ff>",
            "bytes        <Buffer 62 75 66>",
            "text         <Buffer 74 c3 a9 73 74>",
            "latin1       <Buffer 74 e9 73 74>",
            "alloc        <Buffer 00 00 00 00 00>",
            "alloc filled <Buffer 01 01 01 01 01>",
            "filled       <Buffer 61 62 61 62 61>",
            "alloc_unsafe <Buffer 78 78 78 78 78>",
        ],
    );
}

#[test]
fn encodings_shows_which_come_back() {
    check(
        "encodings",
        &[
            "\"hello wörld €\" is 16 bytes of utf8",
            "hex       \"68656c6c6f2077c3b6726c6420e282ac\", and back",
            "base64    \"aGVsbG8gd8O2cmxkIOKCrA==\", and back",
            "base64url \"aGVsbG8gd8O2cmxkIOKCrA\", and back",
            "latin1    \"hello wÃ¶rld â\\u{82}¬\", and back",
            "ascii     \"hello wC6rld b\\u{2},\", and not back",
            "utf8      \"hello wörld €\", and back",
        ],
    );
}

#[test]
fn cut_text_shows_the_cut_and_the_cure() {
    check(
        "cut_text",
        &[
            "17 bytes: <Buffer 4e 6f 64 65 2e 6a 73 20 e6 8a 80 e6 9c af e6 a0 88>",
            "0..9   Node.js \u{fffd}",
            "0..11  Node.js 技",
            "chunk  Node.js ",
            "chunk  技",
            "chunk  术栈",
            "end    \"\"",
        ],
    );
}

#[test]
fn iterate_shows_values_keys_and_entries() {
    check(
        "iterate",
        &[
            "values  [98, 117, 102]",
            "keys    [0, 1, 2]",
            "entries [(0, 98), (1, 117), (2, 102)]",
            "for     98",
        ],
    );
}

#[test]
fn csv_bom_marks_utf8() {
    check(
        "csv_bom",
        &[
            "20 bytes of latin1, 25 of utf8",
            "begins with <Buffer ef bb bf>",
            "Jörg;Köln",
        ],
    );
}

#[test]
fn slab_draws_the_three_states() {
    check(
        "slab",
        &[
            "  1024 B  partial  [#.......]",
            "  1024 B  full     [########]",
            "  1024 B  partial  [.#######]",
            "  0 empty, 1 partial, 1 full; 9216 of 16384 bytes used",
            "  2 empty, 0 partial, 0 full; 0 of 16384 bytes used",
            "4 KiB, half a slab: from the pool? false",
            "alloc, which is zeroes: from the pool? false",
        ],
    );
}
