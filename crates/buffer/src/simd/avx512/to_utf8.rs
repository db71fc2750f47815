//! Latin-1 and UTF-16 to UTF-8, 32 characters at a time, or 16 where some are above U+07FF.
//!
//! ```text
//! each character in a lane    2 bytes, or 4:   ⟦ 00 00 00 41 ⟧  ⟦ 00 00 c3 a9 ⟧  ⟦ 00 e2 82 ac ⟧  ⟦ f0 9f 98 80 ⟧
//! what stays is a mask                                   1             1  1          1  1  1        1  1  1  1
//! compress                                    41 c3 a9 e2 82 ac f0 9f 98 80
//! ```

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_alignr_epi32, _mm512_and_si512, _mm512_castsi256_si512, _mm512_castsi512_si256,
    _mm512_cmpeq_epi32_mask, _mm512_cmpge_epu16_mask, _mm512_cmpge_epu32_mask, _mm512_cvtepi16_epi8,
    _mm512_cvtepu16_epi32, _mm512_loadu_si512, _mm512_mask_mov_epi8, _mm512_mask_mov_epi16, _mm512_mask_mov_epi32,
    _mm512_mask_slli_epi32, _mm512_maskz_compress_epi8, _mm512_maskz_loadu_epi8, _mm512_maskz_loadu_epi16,
    _mm512_maskz_mov_epi32, _mm512_movepi8_mask, _mm512_movm_epi32, _mm512_multishift_epi64_epi8, _mm512_or_si512,
    _mm512_packus_epi16, _mm512_permutexvar_epi64, _mm512_set_epi64, _mm512_set1_epi8, _mm512_set1_epi16,
    _mm512_set1_epi32, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_slli_epi16, _mm512_slli_epi32,
    _mm512_srli_epi16, _mm512_ternarylogic_epi32, _mm512_test_epi16_mask, _mm512_unpackhi_epi8, _mm512_unpacklo_epi8,
    _pdep_u64,
};

use super::{low_bits, write, write_over};
use crate::simd::sink::Sink;

/// Writes characters below U+0100 as long as there is room, and gives those that are left.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt,bmi2")]
pub(crate) fn latin1<'a>(bytes: &'a [u8], sink: &mut Sink<'_>) -> &'a [u8] {
    let (mut rest, mut pen) = (bytes, sink.lend());
    while let Some(block) = rest.first_chunk::<64>() {
        // SAFETY: a block has 64 bytes, and the load needs no alignment.
        let [low, high] = pairs(unsafe { _mm512_loadu_si512(block.as_ptr().cast()) });
        if !write_over(low.0, low.1, &mut pen) {
            break;
        }
        rest = &rest[32..];
        if !write_over(high.0, high.1, &mut pen) {
            break;
        }
        rest = &rest[32..];
    }
    while !rest.is_empty() {
        let count = rest.len().min(32);
        // SAFETY: the mask has no bit past the bytes.
        let block = unsafe { _mm512_maskz_loadu_epi8(low_bits(count), rest.as_ptr().cast()) };
        let [(text, length), _] = pairs(block);
        // Each zero that fills up the block has become a byte.
        if !write(text, length - (32 - count), &mut pen) {
            break;
        }
        rest = &rest[count..];
    }
    let written = pen.written();
    // SAFETY: so many have been written.
    unsafe { sink.advance(written) };
    rest
}

