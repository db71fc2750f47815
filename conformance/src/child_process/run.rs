//! The calls that run a program to its end.

use std::ffi::OsString;
use std::time::Duration;

use ferronode_buffer::Encoding;
use ferronode_child::{AbortHandle, Captured, Command, ExecError, Output, SpawnError};
use serde_json::{Map, Value as Json, json};

use super::errors::{object, of_cut, of_exec, of_spawn, signal};
use super::options::{Call, command};
use super::scenario::Scenario;
use crate::answer::Refusal;
use crate::value::hex_of_bytes;

/// `exec` and `execFile`: an error and two texts.
pub(crate) fn exec(scenario: &Scenario<'_>) -> Result<Json, Refusal> {
    let abort = AbortHandle::new();
    let mut command = command(scenario, Call::Exec, &abort)?;
    let ran = super::block_on(async {
        let aborting = async {
            if let Some(delay) = scenario.abort_ms {
                tokio::time::sleep(Duration::from_millis(delay)).await;
                abort.abort();
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            ran = command.exec() => ran,
            () = aborting => unreachable!("it waits for ever"),
        }
    });
    let encoding = encoding(scenario, Some(Encoding::Utf8));
    let texts = |output: &Output| [1, 2].map(|number| output.captured(number).map(|captured| text(captured, encoding)));
    let (error, [stdout, stderr]) = match ran {
        Ok(output) => (Json::Null, texts(&output)),
        Err(error) => match error.output() {
            Some(output) => (of_exec(output, error.code()), texts(output)),
            None => return not_started(&error, &words(scenario)),
        },
    };
    Ok(json!({ "error": error, "stdout": stdout, "stderr": stderr }))
}

fn not_started(error: &ExecError, cmd: &str) -> Result<Json, Refusal> {
    let ExecError::Spawn(error) = error else {
        return Err(Refusal::Skip("an error of a kind that is new".to_owned()));
    };
    let mut fields = of_spawn(error, "spawn")?;
    if !is_told_by_event(error) {
        return Ok(thrown_by_spawn(&fields));
    }
    fields.insert("cmd".to_owned(), cmd.into());
    Ok(json!({ "error": fields, "stdout": "", "stderr": "" }))
}

/// Which failed starts Node tells by `'error'`; the others it throws. (`lib/internal/child_process.js`, `spawn`.)
pub(crate) fn is_told_by_event(error: &SpawnError) -> bool {
    matches!(error.code(), Some("EACCES" | "EAGAIN" | "EMFILE" | "ENFILE" | "ENOENT"))
}

/// What is thrown says neither program nor arguments.
pub(crate) fn thrown_by_spawn(fields: &Map<String, Json>) -> Json {
    let thrown = json!({
        "name": "Error", "code": fields["code"], "errno": fields["errno"], "syscall": "spawn", "message": "",
    });
    json!({ "throws": thrown })
}

/// `spawnSync`: a record of what happened.
pub(crate) fn spawn_sync(scenario: &Scenario<'_>) -> Result<Json, Refusal> {
    let mut command = command(scenario, Call::Sync, &AbortHandle::new())?;
    let output = match command.output_sync() {
        Ok(output) => output,
        Err(error) => {
            let error = of_spawn(&error, "spawnSync")?;
            return Ok(json!({
                "status": null, "signal": null, "pid": false, "stdout": null, "stderr": null, "extra": null, "error": error,
            }));
        }
    };
    let (program, arguments) = line(scenario);
    let bytes = |number| {
        output
            .captured(number)
            .map(|captured| hex_of_bytes(captured.with_excess()))
    };
    let count = scenario
        .options
        .get("stdio")
        .and_then(Json::as_array)
        .map_or(3, Vec::len);
    Ok(json!({
        "status": output.exit.code(), "signal": signal(output.exit), "pid": output.pid > 0,
        "stdout": bytes(1), "stderr": bytes(2), "extra": (3..count.max(3)).map(bytes).collect::<Vec<_>>(),
        "error": of_cut(&output, &program, &arguments),
    }))
}

/// `execSync` and `execFileSync`: the standard output, or an error.
pub(crate) fn exec_sync(scenario: &Scenario<'_>) -> Result<Json, Refusal> {
    let mut command: Command = command(scenario, Call::Sync, &AbortHandle::new())?;
    let encoding = encoding(scenario, None);
    let bytes = |output: &Output, number| {
        let captured = output.captured(number)?;
        Some(match encoding {
            None => hex_of_bytes(captured.with_excess()),
            Some(encoding) => hex_of_bytes(encoding.decode_lossy(captured.with_excess()).as_bytes()),
        })
    };
    let output = match command.output_sync() {
        Ok(output) => output,
        Err(error) => {
            let mut error = of_spawn(&error, "spawnSync")?;
            error.extend(object(json!({ "signal": null, "status": null })));
            return Ok(json!({ "thrown": error, "stdout": null, "stderr": null }));
        }
    };
    let output = match output.checked() {
        Ok(output) => return Ok(json!({ "stdout": bytes(&output, 1) })),
        Err(failure) => failure.0,
    };
    let (program, arguments) = line(scenario);
    let mut error = of_cut(&output, &program, &arguments).unwrap_or_else(|| {
        object(json!({ "name": "Error", "message": format!("Command failed: {}", output.command) }))
    });
    error.extend(object(
        json!({ "signal": signal(output.exit), "status": output.exit.code() }),
    ));
    Ok(json!({ "thrown": error, "stdout": bytes(&output, 1), "stderr": bytes(&output, 2) }))
}

/// What Node names as program and arguments.
fn line(scenario: &Scenario<'_>) -> (OsString, Vec<OsString>) {
    match &scenario.command {
        Some(line) => ("/bin/sh".into(), vec!["-c".into(), line.into()]),
        None => (
            scenario.file.clone().into(),
            scenario.args.iter().map(OsString::from).collect(),
        ),
    }
}

fn words(scenario: &Scenario<'_>) -> String {
    let file = scenario.command.as_ref().unwrap_or(&scenario.file);
    let words = std::iter::once(file).chain(&scenario.args);
    words.map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// `None` for bytes.
fn encoding(scenario: &Scenario<'_>, otherwise: Option<Encoding>) -> Option<Encoding> {
    match scenario.options.get("encoding").and_then(Json::as_str) {
        Some("buffer") => None,
        Some(name) => name.parse().ok().or(otherwise),
        None => otherwise,
    }
}

/// The captured output, as `drive.mjs` writes it: the bytes, or the UTF-8 of the text.
fn text(captured: &Captured, encoding: Option<Encoding>) -> String {
    match encoding {
        None => hex_of_bytes(captured.bytes()),
        Some(encoding) => hex_of_bytes(captured.text(encoding).as_bytes()),
    }
}
