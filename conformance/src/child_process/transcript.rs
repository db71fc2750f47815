//! `spawn`: everything that is told of a child, in order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ferronode_child::{ABORTED, AbortHandle, CLOSE, ChildProcess, DISCONNECT, EXIT, Exit, MESSAGE, SPAWN, SpawnError};
use ferronode_stream::{DATA, Readable};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value as Json, json};
use sonic_rs::OwnedLazyValue;
use tokio::sync::Notify;

use super::errors::{of_abort, of_spawn, signal};
use super::options::{self, Call, command};
use super::run::{is_told_by_event, thrown_by_spawn};
use super::scenario::{Action, Scenario};
use crate::answer::Refusal;
use crate::value::{bytes_from_hex, hex_of_bytes};

/// What is written down.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Transcript {
    Told {
        sync: Json,
        events: Vec<Box<RawValue>>,
        out: BTreeMap<String, String>,
        #[serde(rename = "final")]
        last: Json,
    },
    Thrown(Json),
}

/// What listeners write into.
#[derive(Clone, Default)]
struct Log {
    events: Arc<Mutex<Vec<Box<RawValue>>>>,
    out: Arc<Mutex<BTreeMap<usize, Vec<u8>>>>,
    is_closed: Arc<Notify>,
}

impl Log {
    fn event(&self, event: &impl Serialize) {
        if let Ok(event) = to_raw_value(event) {
            self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        }
    }

    fn output(&self, number: usize, bytes: &[u8]) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.entry(number).or_default().extend_from_slice(bytes);
    }

    fn end(&self, event: &str, exit: Exit) {
        self.event(&json!([event, exit.code(), signal(exit)]));
    }
}

pub(crate) fn spawn(scenario: &Scenario<'_>) -> Result<Transcript, Refusal> {
    let abort = AbortHandle::new();
    let mut command = command(scenario, Call::Spawn, &abort)?;
    super::block_on(async {
        match command.spawn() {
            Ok(child) => watch(scenario, &child, abort).await,
            Err(error) => failed(scenario, &error),
        }
    })
}

async fn watch(scenario: &Scenario<'_>, child: &ChildProcess, abort: AbortHandle) -> Result<Transcript, Refusal> {
    let log = Log::default();
    let arguments: Vec<_> = child.arguments().map(|argument| argument.to_string_lossy()).collect();
    let sync = json!({
        "pid": child.pid() > 0, "spawnfile": child.program().to_string_lossy(), "spawnargs": arguments,
        "stdio": streams(scenario), "connected": child.is_connected(),
    });
    for number in 1..streams(scenario).len() {
        if let Some(readable) = readable(child, number) {
            log.output(number, b"");
            let log = log.clone();
            readable.on(DATA, move |chunk| log.output(number, chunk));
        }
    }
    listen(scenario, child, &log, abort);
    for action in &scenario.actions {
        schedule(action, child, &log)?;
    }
    log.is_closed.notified().await;
    let exit = child.exit().unwrap_or(Exit::Unknown);
    let last = json!({
        "exitCode": exit.code(), "signalCode": signal(exit), "killed": child.was_signalled(),
        "connected": child.is_connected(), "kill_after": child.kill(ferronode_child::Signal::TERM).unwrap_or(false),
    });
    let out = log.out.lock().unwrap_or_else(PoisonError::into_inner);
    let out = out
        .iter()
        .map(|(number, bytes)| (number.to_string(), hex_of_bytes(bytes)));
    let out = out.collect();
    let events = std::mem::take(&mut *log.events.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Transcript::Told {
        sync,
        events,
        out,
        last,
    })
}

/// A failed start: what Node does with a child that never was.
fn failed(scenario: &Scenario<'_>, error: &SpawnError) -> Result<Transcript, Refusal> {
    let fields = of_spawn(error, "spawn")?;
    if !is_told_by_event(error) {
        return Ok(Transcript::Thrown(thrown_by_spawn(&fields)));
    }
    let errno = fields["errno"].clone();
    let mut words = vec![error.program.to_string_lossy()];
    words.extend(error.arguments.iter().map(|argument| argument.to_string_lossy()));
    let streams = streams(scenario);
    let is_read = |(number, stream): (usize, &&str)| (number > 0 && *stream == "stream").then_some(number);
    let out = streams.iter().enumerate().filter_map(is_read);
    let log = Log::default();
    log.event(&json!(["error", fields]));
    log.event(&json!(["close", errno, null]));
    Ok(Transcript::Told {
        sync: json!({
            "pid": false, "spawnfile": error.program.to_string_lossy(), "spawnargs": words,
            "stdio": streams, "connected": false,
        }),
        events: std::mem::take(&mut *log.events.lock().unwrap_or_else(PoisonError::into_inner)),
        out: out.map(|number| (number.to_string(), String::new())).collect(),
        last: json!({
            "exitCode": errno, "signalCode": null, "killed": false, "connected": false, "kill_after": false,
        }),
    })
}

