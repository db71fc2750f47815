//! Node's options to the builder's calls. What does not fit the builder's types is refused as Node refuses it.

use std::time::Duration;

use ferronode_child::{AbortHandle, Command, MAX_BUFFER, Signal, Stdio};
use serde_json::Value as Json;

use super::errors::{one_of, out_of_range, unknown_signal, wrong_type, wrong_value};
use super::scenario::Scenario;
use crate::answer::Refusal;
use crate::value::bytes_from_hex;

/// Which of Node's calls it is: they read different options.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Spawn,
    Exec,
    Sync,
}

/// Makes the command of a scenario.
pub(crate) fn command(scenario: &Scenario<'_>, call: Call, abort: &AbortHandle) -> Result<Command, Refusal> {
    let mut command = match &scenario.command {
        Some(line) => Command::shell(line),
        None => Command::new(&scenario.file),
    };
    command.args(&scenario.args).abort_by(abort);
    if call == Call::Sync {
        // The calls that wait have one bound for all streams together.
        command.max_buffer(usize::MAX).max_output(MAX_BUFFER as u64);
    }
    for (name, value) in scenario.options.iter().filter(|(_, value)| !value.is_null()) {
        set(&mut command, name, value, call)?;
    }
    Ok(command)
}

fn set(command: &mut Command, name: &str, value: &Json, call: Call) -> Result<(), Refusal> {
    match name {
        "cwd" => _ = command.current_dir(text("options.cwd", value)?),
        "argv0" => {
            let zero = text("options.argv0", value)?;
            if call != Call::Exec {
                command.arg0(zero);
            }
        }
        "env" => {
            command.env_clear();
            for (name, value) in value.as_object().into_iter().flatten() {
                command.env(name, value.as_str().unwrap_or_default());
            }
        }
        "shell" => match value {
            Json::Bool(false) => {}
            Json::Bool(true) => _ = command.in_shell("/bin/sh"),
            shell => _ = command.in_shell(text("options.shell", shell)?),
        },
        "detached" if call != Call::Exec => {
            let is_detached = value
                .as_bool()
                .ok_or_else(|| wrong_type("options.detached", "boolean"))?;
            command.detached(is_detached);
        }
        "uid" => _ = command.uid(id("options.uid", value)?),
        "gid" => _ = command.gid(id("options.gid", value)?),
        "timeout" => _ = command.timeout(milliseconds(value)?),
        "killSignal" => _ = command.kill_signal(signal(value)?),
        "maxBuffer" if call != Call::Spawn => {
            let bytes = value.as_u64().ok_or_else(|| out_of_range("options.maxBuffer"))?;
            // In the calls that wait 0 is Node's word for "no bound".
            let bytes = if call == Call::Sync && bytes == 0 {
                u64::MAX
            } else {
                bytes
            };
            command.max_buffer(usize::try_from(bytes).unwrap_or(usize::MAX));
        }
        "stdio" if call != Call::Exec => _ = command.stdio(stdio(value, call)?),
        "input" => {
            let bytes = value["hex"].as_str().and_then(bytes_from_hex);
            command.input(bytes.unwrap_or_default());
        }
        _ => {}
    }
    Ok(())
}

/// A signal by its name or number; Node's default if it is absent.
pub(crate) fn signal(value: &Json) -> Result<Signal, Refusal> {
    let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
    match (value.as_str(), number) {
        (Some(name), _) => Signal::from_any_case(name).map_err(|error| unknown_signal(&error)),
        (None, Some(number)) => Signal::from_number(number).ok_or_else(|| wrong_type("signal", "signal")),
        (None, None) => Ok(Signal::TERM),
    }
}

fn text<'v>(name: &str, value: &'v Json) -> Result<&'v str, Refusal> {
    value.as_str().ok_or_else(|| wrong_type(name, "string"))
}

fn id(name: &str, value: &Json) -> Result<u32, Refusal> {
    let id = value.as_u64().and_then(|id| u32::try_from(id).ok());
    id.ok_or_else(|| wrong_type(name, "int32"))
}

fn milliseconds(value: &Json) -> Result<Duration, Refusal> {
    let milliseconds = value.as_u64().ok_or_else(|| out_of_range("timeout"))?;
    Ok(Duration::from_millis(milliseconds))
}

/// One word for the first three, or a list.
fn stdio(value: &Json, call: Call) -> Result<Vec<Stdio>, Refusal> {
    let Json::Array(entries) = value else {
        let one = || word(value).ok_or_else(|| wrong_value("stdio"));
        return Ok(vec![one()?, one()?, one()?]);
    };
    let mut list = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        match entry {
            Json::Null if index < 3 => list.push(Stdio::Pipe),
            Json::Null => list.push(Stdio::Ignore),
            Json::String(word) if word == "ipc" => list.push(Stdio::Ipc),
            Json::String(_) => match (word(entry), call) {
                (Some(stdio), _) => list.push(stdio),
                // Another string is input for a call that waits, and takes no place in the list: those behind it move up.
                (None, Call::Sync) => {}
                (None, _) => return Err(one_of("ERR_INVALID_SYNC_FORK_INPUT")),
            },
            _ => return Err(wrong_value("stdio")),
        }
    }
    while list.len() < entries.len().min(3) {
        list.push(Stdio::Ignore);
    }
    Ok(list)
}

fn word(value: &Json) -> Option<Stdio> {
    match value.as_str()? {
        "pipe" | "overlapped" => Some(Stdio::Pipe),
        "ignore" => Some(Stdio::Ignore),
        "inherit" => Some(Stdio::Inherit),
        _ => None,
    }
}
