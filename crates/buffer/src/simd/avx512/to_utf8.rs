//! Latin-1 and UTF-16 to UTF-8: 64 characters below U+0100, or 32 units, at a time.
//!
//! ```text
//! each character in a lane    2 bytes, or 4:   ⟦ 41 00 00 00 ⟧  ⟦ c3 a9 00 00 ⟧  ⟦ e2 82 ac 00 ⟧  ⟦ f0 9f 00 00 ⟧ ⟦ 98 80 00 00 ⟧
//! what stays is a mask           1                1  1             1  1  1          1  1            1  1
//! compress                    41 c3 a9 e2 82 ac f0 9f 98 80
//! ```
//!
//! Each half of a pair makes two bytes of its own.

use std::arch::x86_64::{
    __m512i, _mm512_and_si512, _mm512_castsi256_si512, _mm512_cmpeq_epi16_mask, _mm512_cmpge_epu16_mask,
    _mm512_cvtepi16_epi8, _mm512_loadu_si512, _mm512_mask_add_epi16, _mm512_mask_gf2p8affine_epi64_epi8,
    _mm512_mask_mov_epi16, _mm512_maskz_compress_epi8, _mm512_maskz_loadu_epi8, _mm512_maskz_loadu_epi16,
    _mm512_maskz_permutexvar_epi16, _mm512_maskz_srli_epi16, _mm512_movepi8_mask, _mm512_multishift_epi64_epi8,
    _mm512_or_si512, _mm512_packus_epi16, _mm512_permutexvar_epi8, _mm512_permutexvar_epi64, _mm512_set_epi64,
    _mm512_set1_epi8, _mm512_set1_epi16, _mm512_set1_epi32, _mm512_set1_epi64, _mm512_shldi_epi16, _mm512_slli_epi16,
    _mm512_srli_epi16, _mm512_ternarylogic_epi32, _mm512_test_epi16_mask, _mm512_unpackhi_epi16, _mm512_unpacklo_epi16,
    _pdep_u64,
};

use super::{bring_near, low_bits, moved, put, write_over};
use crate::simd::sink::Sink;

/// Writes characters below U+0100 as long as there is room, and gives those that are left.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,gfni,popcnt")]
pub(crate) fn latin1<'a>(bytes: &'a [u8], sink: &mut Sink<'_>) -> &'a [u8] {
    let (mut rest, mut pen) = (bytes, sink.lend());
    while let Some(block) = rest.first_chunk::<64>()
        && pen.room() >= 128
    {
        bring_near(rest.as_ptr(), pen.next());
        // SAFETY: a block has 64 bytes, and the load needs no alignment.
        let halves = halves(unsafe { _mm512_loadu_si512(block.as_ptr().cast()) });
        for (lanes, stay) in halves {
            let text = _mm512_maskz_compress_epi8(stay, lanes);
            // SAFETY: there is room for 64 bytes twice, and each has no more.
            unsafe { put(text, stay.count_ones() as usize, &mut pen) };
        }
        rest = &rest[64..];
    }
    while !rest.is_empty() {
        let count = rest.len().min(32);
        // SAFETY: the mask has no bit past the bytes.
        let block = unsafe { _mm512_maskz_loadu_epi8(low_bits(count), rest.as_ptr().cast()) };
        let [(lanes, stay), _] = halves(block);
        let stay = stay & low_bits(2 * count);
        if !write_over(
            _mm512_maskz_compress_epi8(stay, lanes),
            stay.count_ones() as usize,
            &mut pen,
        ) {
            break;
        }
        rest = &rest[count..];
    }
    let written = pen.written();
    // SAFETY: so many have been written.
    unsafe { sink.advance(written) };
    rest
}

