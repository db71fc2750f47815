//! Reversing units of 2, 4 or 8 bytes, 32 bytes at a time.
//!
//! One shuffle does it for any of the three: byte `i` comes from the mirrored place of its unit.
//! The compiler vectorises the plain loop for the oldest x86-64 only, which has no such shuffle.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256i, _mm256_loadu_si256, _mm256_shuffle_epi8, _mm256_storeu_si256};

#[cfg(target_arch = "x86_64")]
use super::level::Level;
use crate::swap::swap_plain;

/// Reverses each unit of `N` bytes, which divides 16.
pub(crate) fn swap<const N: usize>(bytes: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if Level::here() >= Level::Avx2 {
        // SAFETY: the processor has AVX2.
        return unsafe { swap_avx2::<N>(bytes) };
    }
    swap_plain::<N>(bytes);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn swap_avx2<const N: usize>(bytes: &mut [u8]) {
    const { assert!(16 % N == 0) };
    // Within each half of 16 bytes.
    let mirrored: [u8; 32] = std::array::from_fn(|at| (at % 16 / N * N + (N - 1 - at % N)) as u8);
    // SAFETY: 32 bytes are read from an array of 32.
    let mirrored = unsafe { _mm256_loadu_si256(mirrored.as_ptr().cast()) };
    let (blocks, rest) = bytes.as_chunks_mut::<32>();
    for block in blocks {
        let place: *mut __m256i = block.as_mut_ptr().cast();
        // SAFETY: a block has 32 bytes, and the load needs no alignment.
        let swapped = _mm256_shuffle_epi8(unsafe { _mm256_loadu_si256(place) }, mirrored);
        // SAFETY: likewise.
        unsafe { _mm256_storeu_si256(place, swapped) };
    }
    swap_plain::<N>(rest);
}
