//! What several fuzz targets have in common.

pub mod ipc_frames;
pub mod ipc_handles;