/// Encodes 64 characters below U+0100, 32 in each of the two, with the lengths.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt,bmi2")]
#[inline]
fn pairs(block: __m512i) -> [(__m512i, usize); 2] {
    let above = _mm512_movepi8_mask(block);
    // To interleave works within 16 bytes: the first half of the block goes to the lower 8 of each.
    let order = _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0);
    let block = _mm512_permutexvar_epi64(order, block);
    let all = |value: u8| _mm512_set1_epi8(value.cast_signed());
    // C2 or C3, by the bit of 40; and the byte without that bit.
    let marked = _mm512_ternarylogic_epi32::<OR_OF_AND>(all(0xc0), _mm512_srli_epi16::<6>(block), all(3));
    let first = _mm512_mask_mov_epi8(block, _mm512_movepi8_mask(block), marked);
    let second = _mm512_and_si512(block, all(0xbf));
    let half = |lanes, above: u32| {
        let stay = _pdep_u64(above.into(), 0xaaaa_aaaa_aaaa_aaaa) | 0x5555_5555_5555_5555;
        let length = 32 + above.count_ones() as usize;
        (_mm512_maskz_compress_epi8(stay, lanes), length)
    };
    [
        half(_mm512_unpacklo_epi8(first, second), above as u32),
        half(_mm512_unpackhi_epi8(first, second), (above >> 32) as u32),
    ]
}

/// Of three bits: the first, or the second and the third.
const OR_OF_AND: i32 = 0b1111_1000;

/// Encodes 32 units below U+0800, those of `above` in two bytes.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,bmi2")]
#[inline]
fn two_bytes(units: __m512i, above: u32) -> __m512i {
    let first = _mm512_srli_epi16::<6>(units);
    let second = _mm512_and_si512(_mm512_slli_epi16::<8>(units), _mm512_set1_epi16(0x3f00));
    let marks = _mm512_set1_epi16(0x80c0_u16.cast_signed());
    let pairs = _mm512_or_si512(_mm512_or_si512(first, second), marks);
    let lanes = _mm512_mask_mov_epi16(units, above, pairs);
    // The lower byte of a lane stays; so does the upper one if it is one, since it cannot be zero then.
    let stay = _pdep_u64(above.into(), 0xaaaa_aaaa_aaaa_aaaa) | 0x5555_5555_5555_5555;
    _mm512_maskz_compress_epi8(stay, lanes)
}

/// Writes units below U+0080, 64 at a time, as long as there is room; gives those that are left.
#[target_feature(enable = "avx512f,avx512bw")]
pub(crate) fn utf16le_ascii<'a>(units: &'a [[u8; 2]], sink: &mut Sink<'_>) -> &'a [[u8; 2]] {
    let (mut rest, mut pen) = (units, sink.lend());
    while let Some(block) = rest.first_chunk::<64>() {
        // SAFETY: the first half of the block has 64 bytes, and the load needs no alignment.
        let low = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
        // SAFETY: so has the second.
        let high = unsafe { _mm512_loadu_si512(block[32..].as_ptr().cast()) };
        let above = _mm512_set1_epi16(0xff80_u16.cast_signed());
        if _mm512_test_epi16_mask(_mm512_or_si512(low, high), above) != 0 {
            break;
        }
        // To pack works within 16 bytes: 8 of the one, then 8 of the other.
        let order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
        let text = _mm512_permutexvar_epi64(order, _mm512_packus_epi16(low, high));
        if !write(text, 64, &mut pen) {
            break;
        }
        rest = &rest[64..];
    }
    let written = pen.written();
    // SAFETY: so many have been written.
    unsafe { sink.advance(written) };
    rest
}

