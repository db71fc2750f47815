//! Whatever a peer writes, however it is cut and with whatever descriptors: lengths and V8's values.
#![no_main]

use ferronode_fuzz::ipc_frames::check;
use ferronode_ipc::Mode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| check(Mode::Advanced, input));
