//! What the benches share: the cases, so that criterion and the tables of ratios measure the same code.
#![forbid(unsafe_code)]

pub mod cluster_processes;
pub mod events_cases;
pub mod ipc_peers;