/// Writes units, low byte first, up to a surrogate that stands alone and as long as there is room; gives those that are left.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,popcnt,bmi2")]
pub(crate) fn utf16le<'a>(units: &'a [[u8; 2]], sink: &mut Sink<'_>) -> &'a [[u8; 2]] {
    let mut before = _mm512_setzero_si512();
    let (mut read, mut pen) = (0, sink.lend());
    while read < units.len() {
        let rest = &units[read..];
        let block = match rest.first_chunk::<32>() {
            // SAFETY: a block has 64 bytes, and the load needs no alignment.
            Some(block) => unsafe { _mm512_loadu_si512(block.as_ptr().cast()) },
            // SAFETY: the mask has no bit past the units.
            None => unsafe { _mm512_maskz_loadu_epi16(low_bits(rest.len()) as u32, rest.as_ptr().cast()) },
        };
        let above_ascii = _mm512_cmpge_epu16_mask(block, _mm512_set1_epi16(0x80));
        let above_two_bytes = _mm512_cmpge_epu16_mask(block, _mm512_set1_epi16(0x800));
        if above_two_bytes == 0 && !is_high(before) {
            let count = rest.len().min(32);
            let is_written = if above_ascii == 0 {
                write(_mm512_castsi256_si512(_mm512_cvtepi16_epi8(block)), count, &mut pen)
            } else {
                write(
                    two_bytes(block, above_ascii),
                    count + above_ascii.count_ones() as usize,
                    &mut pen,
                )
            };
            if !is_written {
                break;
            }
            read += count;
            before = _mm512_setzero_si512();
            continue;
        }
        let count = rest.len().min(16);
        let here = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(block));
        if !write_any(here, before, count, &mut pen) {
            break;
        }
        read += count;
        before = here;
    }
    let written = pen.written();
    // SAFETY: so many have been written.
    unsafe { sink.advance(written) };
    // Of the first half of a pair at the end, nothing has been written.
    let is_cut = units[..read]
        .last()
        .is_some_and(|&last| u16::from_le_bytes(last) & 0xfc00 == 0xd800);
    &units[read - usize::from(is_cut)..]
}

/// Whether the last of 16 units is the first half of a pair.
#[target_feature(enable = "avx512f")]
#[inline]
fn is_high(units: __m512i) -> bool {
    high_halves(units) >> 15 == 1
}

#[target_feature(enable = "avx512f")]
#[inline]
fn high_halves(units: __m512i) -> u16 {
    let all = |value: i32| _mm512_set1_epi32(value);
    _mm512_cmpeq_epi32_mask(_mm512_and_si512(units, all(0xfc00)), all(0xd800))
}

/// Encodes the first `count` of 16 units, after those in `before`, a pair where its second half is.
/// `false` if there is no room, or a surrogate stands alone.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,popcnt,bmi2")]
#[inline]
fn write_any(units: __m512i, before: __m512i, count: usize, pen: &mut Sink<'_>) -> bool {
    let all = |value: u32| _mm512_set1_epi32(value.cast_signed());
    let high = high_halves(units);
    let low = _mm512_cmpeq_epi32_mask(_mm512_and_si512(units, all(0xfc00)), all(0xdc00));
    let after_high = high << 1 | high_halves(before) >> 15;
    if (low ^ after_high) & low_bits(count) as u16 != 0 {
        return false;
    }
    let first = _mm512_alignr_epi32::<15>(units, before);
    // Both halves still have their marks, which are taken off with what the number begins at.
    let offset = all(0x1_0000_u32.wrapping_sub(0xd800 << 10).wrapping_sub(0xdc00));
    let pairs = _mm512_add_epi32(_mm512_add_epi32(_mm512_slli_epi32::<10>(first), units), offset);
    let codes = _mm512_mask_mov_epi32(units, low, pairs);

    let above_ascii = _mm512_cmpge_epu32_mask(codes, all(0x80));
    let marks = _mm512_maskz_mov_epi32(above_ascii, all(0x80c0_0000));
    let marks = _mm512_mask_mov_epi32(marks, _mm512_cmpge_epu32_mask(codes, all(0x800)), all(0x8080_e000));
    let marks = _mm512_mask_mov_epi32(marks, low, all(0x8080_80f0));
    // A lane's bytes are its bits from 18, 12, 6 and 0 on.
    let sextets = _mm512_multishift_epi64_epi8(_mm512_set1_epi64(0x2026_2c32_0006_0c12), codes);
    let bytes = _mm512_or_si512(_mm512_and_si512(sextets, all(0x3f3f_3f3f)), marks);
    let bytes = _mm512_mask_slli_epi32::<24>(bytes, !above_ascii, codes);

    let first_halves = _mm512_movepi8_mask(_mm512_movm_epi32(high));
    let stay = (_mm512_movepi8_mask(marks) | 0x8888_8888_8888_8888) & !first_halves & low_bits(4 * count);
    write(_mm512_maskz_compress_epi8(stay, bytes), stay.count_ones() as usize, pen)
}