/// Makes lanes of two bytes of 64 characters below U+0100, 32 in each of the two, with a bit for each byte that stays.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,gfni")]
#[inline]
fn halves(block: __m512i) -> [(__m512i, u64); 2] {
    /// Character n beside character n + 32: a lane of each half is then a shift away.
    const ORDER: [u8; 64] = {
        let mut order = [0; 64];
        let mut at = 0;
        while at < 64 {
            order[at] = (at / 2 + at % 2 * 32) as u8;
            at += 1;
        }
        order
    };
    // SAFETY: an array of 64 bytes is loaded, and the load needs no alignment.
    let order = unsafe { _mm512_loadu_si512(ORDER.as_ptr().cast()) };
    let block = _mm512_permutexvar_epi8(order, block);
    let above = _mm512_movepi8_mask(block);
    // C2 or C3, and the byte without the bit of 40.
    let first =
        _mm512_mask_gf2p8affine_epi64_epi8::<0xc0>(block, above, block, _mm512_set1_epi64(const { moved(-6, 0x03) }));
    let second = _mm512_and_si512(block, _mm512_set1_epi8(0xbf_u8.cast_signed()));
    let (lower, upper) = (_mm512_set1_epi16(0xff), _mm512_set1_epi16(0xff00_u16.cast_signed()));
    let low = _mm512_ternarylogic_epi32::<OR_OF_AND>(_mm512_slli_epi16::<8>(second), first, lower);
    let high = _mm512_ternarylogic_epi32::<OR_OF_AND>(_mm512_srli_epi16::<8>(first), second, upper);
    // The lower byte of a lane always stays.
    let stay = |above: u64| above | 0x5555_5555_5555_5555;
    [(low, stay(above << 1)), (high, stay(above))]
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
        if !write_over(text, 64, &mut pen) {
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
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,popcnt,bmi2")]
pub(crate) fn utf16le<'a>(units: &'a [[u8; 2]], sink: &mut Sink<'_>) -> &'a [[u8; 2]] {
    let (mut rest, mut pen) = (units, sink.lend());
    loop {
        let block = whole_pairs(rest);
        if block.is_empty() || !write_units(block, &mut pen) {
            break;
        }
        rest = &rest[block.len()..];
    }
    let written = pen.written();
    // SAFETY: so many have been written.
    unsafe { sink.advance(written) };
    rest
}

/// The first 32 units, or one less, so that a pair is not cut.
#[inline]
fn whole_pairs(units: &[[u8; 2]]) -> &[[u8; 2]] {
    let block = &units[..units.len().min(32)];
    match block {
        [front @ .., [_, 0xd8..=0xdb]] => front,
        _ => block,
    }
}

/// Encodes at most 32 units. `false`, and nothing is written, if there is no room, or a surrogate stands alone.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,popcnt,bmi2")]
#[inline]
fn write_units(units: &[[u8; 2]], pen: &mut Sink<'_>) -> bool {
    let all = |value: u16| _mm512_set1_epi16(value.cast_signed());
    let block = load(units);
    if _mm512_cmpge_epu16_mask(block, all(0x800)) != 0 {
        return write_any(block, units.len(), pen);
    }
    let above = _mm512_cmpge_epu16_mask(block, all(0x80));
    let length = units.len() + above.count_ones() as usize;
    if above == 0 {
        return write_over(_mm512_castsi256_si512(_mm512_cvtepi16_epi8(block)), length, pen);
    }
    write_over(two_bytes(block, above), length, pen)
}

/// Loads at most 32 units.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn load(units: &[[u8; 2]]) -> __m512i {
    if let Some(block) = units.first_chunk::<32>() {
        // SAFETY: a block has 64 bytes, and the load needs no alignment.
        return unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
    }
    // SAFETY: the mask has no bit past the units.
    unsafe { _mm512_maskz_loadu_epi16(low_bits(units.len()) as u32, units.as_ptr().cast()) }
}

/// As [`write_units`], for any units: each becomes up to three bytes, two if it is half a pair.
///
/// ```text
/// a unit               mmmm llllll hhhhhh  two bytes take its sextets from bits 6 and 0 on, three from bits 12, 6 and 0 on
/// first half           what it adds to the number, moved up by four: two bytes from bits 12 and 6 on
/// second half          the two lowest bits of the first above its own ten: two bytes from bits 6 and 0 on
/// ```
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,popcnt")]
#[inline]
fn write_any(block: __m512i, count: usize, pen: &mut Sink<'_>) -> bool {
    let all = |value: u16| _mm512_set1_epi16(value.cast_signed());
    let above_ascii = _mm512_cmpge_epu16_mask(block, all(0x80));
    let kind = _mm512_and_si512(block, all(0xfc00));
    let high = _mm512_cmpeq_epi16_mask(kind, all(0xd800));
    let low = _mm512_cmpeq_epi16_mask(kind, all(0xdc00));
    if high << 1 != low {
        return false;
    }
    let mut codes = block;
    let mut three = _mm512_cmpge_epu16_mask(codes, all(0x800));
    let (mut two_marks, mut three_marks) = (all(0x80c0), all(0x80e0));
    if high != 0 {
        let moved = _mm512_slli_epi16::<4>(block);
        codes = _mm512_mask_add_epi16(codes, high, moved, all(0x8400));
        let lowest = _mm512_slli_epi16::<10>(before(block));
        let second = _mm512_ternarylogic_epi32::<THIRD_CHOOSES>(block, lowest, all(0x3ff));
        codes = _mm512_mask_mov_epi16(codes, low, second);
        two_marks = _mm512_mask_mov_epi16(two_marks, low, all(0x8080));
        three_marks = _mm512_mask_mov_epi16(three_marks, high, all(0x80f0));
        three &= !low;
    }
    let sextets = _mm512_multishift_epi64_epi8(_mm512_set1_epi64(0x3036_2026_1016_0006), codes);
    let two = _mm512_ternarylogic_epi32::<AND_OR>(sextets, all(0x3f3f), two_marks);
    let first_two = _mm512_shldi_epi16::<8>(sextets, _mm512_srli_epi16::<4>(codes));
    let first_two = _mm512_ternarylogic_epi32::<AND_OR>(first_two, all(0x3fff), three_marks);
    let lower = _mm512_mask_mov_epi16(_mm512_mask_mov_epi16(codes, above_ascii, two), three, first_two);
    let upper = _mm512_maskz_srli_epi16::<8>(three & !high, two);
    // To interleave works within 16 bytes: the first half of the block goes to the lower 8 of each.
    let order = _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0);
    let (lower, upper) = (
        _mm512_permutexvar_epi64(order, lower),
        _mm512_permutexvar_epi64(order, upper),
    );
    let halves = [_mm512_unpacklo_epi16(lower, upper), _mm512_unpackhi_epi16(lower, upper)];
    write_lanes(halves, count, pen)
}

