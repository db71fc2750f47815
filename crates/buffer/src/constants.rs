//! Node's limits, under Node's names: `require('node:buffer').constants`, and those beside it.

/// Bytes that a buffer may have at most. In Node: `buffer.constants.MAX_LENGTH`, 4 GiB in Node 20 on 64 bits.
#[doc(alias = "kMaxLength")]
pub const MAX_LENGTH: usize = crate::slab::MAX_LENGTH;

/// Bytes of a slab of the pool. In Node: `Buffer.poolSize`.
#[doc(alias = "poolSize")]
pub const POOL_SIZE: usize = crate::slots::SLAB_SIZE;

/// Bytes that the debug form of a buffer shows. In Node: `buffer.INSPECT_MAX_BYTES`.
pub const INSPECT_MAX_BYTES: usize = 50;
