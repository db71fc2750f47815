//! Latin-1 and UTF-16 to UTF-8, 32 characters at a time, or 16 where some are above U+07FF.
//!
//! ```text
//! each character in a lane    2 bytes, or 4:   ⟦ 00 00 00 41 ⟧  ⟦ 00 00 c3 a9 ⟧  ⟦ 00 e2 82 ac ⟧  ⟦ f0 9f 98 80 ⟧
//! what stays is a mask                                   1             1  1          1  1  1        1  1  1  1
//! compress                                    41 c3 a9 e2 82 ac f0 9f 98 80
//! ```

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_maskz_loadu_epi8, _mm256_movepi8_mask, _mm512_add_epi32, _mm512_alignr_epi32,
    _mm512_and_si512, _mm512_castsi256_si512, _mm512_castsi512_si256, _mm512_cmpeq_epi32_mask,
    _mm512_cmpge_epu16_mask, _mm512_cmpge_epu32_mask, _mm512_cvtepi16_epi8, _mm512_cvtepu8_epi16,
    _mm512_cvtepu16_epi32, _mm512_mask_mov_epi16, _mm512_mask_mov_epi32,
    _mm512_mask_slli_epi32, _mm512_maskz_compress_epi8, _mm512_maskz_loadu_epi16, _mm512_maskz_mov_epi32,
    _mm512_movepi8_mask, _mm512_movm_epi32, _mm512_multishift_epi64_epi8, _mm512_or_si512, _mm512_set1_epi16,
    _mm512_set1_epi32, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_slli_epi16, _mm512_slli_epi32,
    _mm512_srli_epi16, _mm512_test_epi8_mask,
};

use super::{low_bits, write};
use crate::simd::sink::Sink;

/// Writes characters below U+0100 as long as there is room, and gives those that are left.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
pub(crate) fn latin1<'a>(bytes: &'a [u8], sink: &mut Sink<'_>) -> &'a [u8] {
    let mut rest = bytes;
    while !rest.is_empty() {
        // SAFETY: the mask has no bit past the bytes.
        let block: __m256i = unsafe { _mm256_maskz_loadu_epi8(low_bits(rest.len()) as u32, rest.as_ptr().cast()) };
        let above = _mm256_movepi8_mask(block);
        let count = rest.len().min(32);
        let written = count + above.count_ones() as usize;
        if !write(two_bytes(_mm512_cvtepu8_epi16(block), above), written, sink) {
            break;
        }
        rest = &rest[count..];
    }
    rest
}

/// Encodes 32 units below U+0800, those of `above` in two bytes.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2")]
#[inline]
fn two_bytes(units: __m512i, above: u32) -> __m512i {
    let first = _mm512_srli_epi16::<6>(units);
    let second = _mm512_and_si512(_mm512_slli_epi16::<8>(units), _mm512_set1_epi16(0x3f00));
    let marks = _mm512_set1_epi16(0x80c0_u16.cast_signed());
    let pairs = _mm512_or_si512(_mm512_or_si512(first, second), marks);
    let lanes = _mm512_mask_mov_epi16(units, above, pairs);
    // The lower byte of a lane stays; so does the upper one if it is one, since it cannot be zero then.
    let stay = _mm512_test_epi8_mask(lanes, lanes) | 0x5555_5555_5555_5555;
    _mm512_maskz_compress_epi8(stay, lanes)
}

/// Writes units, low byte first, up to a surrogate that stands alone and as long as there is room; gives those that are left.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,popcnt")]
pub(crate) fn utf16le<'a>(units: &'a [[u8; 2]], sink: &mut Sink<'_>) -> &'a [[u8; 2]] {
    let mut rest = units;
    while !rest.is_empty() {
        // SAFETY: the mask has no bit past the units.
        let block = unsafe { _mm512_maskz_loadu_epi16(low_bits(rest.len()) as u32, rest.as_ptr().cast()) };
        let above_ascii = _mm512_cmpge_epu16_mask(block, _mm512_set1_epi16(0x80));
        let above_two_bytes = _mm512_cmpge_epu16_mask(block, _mm512_set1_epi16(0x800));
        let mut read = rest.len().min(32);
        let is_written = if above_ascii == 0 {
            write(_mm512_castsi256_si512(_mm512_cvtepi16_epi8(block)), read, sink)
        } else if above_two_bytes == 0 {
            write(two_bytes(block, above_ascii), read + above_ascii.count_ones() as usize, sink)
        } else {
            let Some(encoded) = up_to_four_bytes(block, read.min(16)) else { break };
            read = encoded.read;
            write(encoded.bytes, encoded.written, sink)
        };
        if !is_written {
            break;
        }
        rest = &rest[read..];
    }
    rest
}

/// What became of some units.
struct Encoded {
    read: usize,
    bytes: __m512i,
    written: usize,
}

/// Encodes the first `count` units, at most 16, or one less if the last is the first half of a pair.
/// `None` if a surrogate stands alone, or a pair's other half is not here.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,popcnt")]
#[inline]
fn up_to_four_bytes(units: __m512i, count: usize) -> Option<Encoded> {
    let all = |value: u32| _mm512_set1_epi32(value.cast_signed());
    let units = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(units));
    let kind = _mm512_and_si512(units, all(0xfc00));
    let high = _mm512_cmpeq_epi32_mask(kind, all(0xd800));
    let low = _mm512_cmpeq_epi32_mask(kind, all(0xdc00));
    let read = count - usize::from(high >> (count - 1) & 1);
    let here = low_bits(read) as u16;
    if read == 0 || low & here != high << 1 & here {
        return None;
    }
    let second = _mm512_alignr_epi32::<1>(_mm512_setzero_si512(), units);
    // Both halves still have their marks, which are taken off with what the number begins at.
    let offset = all(0x1_0000_u32.wrapping_sub(0xd800 << 10).wrapping_sub(0xdc00));
    let pairs = _mm512_add_epi32(_mm512_add_epi32(_mm512_slli_epi32::<10>(units), second), offset);
    let codes = _mm512_mask_mov_epi32(units, high, pairs);

    let above_ascii = _mm512_cmpge_epu32_mask(codes, all(0x80));
    let marks = _mm512_maskz_mov_epi32(above_ascii, all(0x80c0_0000));
    let marks = _mm512_mask_mov_epi32(marks, _mm512_cmpge_epu32_mask(codes, all(0x800)), all(0x8080_e000));
    let marks = _mm512_mask_mov_epi32(marks, high, all(0x8080_80f0));
    // A lane's bytes are its bits from 18, 12, 6 and 0 on.
    let sextets = _mm512_multishift_epi64_epi8(_mm512_set1_epi64(0x2026_2c32_0006_0c12), codes);
    let bytes = _mm512_or_si512(_mm512_and_si512(sextets, all(0x3f3f_3f3f)), marks);
    let bytes = _mm512_mask_slli_epi32::<24>(bytes, !above_ascii, codes);

    let second_halves = _mm512_movepi8_mask(_mm512_movm_epi32(low));
    let stay = (_mm512_movepi8_mask(marks) | 0x8888_8888_8888_8888) & !second_halves & low_bits(4 * read);
    Some(Encoded {
        read,
        bytes: _mm512_maskz_compress_epi8(stay, bytes),
        written: stay.count_ones() as usize,
    })
}
