//! UTF-8 to Latin-1 and to UTF-16, 64 bytes at a time.
//!
//! A character is made at its first byte, of that and the bytes after it; in Latin-1 at its second.
//! What stands at other places is nonsense, and compress leaves it out.
//! The low and the high bytes of units are made apart, 64 of each at a time, and put together last.

use std::arch::x86_64::{
    __m512i, _mm256_loadu_si256, _mm512_cmpeq_epi8_mask, _mm512_cmpge_epi8_mask, _mm512_cmpge_epu8_mask,
    _mm512_cmpgt_epu8_mask, _mm512_cmplt_epu8_mask, _mm512_cvtepu8_epi16, _mm512_gf2p8affine_epi64_epi8,
    _mm512_loadu_si512, _mm512_mask_add_epi8, _mm512_mask_cmpge_epu8_mask, _mm512_mask_gf2p8affine_epi64_epi8,
    _mm512_mask_sub_epi8, _mm512_maskz_compress_epi8, _mm512_maskz_gf2p8affine_epi64_epi8, _mm512_maskz_loadu_epi8,
    _mm512_max_epu8, _mm512_movepi8_mask, _mm512_permutexvar_epi64, _mm512_set_epi64, _mm512_set1_epi8,
    _mm512_set1_epi64, _mm512_unpackhi_epi8, _mm512_unpacklo_epi8,
};

use super::{bring_near, low_bits, moved, put, put_two, write_over};
use crate::simd::sink::Sink;

/// Writes characters below U+0100 as long as there is room, and gives the number of bytes read.
/// If the last of them is a first byte, nothing has come of it.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
pub(crate) fn latin1(text: &[u8], sink: &mut Sink<'_>) -> usize {
    let all = |value: u8| _mm512_set1_epi8(value.cast_signed());
    // A first byte writes nothing, so that each block has a byte before it.
    let is_read = match text.first() {
        Some(&ascii @ ..0x80) => sink.push(ascii),
        Some(0xc2 | 0xc3) => true,
        _ => false,
    };
    let (mut read, mut pen) = (usize::from(is_read), sink.lend());
    if is_read {
        read = latin1_blocks(text, read, &mut pen);
    }
    while is_read && read < text.len() {
        let (loaded, block) = front(&text[read..]);
        if _mm512_cmpgt_epu8_mask(block, all(0xc3)) != 0 {
            break;
        }
        let (bytes, stay) = latin1_bytes(block, front(&text[read - 1..]).1);
        let stay = stay & loaded;
        if !write_over(
            _mm512_maskz_compress_epi8(stay, bytes),
            stay.count_ones() as usize,
            &mut pen,
        ) {
            break;
        }
        read += 64.min(text.len() - read);
    }
    let written = pen.written();
    // SAFETY: so many have been written.
    unsafe { sink.advance(written) };
    read
}

/// Writes characters below U+0100, 128 bytes at a time, from `read` on, as long as there is room; gives the number of bytes read.
///
/// # Panics
///
/// If there is no byte before.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
#[inline]
fn latin1_blocks(text: &[u8], mut read: usize, pen: &mut Sink<'_>) -> usize {
    while let Some(window) = text[read - 1..].first_chunk::<129>()
        && pen.room() >= 128
    {
        // SAFETY: 64 bytes from each of these places are inside, and the load needs no alignment.
        let [before, block, next_before, next] =
            [0, 1, 64, 65].map(|at| unsafe { _mm512_loadu_si512(window[at..].as_ptr().cast()) });
        bring_near(window.as_ptr(), pen.next());
        let limit = _mm512_set1_epi8(0xc3_u8.cast_signed());
        if _mm512_cmpgt_epu8_mask(_mm512_max_epu8(block, next), limit) != 0 {
            break;
        }
        for (bytes, stay) in [latin1_bytes(block, before), latin1_bytes(next, next_before)] {
            let bytes = _mm512_maskz_compress_epi8(stay, bytes);
            // SAFETY: there is room for 64 bytes twice, and a register has no more.
            unsafe { put(bytes, stay.count_ones() as usize, pen) };
        }
        read += 128;
    }
    read
}