/// The units one place before, and zero before the first.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn before(units: __m512i) -> __m512i {
    const PLACES: [u16; 32] = {
        let mut places = [0; 32];
        let mut at = 1;
        while at < 32 {
            places[at] = at as u16 - 1;
            at += 1;
        }
        places
    };
    // SAFETY: an array of 64 bytes is loaded, and the load needs no alignment.
    let places = unsafe { _mm512_loadu_si512(PLACES.as_ptr().cast()) };
    _mm512_maskz_permutexvar_epi16(!1, places, units)
}

/// Writes the bytes that stay of lanes of four: the first, and of the others those of 80 and above.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
#[inline]
fn write_lanes(halves: [__m512i; 2], count: usize, pen: &mut Sink<'_>) -> bool {
    let missing = [16_usize.saturating_sub(count), (32 - count).min(16)];
    let first = _mm512_set1_epi32(0x80);
    let stay = halves.map(|lanes| _mm512_movepi8_mask(_mm512_or_si512(lanes, first)));
    // Each zero that fills up the block has become a byte.
    let lengths = [0, 1].map(|half| stay[half].count_ones() as usize - missing[half]);
    let texts = [0, 1].map(|half| _mm512_maskz_compress_epi8(stay[half], halves[half]));
    if pen.room() < 128 {
        return pen.room() >= lengths[0] + lengths[1]
            && write_over(texts[0], lengths[0], pen)
            && write_over(texts[1], lengths[1], pen);
    }
    for (text, length) in texts.into_iter().zip(lengths) {
        // SAFETY: there is room for 64 bytes twice, and a register has no more.
        unsafe { put(text, length, pen) };
    }
    true
}

/// Of three bits: the first and the second, or the third.
const AND_OR: i32 = 0b1110_1010;

/// Of three bits: the first if the third is 1, else the second.
const THIRD_CHOOSES: i32 = 0b1110_0100;
