//! Errors as `drive.mjs` writes them down.

use std::ffi::OsString;

use ferronode_child::{Aborted, Cut, Exit, Output, SpawnError};
use serde_json::{Map, Value as Json, json};

use crate::answer::{Refusal, Thrown};

/// An error that Node throws before anything is started.
fn thrown(name: &'static str, code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::Throws(Thrown {
        name,
        code: Some(code),
        message: message.into(),
    })
}

pub(crate) fn wrong_type(what: &str, expected: &str) -> Refusal {
    thrown(
        "TypeError",
        "ERR_INVALID_ARG_TYPE",
        format!("{what} must be of type {expected}"),
    )
}

pub(crate) fn wrong_value(what: &str) -> Refusal {
    thrown("TypeError", "ERR_INVALID_ARG_VALUE", format!("{what} is invalid"))
}

pub(crate) fn out_of_range(what: &str) -> Refusal {
    thrown("RangeError", "ERR_OUT_OF_RANGE", format!("{what} is out of range"))
}

pub(crate) fn one_of(code: &'static str) -> Refusal {
    thrown("TypeError", code, "no such word")
}

pub(crate) fn unknown_signal(error: &impl std::fmt::Display) -> Refusal {
    thrown("TypeError", "ERR_UNKNOWN_SIGNAL", error.to_string())
}

/// A failed start: thrown if it is the caller's own fault, otherwise Node's error of a system call.
pub(crate) fn of_spawn(error: &SpawnError, call: &str) -> Result<Map<String, Json>, Refusal> {
    let (Some(code), Some(errno)) = (error.code(), error.reason.errno()) else {
        let code = error.code().unwrap_or("ERR_UNKNOWN");
        let name = if code.starts_with("ERR_INVALID") {
            "TypeError"
        } else {
            "Error"
        };
        return Err(thrown(name, code, error.to_string()));
    };
    Ok(system(call, &error.program, &error.arguments, code, errno))
}

fn system(call: &str, program: &OsString, arguments: &[OsString], code: &str, errno: i32) -> Map<String, Json> {
    let program = program.to_string_lossy();
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let fields = json!({
        "name": "Error", "code": code, "errno": -errno, "syscall": format!("{call} {program}"), "path": program,
        "spawnargs": arguments, "message": format!("{call} {program} {code}"),
    });
    object(fields)
}

pub(crate) fn object(fields: Json) -> Map<String, Json> {
    match fields {
        Json::Object(fields) => fields,
        _ => Map::new(),
    }
}

pub(crate) fn of_abort() -> Json {
    json!({ "name": "AbortError", "code": Aborted.code(), "message": Aborted.to_string() })
}

/// The error that `exec` gives to its callback.
pub(crate) fn of_exec(output: &Output, code: Option<&'static str>) -> Json {
    let mut fields = match (output.cut, code) {
        (Some(Cut::MaxBuffer { .. }), Some(code)) => object(json!({ "name": "RangeError", "code": code })),
        (Some(Cut::Aborted), _) => object(of_abort()),
        _ => object(json!({
            "name": "Error", "code": output.exit.code(), "killed": output.was_signalled, "signal": signal(output.exit),
        })),
    };
    fields.insert("cmd".to_owned(), output.command.clone().into());
    fields.insert("message".to_owned(), "".into());
    fields.into()
}

/// The error of a call that waits, if the child was cut: it has the form of a system error.
pub(crate) fn of_cut(output: &Output, program: &OsString, arguments: &[OsString]) -> Option<Map<String, Json>> {
    let (code, errno) = match output.cut? {
        Cut::TimedOut => ("ETIMEDOUT", 110),
        Cut::MaxBuffer { .. } => ("ENOBUFS", 105),
        _ => return None,
    };
    Some(system("spawnSync", program, arguments, code, errno))
}

pub(crate) fn signal(exit: Exit) -> Option<String> {
    exit.signal().map(|signal| signal.to_string())
}