/// Makes a character at each byte that is ASCII or the second of two, and says which those are.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn latin1_bytes(block: __m512i, before: __m512i) -> (__m512i, u64) {
    let all = |value: u8| _mm512_set1_epi8(value.cast_signed());
    // C2 says that the second byte stands for itself, and C3 that it is 40 less.
    let is_lower = _mm512_cmpeq_epi8_mask(before, all(0xc3));
    let bytes = _mm512_mask_add_epi8(block, is_lower, block, all(0x40));
    (bytes, _mm512_cmplt_epu8_mask(block, all(0xc2)))
}

/// The first 64 bytes, and a bit for each that is there.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn front(text: &[u8]) -> (u64, __m512i) {
    if let Some(block) = text.first_chunk::<64>() {
        // SAFETY: a block has 64 bytes, and the load needs no alignment.
        return (u64::MAX, unsafe { _mm512_loadu_si512(block.as_ptr().cast()) });
    }
    let loaded = low_bits(text.len());
    // SAFETY: the mask has no bit past the text.
    (loaded, unsafe { _mm512_maskz_loadu_epi8(loaded, text.as_ptr().cast()) })
}

/// Writes the units of whole characters as long as there is room, low byte first, and gives the number of bytes read.
/// Where there is room for only half of a pair, the other half is left out.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,gfni,popcnt")]
pub(crate) fn utf16le(text: &[u8], sink: &mut Sink<'_>) -> usize {
    let (mut rest, mut pen) = (text, sink.lend());
    // Whether the byte before is the first of four, whose second unit is made at the next byte.
    let mut follows_four = 0;
    while !rest.is_empty() {
        let (inside, first) = front(rest);
        if _mm512_movepi8_mask(first) == 0
            && let Some(block) = rest.first_chunk::<64>()
            && pen.room() >= 128
        {
            let units = widened(block);
            // SAFETY: there is room for 128 bytes.
            unsafe { put_two(units, 128, &mut pen) };
            rest = &rest[64..];
            continue;
        }
        let units = units(first, after(rest), follows_four);
        if !write_units(&units, units.stay & inside, &mut pen) {
            break;
        }
        follows_four = units.is_four >> 63;
        rest = rest.get(64..).unwrap_or_default();
    }
    let written = pen.written();
    // SAFETY: so many have been written.
    unsafe { sink.advance(written) };
    if let (1, [_, third, fourth, ..]) = (follows_four, rest) {
        sink.extend((0xdc00 | u16::from(third & 0xf) << 6 | u16::from(fourth & 0x3f)).to_le_bytes());
    }
    // What is left of a character whose first byte was read has been written with it.
    let is_later = |byte: &&u8| **byte & 0xc0 == 0x80;
    text.len() - rest.len() + rest.iter().take_while(is_later).count()
}

/// The units of ASCII.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn widened(block: &[u8; 64]) -> [__m512i; 2] {
    // SAFETY: from each of the two places on the block has 32 bytes, and the load needs no alignment.
    [0, 32].map(|at| _mm512_cvtepu8_epi16(unsafe { _mm256_loadu_si256(block[at..].as_ptr().cast()) }))
}

/// The 64 bytes from one place on, and from two.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn after(text: &[u8]) -> [__m512i; 2] {
    if let Some(window) = text.first_chunk::<66>() {
        // SAFETY: 64 bytes from each of the two places on are inside, and the load needs no alignment.
        return [1, 2].map(|at| unsafe { _mm512_loadu_si512(window[at..].as_ptr().cast()) });
    }
    [1, 2].map(|at| front(text.get(at..).unwrap_or_default()).1)
}

/// What 64 bytes become: the low bytes of units, the high ones, and where units are.
struct Units {
    low: __m512i,
    high: __m512i,
    stay: u64,
    /// A bit for each byte that begins a character of four.
    is_four: u64,
}

