//! Counting, 64 bytes at a time: a comparison makes a mask, and the bits of a mask are counted at once.

use std::arch::x86_64::{
    __m512i, _mm512_cmpge_epu8_mask, _mm512_cmpge_epu16_mask, _mm512_cmpgt_epi8_mask, _mm512_loadu_si512,
    _mm512_movepi8_mask, _mm512_set1_epi8, _mm512_set1_epi16,
};

/// Counts the bytes of 80 and above.
#[target_feature(enable = "avx512f,avx512bw,popcnt")]
pub(crate) fn above_ascii(bytes: &[u8]) -> (usize, &[u8]) {
    count(bytes, |block| _mm512_movepi8_mask(block).count_ones())
}

/// Counts the bytes that units become as UTF-8, as [`utf8_length`](crate::simd::count::utf8_length).
#[target_feature(enable = "avx512f,avx512bw,popcnt")]
pub(crate) fn utf8_length(units: &[[u8; 2]]) -> (usize, &[[u8; 2]]) {
    let (bytes, at_least) = (units.as_flattened(), |block, limit: i16| {
        _mm512_cmpge_epu16_mask(block, _mm512_set1_epi16(limit)).count_ones()
    });
    let (above, rest) = count(bytes, |block| 32 + at_least(block, 0x80) + at_least(block, 0x800));
    (above, rest.as_chunks().0)
}

/// Counts the units that WTF-8 becomes: the bytes that are no second, third or fourth, and those that begin four.
#[target_feature(enable = "avx512f,avx512bw,popcnt")]
pub(crate) fn utf16_length(wtf8: &[u8]) -> (usize, &[u8]) {
    count(wtf8, |block| {
        let first = _mm512_cmpgt_epi8_mask(block, _mm512_set1_epi8(-65));
        let first_of_four = _mm512_cmpge_epu8_mask(block, _mm512_set1_epi8(0xf0_u8.cast_signed()));
        first.count_ones() + first_of_four.count_ones()
    })
}

/// Adds up what `of_block` gives for each 64 bytes, and gives the bytes that are left.
#[target_feature(enable = "avx512f,avx512bw,popcnt")]
#[inline]
fn count(bytes: &[u8], of_block: impl Fn(__m512i) -> u32) -> (usize, &[u8]) {
    let (blocks, rest) = bytes.as_chunks::<64>();
    // SAFETY: a block has 64 bytes, and the load needs no alignment.
    let load = |block: &[u8; 64]| unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
    let count = blocks.iter().map(|block| of_block(load(block)) as usize).sum();
    (count, rest)
}
