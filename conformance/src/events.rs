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
mod stage;

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_once_listener_in_an_outer_snapshot_runs_once_on_both_emitters() {
        let args = Args::parse(
            r#"{"budget":12,"max_depth":2,"listeners":{"A":[["emit","a"]],"B":[]},
                "main":[["on","a","A"],["once","a","B"],["emit","a",1],["throw","over"]]}"#,
        );
        let expected = json!([
            ["call", "A", 1],
            ["call", "A"],
            ["call", "A"],
            ["call", "B"],
            ["emitted", "a", true],
            ["emitted", "a", true],
            ["emitted", "a", true],
            ["threw", { "e": "over" }]
        ]);
        assert_eq!(answer("program", &args.unwrap()), Ok(expected));
    }

    #[test]
    fn a_program_without_listeners_is_malformed() {
        let args = Args::parse(r#"{"budget":1,"max_depth":1,"main":[]}"#).unwrap();
        assert!(matches!(answer("program", &args), Err(Refusal::Malformed(_))));
        assert!(matches!(answer("other", &args), Err(Refusal::Malformed(_))));
    }
}
