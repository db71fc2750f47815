//! Kernels for processors that have AVX-512 with its byte permutations (VBMI and VBMI2) and bit matrices (GFNI).
//!
//! What they have that AVX2 has not, and what it is good for here:
//!
//! ```text
//! a table of 64 or 128 bytes     base64 is one look-up each way, with both alphabets in it
//! eight bits from any place      the bytes of a character are cut out of its number in one step
//! compress                       the bytes of a register that stay move together, whichever they are
//! a matrix times each byte       the bits of a byte move without those of its neighbours
//! masks                          the end of a text is a block like any other, of which less is loaded and stored
//! ```
//!
//! A load or store under a mask touches no memory where the mask has no bit: that is the fact that the last block of
//! each kernel relies on.

pub(super) mod base64;
pub(super) mod count;
pub(super) mod from_utf8;
pub(super) mod to_utf8;

use std::arch::x86_64::{
    __m512i, _MM_HINT_ET0, _MM_HINT_T0, _mm_prefetch, _mm256_storeu_si256, _mm512_castsi512_si256,
    _mm512_mask_storeu_epi8, _mm512_storeu_si512,
};

use super::sink::Sink;

/// The lowest `count` bits, all 64 for more.
#[inline]
fn low_bits(count: usize) -> u64 {
    if count >= 64 { u64::MAX } else { (1 << count) - 1 }
}

/// Writes the first `count` bytes of a register, at most 64, if there is room for them.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn write(bytes: __m512i, count: usize, sink: &mut Sink<'_>) -> bool {
    let (place, room) = (sink.next(), sink.room());
    if count > room {
        return false;
    }
    // Not all 64 where there is room for them: what is behind the text may be the caller's own.
    // SAFETY: there is room for `count` bytes, and no others are touched.
    unsafe { _mm512_mask_storeu_epi8(place.cast(), low_bits(count), bytes) };
    // SAFETY: so many have been written.
    unsafe { sink.advance(count) };
    true
}

/// As [`write`], but bytes past `count` are written too where there is room: the next ones go over them.
/// For a text that fills its sink to the end.
///
/// What was stored under a mask cannot be read until it has arrived in the cache, and the allocator reads the first bytes of
/// what it takes back: so a short text is stored without, if it can be.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn write_over(bytes: __m512i, count: usize, sink: &mut Sink<'_>) -> bool {
    let (place, room) = (sink.next(), sink.room());
    if room >= 64 {
        // SAFETY: there is room for 64 bytes.
        unsafe { put(bytes, count, sink) };
        return true;
    }
    if room < 32 || count > 32 {
        return write(bytes, count, sink);
    }
    let front = _mm512_castsi512_si256(bytes);
    // SAFETY: there is room for 32 bytes.
    unsafe { _mm256_storeu_si256(place.cast(), front) };
    // SAFETY: so many have been written, and they are no more than 32.
    unsafe { sink.advance(count) };
    true
}

/// Writes all of a register, of which the first `count` bytes count.
///
/// # Safety
///
/// There is room for 64 bytes, and `count` is no more.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn put(bytes: __m512i, count: usize, sink: &mut Sink<'_>) {
    // SAFETY: the caller has seen to the room.
    unsafe { _mm512_storeu_si512(sink.next().cast(), bytes) };
    // SAFETY: so many have been written.
    unsafe { sink.advance(count) };
}

/// Writes two registers, of which the first `count` bytes count.
///
/// # Safety
///
/// There is room for 128 bytes, and `count` is no more.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn put_two([front, back]: [__m512i; 2], count: usize, sink: &mut Sink<'_>) {
    let place = sink.next();
    // SAFETY: the caller has seen to the room.
    unsafe { _mm512_storeu_si512(place.cast(), front) };
    // SAFETY: 64 is less than 128.
    let place = unsafe { place.add(64) };
    // SAFETY: these are the last 64 of the 128 bytes.
    unsafe { _mm512_storeu_si512(place.cast(), back) };
    // SAFETY: so many have been written.
    unsafe { sink.advance(count) };
}

/// The matrix for `gf2p8affine` that moves the bits of a byte up by so many places, or down, and keeps those in `kept`.
/// Its highest byte says of which bits the lowest bit is made.
const fn moved(up: i32, kept: u8) -> i64 {
    let (mut matrix, mut bit) = (0_u64, 0);
    while bit < 8 {
        let from = bit - up;
        if kept >> bit & 1 == 1 && 0 <= from && from < 8 {
            matrix |= 1 << (8 * (7 - bit) + from);
        }
        bit += 1;
    }
    matrix.cast_signed()
}

/// Has the memory brought near that is read and written a few blocks after this: 128 bytes of each.
#[inline]
#[allow(unused_unsafe)] // The intrinsic was not safe in the oldest compiler that we serve.
fn bring_near(read: *const u8, write: *const u8) {
    /// In bytes: as long as memory outside of the nearest cache takes.
    const AHEAD: usize = 768;
    for line in [AHEAD, AHEAD + 64] {
        // SAFETY: any address may be asked for, and nothing happens where there is no memory.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(read.wrapping_add(line).cast()) };
        // SAFETY: likewise.
        unsafe { _mm_prefetch::<_MM_HINT_ET0>(write.wrapping_add(line).cast()) };
    }
}