/// Which descriptors are streams, by what was asked for.
fn streams(scenario: &Scenario<'_>) -> Vec<&'static str> {
    let name = |word: &Json, index: usize| match word {
        Json::Null if index < 3 => "stream",
        Json::String(word) if word == "pipe" || word == "overlapped" => "stream",
        _ => "null",
    };
    let mut names: Vec<_> = match scenario.options.get("stdio") {
        Some(Json::Array(words)) => words
            .iter()
            .enumerate()
            .map(|(index, word)| name(word, index))
            .collect(),
        Some(word) => vec![name(word, 0); 3],
        None => Vec::new(),
    };
    while names.len() < 3 {
        names.push("stream");
    }
    names
}

fn readable(child: &ChildProcess, number: usize) -> Option<&Readable> {
    match number {
        0 => None,
        1 => child.stdout(),
        2 => child.stderr(),
        number => child.stdio(number).map(ferronode_stream::Duplex::readable),
    }
}

fn listen(scenario: &Scenario<'_>, child: &ChildProcess, log: &Log, abort: AbortHandle) {
    let on_spawn = log.clone();
    let abort_ms = scenario.abort_ms;
    child.on(SPAWN, move |()| {
        on_spawn.event(&["spawn"]);
        if let Some(delay) = abort_ms {
            let abort = abort.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(delay)).await;
                abort.abort();
            });
        }
    });
    let on_abort = log.clone();
    child.on(ABORTED, move |_| on_abort.event(&json!(["error", of_abort()])));
    let on_exit = log.clone();
    child.on(EXIT, move |exit| on_exit.end("exit", *exit));
    let on_disconnect = log.clone();
    child.on(DISCONNECT, move |()| on_disconnect.event(&["disconnect"]));
    let on_close = log.clone();
    child.on(CLOSE, move |exit| {
        on_close.end("close", *exit);
        on_close.is_closed.notify_one();
    });
    let on_message = log.clone();
    let reply = scenario.reply.and_then(outgoing);
    let disconnects = scenario.disconnect_on_message;
    let channel = child.channel().cloned();
    child.on(MESSAGE, move |message| {
        let payload: Result<Box<RawValue>, _> = message.to();
        on_message.event(&("message", payload.ok()));
        let Some(channel) = &channel else { return };
        if let Some(reply) = &reply {
            // A child that does not listen any more is seen by how it ends.
            let _ = channel.try_send(reply.clone());
        }
        if disconnects {
            channel.disconnect();
        }
    });
}

/// Does what a scenario wants done, when it wants it.
fn schedule(action: &Action<'_>, child: &ChildProcess, log: &Log) -> Result<(), Refusal> {
    let act = prepare(action, child, log)?;
    match &action.after_ms {
        None => act(),
        Some(Json::String(event)) if event == "spawn" => _ = child.on(SPAWN, move |()| act()),
        Some(Json::String(_)) => {
            if let Some(stdout) = child.stdout() {
                stdout.once(DATA, move |_| act());
            }
        }
        Some(delay) => {
            let delay = Duration::from_millis(delay.as_u64().unwrap_or_default());
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                act();
            });
        }
    }
    Ok(())
}

type Act = Box<dyn Fn() + Send + Sync>;

/// Node's writes say nothing of their failure here: `drive.mjs` listens to such errors and drops them.
fn prepare(action: &Action<'_>, child: &ChildProcess, log: &Log) -> Result<Act, Refusal> {
    let bytes = bytes_from_hex(&action.hex).unwrap_or_default();
    let stdin = child.stdin().cloned();
    Ok(match action.what.as_str() {
        "write" => Box::new(move || {
            let _ = stdin.as_ref().map(|stdin| stdin.try_write(&bytes[..]));
        }),
        "end" => Box::new(move || {
            let Some(stdin) = &stdin else { return };
            if !bytes.is_empty() {
                let _ = stdin.try_write(&bytes[..]);
            }
            stdin.end();
        }),
        "write_fd" => {
            let stream = child.stdio(action.fd.unwrap_or_default()).cloned();
            Box::new(move || {
                let _ = stream.as_ref().map(|stream| stream.writable().try_write(&bytes[..]));
            })
        }
        "kill" => {
            let signal = options::signal(action.signal.as_ref().unwrap_or(&Json::Null))?;
            let (child, log) = (child.clone(), log.clone());
            Box::new(move || {
                let was_there = child.kill(signal).unwrap_or(false);
                log.event(&json!(["killret", was_there, child.was_signalled()]));
            })
        }
        "send" => {
            let (channel, message) = (child.channel().cloned(), action.msg.and_then(outgoing));
            Box::new(move || {
                let _ = channel.as_ref().map(|channel| channel.try_send(message.clone()));
            })
        }
        "disconnect" => {
            let child = child.clone();
            Box::new(move || child.disconnect())
        }
        other => return Err(Refusal::Malformed(format!("nobody can {other}"))),
    })
}

/// A message as it stands in the scenario, in the form that the channel's own writer of JSON leaves alone.
fn outgoing(message: &RawValue) -> Option<OwnedLazyValue> {
    sonic_rs::from_str(message.get()).ok()
}
