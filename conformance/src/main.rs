//! Answers recorded vectors: a question a line on standard input, an answer a line on standard output.
//!
//! A question is `{"id","module","op","args"}`, an answer is `{"id","got"}` or `{"id","skip":"why"}`.
//! The expectation stays with the scorer (`vectors/check.mjs`), so this program cannot copy it.
//! It converts arguments and results and computes nothing itself: the crates answer.
//!
//! A module that is built changes two lines here: its `mod` is added, and its arm in [`answer()`] calls it,
//! as in `"events" => events::answer(op, args)`. The scenarios of `child_process` come and go as raw JSON.
#![forbid(unsafe_code)]

mod answer;
mod buffer;
mod child_process;
mod crypto;
mod events;
mod string_decoder;
mod value;

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::answer::{Refusal, reply};
use crate::value::Args;

/// Asks the module that a question names.
fn answer(module: &str, op: &str, args: &Args) -> Result<serde_json::Value, Refusal> {
    match module {
        "buffer" => buffer::answer(op, args),
        "crypto" => crypto::answer(op, args),
        "events" => events::answer(op, args),
        "string_decoder" => string_decoder::answer(op, args),
        _ => Err(Refusal::Malformed(format!("no module is called {module}"))),
    }
}

/// One line of input.
/// `args` stays text until a module needs it: it may hold what JSON can say and Rust's `String` cannot.
#[derive(Deserialize)]
struct Question<'a> {
    id: String,
    module: String,
    op: String,
    #[serde(borrow)]
    args: &'a RawValue,
}

/// Answers every line that can be read and complains about every line that cannot; gives the number of complaints.
///
/// Reading goes on after a bad line, so that one slip of a generator does not hide what comes after it.
fn answer_all(mut questions: impl BufRead, mut answers: impl Write, mut complaints: impl Write) -> io::Result<usize> {
    let mut bad = 0;
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if questions.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        match answer_line(&line) {
            Ok(text) => writeln!(answers, "{text}")?,
            Err(why) => {
                bad += 1;
                writeln!(complaints, "conformance: line {number}: {why}")?;
            }
        }
    }
    answers.flush()?;
    Ok(bad)
}

/// Answers one line, or says why it is no question.
fn answer_line(line: &[u8]) -> Result<String, String> {
    let question: Question = serde_json::from_slice(line).map_err(|error| format!("not a question: {error}"))?;
    let outcome = if question.module == "child_process" {
        child_process::answer(question.args)
    } else {
        Args::parse(question.args.get())
            .and_then(|args| answer(&question.module, &question.op, &args))
            .and_then(|got| to_raw_value(&got).map_err(|error| Refusal::Malformed(error.to_string())))
    };
    reply(&question.id, outcome).map_err(|malformed| format!("vector {}: {malformed}", question.id))
}

#[allow(clippy::print_stderr)] // A program's standard error is where its complaints belong.
fn main() -> ExitCode {
    match answer_all(io::stdin().lock(), io::stdout().lock(), io::stderr()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(2),
        Err(error) => {
            eprintln!("conformance: {error}");
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(questions: &[u8], answers: &str, complaint: &str) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let bad = answer_all(questions, &mut out, &mut err).unwrap();
        let complaints = String::from_utf8(err).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), answers);
        assert_eq!(bad, complaints.lines().count());
        assert!(complaints.contains(complaint), "{complaints}");
    }

    #[test]
    fn a_bad_line_is_named_and_the_next_is_answered() {
        check(
            b"{\"id\":\n\n{\"id\":\"b2\",\"module\":\"child_process\",\"op\":\"execSync\",\"args\":{\"api\":\"execSync\",\"command\":\"printf a\"}}\n",
            "{\"id\":\"b2\",\"got\":{\"stdout\":\"61\"}}\n",
            "line 1: not a question",
        );
    }

    #[test]
    fn a_module_that_node_does_not_have_is_a_bad_line() {
        let question = br#"{"id":"b1","module":"nonesuch","op":"","args":{}}"#;
        check(question, "", "line 1: vector b1: no module is called nonesuch");
    }

    #[test]
    fn a_missing_field_is_named() {
        check(br#"{"id":"b1","module":"buffer","args":{}}"#, "", "`op`");
    }

    #[test]
    fn a_line_that_is_not_utf8_is_a_bad_line() {
        check(b"{\"id\":\"\xff\"}\n", "", "line 1");
    }

    #[test]
    fn a_nest_of_ten_thousand_brackets_is_a_bad_line() {
        check("[".repeat(10_000).as_bytes(), "", "line 1");
    }

    #[test]
    fn arguments_that_are_no_object_are_a_bad_line() {
        check(
            br#"{"id":"b1","module":"buffer","op":"read","args":[]}"#,
            "",
            "vector b1",
        );
    }

    #[test]
    fn a_lone_surrogate_written_as_an_escape_is_skipped() {
        check(
            br#"{"id":"x1","module":"crypto","op":"","args":{"msg":"\ud800"}}"#,
            "{\"id\":\"x1\",\"skip\":\"arguments that serde_json cannot hold: unexpected end of hex escape at line 1 column 15\"}\n",
            "",
        );
    }
}
