//! UTF-8 to Latin-1, 64 bytes at a time, and to UTF-16, 32 bytes at a time.
//!
//! A character is made at its first byte, of that and the bytes after it; in Latin-1 at its second.
//! What stands at other places is nonsense, and compress leaves it out.

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_cmpge_epu8_mask, _mm256_cmplt_epi8_mask, _mm256_loadu_si256, _mm256_maskz_loadu_epi8,
    _mm256_movepi8_mask, _mm256_or_si256, _mm256_set1_epi8, _mm512_add_epi16, _mm512_and_si512, _mm512_cmpeq_epi8_mask,
    _mm512_cmpgt_epu8_mask, _mm512_cvtepu8_epi16, _mm512_loadu_si512, _mm512_mask_add_epi8,
    _mm512_mask_cmplt_epu8_mask, _mm512_mask_mov_epi16, _mm512_maskz_compress_epi8, _mm512_maskz_compress_epi16,
    _mm512_maskz_loadu_epi8, _mm512_or_si512, _mm512_set1_epi8, _mm512_set1_epi16, _mm512_slli_epi16,
    _mm512_srli_epi16,
};

use super::{low_bits, write_over};
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
    while is_read && read < text.len() {
        let (loaded, block) = front(&text[read..]);
        if _mm512_cmpgt_epu8_mask(block, all(0xc3)) != 0 {
            break;
        }
        // C2 says that the second byte stands for itself, and C3 that it is 40 less.
        let (_, before) = front(&text[read - 1..]);
        let bytes = _mm512_mask_add_epi8(block, _mm512_cmpeq_epi8_mask(before, all(0xc3)), block, all(0x40));
        let stay = _mm512_mask_cmplt_epu8_mask(loaded, block, all(0xc2));
        let count = stay.count_ones() as usize;
        if !write_over(_mm512_maskz_compress_epi8(stay, bytes), count, &mut pen) {
            break;
        }
        read += 64.min(text.len() - read);
    }
    let written = pen.written();
    // SAFETY: so many have been written.
    unsafe { sink.advance(written) };
    read
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
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,popcnt")]
pub(crate) fn utf16le(text: &[u8], sink: &mut Sink<'_>) -> usize {
    let (mut rest, mut pen) = (text, sink.lend());
    // Whether the byte before is the first of four, whose second unit is made at the next byte.
    let mut follows_four = 0;
    loop {
        rest = after_ascii(rest, &mut pen);
        if rest.is_empty() {
            break;
        }
        let windows = windows(rest);
        let (units, stay) = units(windows, follows_four);
        let stay = stay & low_bits(rest.len()) as u32;
        if !write_over(
            _mm512_maskz_compress_epi16(stay, units),
            2 * stay.count_ones() as usize,
            &mut pen,
        ) {
            break;
        }
        follows_four = is_four(windows[0]) >> 31;
        rest = rest.get(32..).unwrap_or_default();
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

/// Writes ASCII, 64 bytes at a time, as long as there is room; gives the text that is left.
/// If anything was written, the byte before that is ASCII, or ends a character.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
#[inline]
fn after_ascii<'a>(text: &'a [u8], pen: &mut Sink<'_>) -> &'a [u8] {
    let mut rest = text;
    while let Some(block) = rest.first_chunk::<64>()
        && pen.room() >= 128
    {
        // SAFETY: the first half of the block has 32 bytes, and the load needs no alignment.
        let low = unsafe { _mm256_loadu_si256(block.as_ptr().cast()) };
        // SAFETY: so has the second.
        let high = unsafe { _mm256_loadu_si256(block[32..].as_ptr().cast()) };
        if _mm256_movepi8_mask(_mm256_or_si256(low, high)) != 0 {
            break;
        }
        write_over(_mm512_cvtepu8_epi16(low), 64, pen);
        write_over(_mm512_cvtepu8_epi16(high), 64, pen);
        rest = &rest[64..];
    }
    rest
}

/// The first 32 bytes, and those one place and two places later.
#[target_feature(enable = "avx512bw,avx512vl")]
#[inline]
fn windows(text: &[u8]) -> [__m256i; 3] {
    if let Some(window) = text.first_chunk::<34>() {
        // SAFETY: 32 bytes from each of the first three places are inside, and the load needs no alignment.
        let load = |at: usize| unsafe { _mm256_loadu_si256(window[at..].as_ptr().cast()) };
        return [load(0), load(1), load(2)];
    }
    [0, 1, 2].map(|at| {
        let part = text.get(at..).unwrap_or_default();
        // SAFETY: the mask has no bit past the part.
        unsafe { _mm256_maskz_loadu_epi8(low_bits(part.len()) as u32, part.as_ptr().cast()) }
    })
}

/// One bit for each byte that begins a character of four.
#[target_feature(enable = "avx512bw,avx512vl")]
#[inline]
fn is_four(bytes: __m256i) -> u32 {
    _mm256_cmpge_epu8_mask(bytes, _mm256_set1_epi8(0xf0_u8.cast_signed()))
}

/// Makes the units at each place, and says which stay. `follows_four` is a bit for the first place.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
#[inline]
fn units([first, second, third]: [__m256i; 3], follows_four: u32) -> (__m512i, u32) {
    let all = |value: u16| _mm512_set1_epi16(value.cast_signed());
    let units = _mm512_cvtepu8_epi16(first);
    let above_ascii = _mm256_movepi8_mask(first);
    if above_ascii == 0 {
        return (units, u32::MAX);
    }
    let is_later = _mm256_cmplt_epi8_mask(first, _mm256_set1_epi8(-64));
    let wide = units;
    let next = _mm512_cvtepu8_epi16(second);
    let next_bits = _mm512_and_si512(next, all(0x3f));
    let two = _mm512_or_si512(_mm512_and_si512(_mm512_slli_epi16::<6>(wide), all(0x7c0)), next_bits);
    let units = _mm512_mask_mov_epi16(units, above_ascii, two);
    let is_three = _mm256_cmpge_epu8_mask(first, _mm256_set1_epi8(0xe0_u8.cast_signed()));
    if is_three | follows_four == 0 {
        return (units, !is_later);
    }
    let last_bits = _mm512_and_si512(_mm512_cvtepu8_epi16(third), all(0x3f));
    let three = _mm512_or_si512(_mm512_slli_epi16::<12>(wide), _mm512_slli_epi16::<6>(next_bits));
    let units = _mm512_mask_mov_epi16(units, is_three, _mm512_or_si512(three, last_bits));
    let is_four = is_four(first);
    let follows_four = is_four << 1 | follows_four;
    if is_four | follows_four == 0 {
        return (units, !is_later);
    }
    // The first half has the bits above the tenth; the second is made one place later, of the bytes that follow there.
    let high = _mm512_or_si512(
        _mm512_slli_epi16::<8>(_mm512_and_si512(wide, all(7))),
        _mm512_slli_epi16::<2>(next_bits),
    );
    let high = _mm512_add_epi16(_mm512_or_si512(high, _mm512_srli_epi16::<4>(last_bits)), all(0xd7c0));
    let low = _mm512_and_si512(_mm512_slli_epi16::<6>(next), all(0x3c0));
    let low = _mm512_or_si512(_mm512_or_si512(low, last_bits), all(0xdc00));
    let units = _mm512_mask_mov_epi16(units, is_four, high);
    let units = _mm512_mask_mov_epi16(units, follows_four, low);
    (units, !is_later | follows_four)
}
