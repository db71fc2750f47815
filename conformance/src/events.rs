//! Emitter programs: the same program runs on the shared and on the local emitter, and both must tell the same story.
//!
//! A letter of a program is one function, which may listen for anything: so it is one listener per payload type.
//! An exception is a panic that carries the error, and a caught panic is a caught exception.
//!
//! The core tier passes whole. Of the edge tier (listeners of `newListener` and `removeListener` that change what they
//! hear of) about one program in a hundred differs, for one reason: while Node's `removeAllListeners` walks its array,
//! such a listener can take away what Node then trips over (it throws `ERR_INVALID_ARG_TYPE` about a listener that is
//! undefined, or loses track of one). Ours goes on with what is there.

mod emitter;
mod program;

use serde_json::Value as Json;

use crate::answer::Refusal;
use crate::value::Args;

pub(crate) fn answer(op: &str, args: &Args) -> Result<Json, Refusal> {
    if op != "program" {
        return Err(Refusal::Malformed(format!("events has no operation {op}")));
    }
    let shared = program::run::<ferronode_events::EventEmitter>(args)?;
    let local = program::run::<ferronode_events::local::EventEmitter>(args)?;
    if shared != local {
        let both = serde_json::json!({ "shared": shared, "local": local });
        return Ok(both);
    }
    Ok(shared)
}
