//! `node:child_process`. A scenario is a program that is really run; the answer is the transcript of what was told of it.
//!
//! The translation follows `scenarios/drive.mjs` line by line. What the crate says by an `Err` Node says in three ways: it throws,
//! it emits `'error'`, or it gives the error to a callback; which of them is the form of the question, not the crate's.

mod errors;
mod options;
mod run;
mod scenario;
mod transcript;

use serde_json::value::{RawValue, to_raw_value};

use crate::answer::Refusal;
use crate::child_process::scenario::Scenario;

/// Runs a scenario and writes what happened.
///
/// Arguments and answer are raw JSON, since a message may hold what Rust's strings cannot: a lone surrogate.
pub(crate) fn answer(args: &RawValue) -> Result<Box<RawValue>, Refusal> {
    let scenario: Scenario<'_> = serde_json::from_str(args.get())
        .map_err(|error| Refusal::Malformed(format!("expected a scenario: {error}")))?;
    let told = match scenario.api.as_str() {
        "spawn" => to_raw_value(&transcript::spawn(&scenario)?),
        "exec" | "execFile" => to_raw_value(&run::exec(&scenario)?),
        "spawnSync" => to_raw_value(&run::spawn_sync(&scenario)?),
        "execSync" | "execFileSync" => to_raw_value(&run::exec_sync(&scenario)?),
        other => return Err(Refusal::Malformed(format!("no call is named {other}"))),
    };
    told.map_err(|error| Refusal::Malformed(format!("the transcript cannot be written: {error}")))
}

/// Runs a scenario's futures, each in a runtime of its own: what one leaves behind is not the next one's.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("this machine has room for a runtime");
    runtime.block_on(future)
}
