//! The examples say what the document's listings say, or what the document should have said.

use std::process::Command;

/// Runs an example that cargo built beside this test.
#[track_caller]
fn check(name: &str, expected: &[&str]) {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    let output = Command::new(profile.join("examples").join(name)).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{name}: {text}");
    for line in expected {
        assert!(
            text.lines().any(|found| found == *line),
            "{name} does not say {line:?}:\n{text}"
        );
    }
}

#[test]
fn hash_shows_md5_in_both_cases_and_marks_it() {
    check(
        "hash",
        &[
            "md5 of 123456789: 25f9e794323b453885f5181f1b624d0b",
            "md5 of 123456789: 25F9E794323B453885F5181F1B624D0B",
            "    md5 is broken: anybody can make two files with one MD5",
            "sha256 of 123456789: 15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
            "sha256, in four chunks: 15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
        ],
    );
}

#[test]
fn cipher_shows_what_des_gives_and_that_a_changed_text_is_refused() {
    check(
        "cipher",
        &[
            "des-ecb: 28dba02eb5f6dd478852f80ed9fa959e, of which update gave 28dba02eb5f6dd47",
            "des-ecb: hello world !!!",
            "    des-ecb is broken: all 2^56 keys can be tried within a day",
            "aes-256-gcm: hello world !!!",
            "aes-256-gcm, readdressed: the tag does not vouch for this text",
            "chacha20-poly1305: hello world !!!",
        ],
    );
}

#[test]
fn list_names_what_there_is() {
    check(
        "list",
        &[
            "  sha512",
            "  aes-256-gcm        32 12  1",
            "  des-ecb             8  0  8  broken: all 2^56 keys can be tried within a day",
            "curves: prime256v1, secp384r1",
        ],
    );
}
