//! Handles between two ends of a channel, in any order of pushing, writing, reading and losing; and an end that lies.
#![no_main]

use ferronode_fuzz::ipc_handles;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| ipc_handles::check(input));
