//! An error that has nobody to go to reaches the program's hook, or stays with its reporter.

use std::fmt;
use std::sync::Mutex;

use ferronode_events::{EventEmitter, unhandled};

#[derive(Debug, PartialEq)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Broken {}

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[test]
fn the_hook_gets_the_error_and_without_one_the_reporter_keeps_it() {
    let emit = || EventEmitter::new().emit_error(Broken).unwrap_err();
    assert_eq!(unhandled::report(emit()), Err(Broken));
    unhandled::set_hook(|error| SEEN.lock().unwrap().push(error.to_string()));
    assert_eq!(unhandled::report(emit()), Ok(()));
    unhandled::unset_hook();
    assert_eq!(unhandled::report(emit()), Err(Broken));
    assert_eq!(*SEEN.lock().unwrap(), ["broken"]);
}
