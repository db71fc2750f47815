//! Counting, 64 bytes at a time: a comparison makes a mask, and the bits of a mask are counted at once.
//!
//! The end of a text is filled up with zeroes.

use std::arch::x86_64::{
    __m512i, _mm512_cmpge_epu8_mask, _mm512_cmpge_epu16_mask, _mm512_cmpgt_epi8_mask, _mm512_cmplt_epi8_mask,
    _mm512_loadu_si512, _mm512_maskz_loadu_epi8, _mm512_set1_epi8, _mm512_set1_epi16,
};

use super::low_bits;

/// Counts the bytes of 80 and above.
#[target_feature(enable = "avx512f,avx512bw,popcnt")]
pub(crate) fn above_ascii(bytes: &[u8]) -> usize {
    // Not by the highest bits: they are moved to a mask by the part of the processor that moves masks, this is not.
    let ascii = count(bytes, |block| {
        _mm512_cmpgt_epi8_mask(block, _mm512_set1_epi8(-1)).count_ones()
    });
    let filled_up = 64 - bytes.len() % 64;
    bytes.len() + filled_up - ascii
}

/// Counts the bytes that units become as UTF-8: one each, and one more for each limit that a unit reaches.
#[target_feature(enable = "avx512f,avx512bw,popcnt")]
pub(crate) fn utf8_length(units: &[[u8; 2]]) -> usize {
    let more = count(units.as_flattened(), |block| {
        let two = _mm512_cmpge_epu16_mask(block, _mm512_set1_epi16(0x80));
        let three = _mm512_cmpge_epu16_mask(block, _mm512_set1_epi16(0x800));
        two.count_ones() + three.count_ones()
    });
    units.len() + more
}

/// Counts the units that WTF-8 becomes: all bytes but the later ones of a character, and one more where four begin.
#[target_feature(enable = "avx512f,avx512bw,popcnt")]
pub(crate) fn utf16_length(wtf8: &[u8]) -> usize {
    let count = count(wtf8, |block| {
        let later = _mm512_cmplt_epi8_mask(block, _mm512_set1_epi8(-64));
        let first_of_four = _mm512_cmpge_epu8_mask(block, _mm512_set1_epi8(0xf0_u8.cast_signed()));
        later.count_zeros() + first_of_four.count_ones()
    });
    let filled_up = 64 - wtf8.len() % 64;
    count - filled_up
}

/// Adds up what `of_block` gives for each 64 bytes.
#[target_feature(enable = "avx512f,avx512bw,popcnt")]
#[inline]
fn count(bytes: &[u8], of_block: impl Fn(__m512i) -> u32) -> usize {
    let (blocks, rest) = bytes.as_chunks::<64>();
    // SAFETY: a block has 64 bytes, and the load needs no alignment.
    let load = |block: &[u8; 64]| unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
    let count: usize = blocks.iter().map(|block| of_block(load(block)) as usize).sum();
    // SAFETY: the mask has no bit past the bytes.
    let last = unsafe { _mm512_maskz_loadu_epi8(low_bits(rest.len()), rest.as_ptr().cast()) };
    count + of_block(last) as usize
}