/// Makes a unit at each first byte, of that and the two bytes after it, and the second half of a pair at the byte after that.
/// Bits are moved by multiplying with matrices, a byte at a time. A byte that is added as it is brings its mark of 80 along,
/// so 80 more, or less, is in what it is added to.
#[target_feature(enable = "avx512f,avx512bw,gfni")]
#[inline]
fn units(first: __m512i, [second, third]: [__m512i; 2], follows_four: u64) -> Units {
    let all = |value: u8| _mm512_set1_epi8(value.cast_signed());
    let matrix = |matrix: i64| _mm512_set1_epi64(matrix);
    let two = const { moved(6, 0xc0) };
    let is_above_ascii = _mm512_movepi8_mask(first);
    let stay = _mm512_cmpge_epi8_mask(first, all(0xc0));
    let upper = _mm512_gf2p8affine_epi64_epi8::<0x80>(first, matrix(two));
    let low = _mm512_mask_add_epi8(first, is_above_ascii, upper, second);
    let high = _mm512_maskz_gf2p8affine_epi64_epi8::<0>(is_above_ascii, first, matrix(const { moved(-2, 0x07) }));
    let is_three = _mm512_cmpge_epu8_mask(first, all(0xe0));
    let is_four = _mm512_cmpge_epu8_mask(first, all(0xf0));
    let follows_four = is_four << 1 | follows_four;
    let (mut low, mut high) = (low, high);
    if is_three | follows_four != 0 {
        let upper = _mm512_gf2p8affine_epi64_epi8::<0x80>(second, matrix(two));
        low = _mm512_mask_add_epi8(low, is_three | follows_four, upper, third);
        let upper = _mm512_gf2p8affine_epi64_epi8::<0>(first, matrix(const { moved(4, 0xf0) }));
        let lower = _mm512_gf2p8affine_epi64_epi8::<0>(second, matrix(const { moved(-2, 0x0f) }));
        high = _mm512_mask_add_epi8(high, is_three, upper, lower);
    }
    if is_four | follows_four != 0 {
        // The first half begins at D800, to which the number's bits from the tenth on are added, less 40.
        // Of the bits that become the two highest, as a number, one less is: the lower one turned, and the upper one
        // turned where the lower one was 0.
        const LESS: i64 = moved(2, 0xfc) | 1 << 4;
        let upper = _mm512_gf2p8affine_epi64_epi8::<0xc0>(second, matrix(LESS));
        let lower = _mm512_gf2p8affine_epi64_epi8::<0>(third, matrix(const { moved(-4, 0x03) }));
        low = _mm512_mask_add_epi8(low, is_four, upper, lower);
        let borrows = _mm512_mask_cmpge_epu8_mask(is_four, low, all(0xc0));
        high = _mm512_mask_sub_epi8(high, is_four, first, all(0xf0 - 0xd8));
        high = _mm512_mask_sub_epi8(high, borrows, first, all(0xf0 - 0xd7));
        // The second half begins at DC00.
        let matrix = matrix(const { moved(-2, 0x03) });
        high = _mm512_mask_gf2p8affine_epi64_epi8::<0xdc>(high, follows_four, second, matrix);
    }
    Units {
        low,
        high,
        stay: stay | follows_four,
        is_four,
    }
}

/// Writes those units that stay, if there is room for them.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
#[inline]
fn write_units(units: &Units, stay: u64, pen: &mut Sink<'_>) -> bool {
    // To interleave works within 16 bytes: of each eight bytes of the first half, the others are eight of the second.
    let order = _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0);
    let together = |bytes| _mm512_permutexvar_epi64(order, _mm512_maskz_compress_epi8(stay, bytes));
    let (low, high) = (together(units.low), together(units.high));
    let (front, back) = (_mm512_unpacklo_epi8(low, high), _mm512_unpackhi_epi8(low, high));
    let length = 2 * stay.count_ones() as usize;
    if pen.room() >= 128 {
        // SAFETY: there is room for 128 bytes.
        unsafe { put_two([front, back], length, pen) };
        return true;
    }
    pen.room() >= length && write_over(front, length.min(64), pen) && write_over(back, length.saturating_sub(64), pen)
}
