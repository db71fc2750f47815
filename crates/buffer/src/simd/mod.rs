//! Vectorised kernels, where no kept crate is near the best. This is the second of the crate's two rooms with `unsafe`.
//!
//! One kernel per file. Its only door is a safe function that asks for the processor's [`Level`](level::Level),
//! and gives what it has not done to the plain code, which is also what the tests and the fuzz targets compare it with.
//! Where AVX-512 does it much better, a second kernel is in `avx512/`, behind the same door.

#[cfg(target_arch = "x86_64")]
mod avx512;
pub(crate) mod base64_decode;
pub(crate) mod base64_encode;
pub(crate) mod count;
pub(crate) mod from_utf8;
pub(crate) mod level;
pub(crate) mod sink;
pub(crate) mod swap;
pub(crate) mod to_utf8;
