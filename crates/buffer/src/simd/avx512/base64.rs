//! Base64, 64 digits at a time, both ways.
//!
//! After Wojciech Muła and Daniel Lemire, "Base64 encoding and decoding at almost the speed of a memory copy" (2019).

use std::arch::x86_64::{
    __m512i, _mm512_loadu_si512, _mm512_madd_epi16, _mm512_maddubs_epi16, _mm512_mask_mov_epi8,
    _mm512_maskz_loadu_epi8, _mm512_maskz_mov_epi8, _mm512_movepi8_mask, _mm512_multishift_epi64_epi8, _mm512_or_si512,
    _mm512_permutex2var_epi8, _mm512_permutexvar_epi8, _mm512_set1_epi8, _mm512_set1_epi32, _mm512_set1_epi64,
};

use super::{low_bits, write};
use crate::encoding::{Alphabet, text_length};
use crate::simd::sink::Sink;

/// Decodes whole groups of four digits until something else comes, and gives the text that is left.
/// If nothing comes but padding, so is what is less than a group, and nothing is left.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(crate) fn decode<'a>(text: &'a [u8], bytes: &mut Sink<'_>) -> &'a [u8] {
    let (mut rest, mut pen) = (text, bytes.lend());
    while let Some(block) = rest.first_chunk::<64>() {
        // SAFETY: a block has 64 bytes, and the load needs no alignment.
        let (values, other) = values(unsafe { _mm512_loadu_si512(block.as_ptr().cast()) });
        if other != 0 || !write(packed(values), 48, &mut pen) {
            break;
        }
        rest = &rest[64..];
    }
    let loaded = low_bits(rest.len());
    // SAFETY: the mask has no bit past the text.
    let (values, other) = values(unsafe { _mm512_maskz_loadu_epi8(loaded, rest.as_ptr().cast()) });
    let digits = (other | !loaded).trailing_zeros() as usize;
    let is_end = rest.get(digits).is_none_or(|&other| other == b'=');
    let packed = packed(_mm512_maskz_mov_epi8(low_bits(digits), values));
    if is_end && write(packed, digits * 3 / 4, &mut pen) {
        rest = &[];
    } else {
        let groups = (digits / 4).min(pen.room() / 3);
        if write(packed, 3 * groups, &mut pen) {
            rest = &rest[4 * groups..];
        }
    }
    let written = pen.written();
    // SAFETY: so many have been written.
    unsafe { bytes.advance(written) };
    rest
}

/// Turns 64 digits into values of six bits; one bit for each character that is no digit.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
#[inline]
fn values(characters: __m512i) -> (__m512i, u64) {
    // By the lower seven bits; the eighth bit of either says that this is no digit.
    let values = _mm512_permutex2var_epi8(table(&VALUES, 0), characters, table(&VALUES, 64));
    let other = _mm512_movepi8_mask(_mm512_or_si512(values, characters));
    (values, other)
}

/// Packs 64 values of six bits into the first 48 bytes.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
#[inline]
fn packed(values: __m512i) -> __m512i {
    let pairs = _mm512_maddubs_epi16(values, _mm512_set1_epi32(0x0140_0140));
    let groups = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x0001_1000));
    const ORDER: [u8; 64] = {
        let mut order = [0; 64];
        let mut at = 0;
        while at < 48 {
            order[at] = (at / 3 * 4 + 2 - at % 3) as u8;
            at += 1;
        }
        order
    };
    _mm512_permutexvar_epi8(table(&ORDER, 0), groups)
}

/// Encodes bytes and pads them, as long as there is room, and gives those that are left.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(crate) fn encode<'a>(bytes: &'a [u8], alphabet: Alphabet, text: &mut Sink<'_>) -> &'a [u8] {
    // Each group of three as the bytes 1, 0, 2, 1, so that no six bits lie across the two halves.
    const ORDER: [u8; 64] = {
        let mut order = [0; 64];
        let mut at = 0;
        while at < 64 {
            order[at] = (at / 4 * 3) as u8 + [1, 0, 2, 1][at % 4];
            at += 1;
        }
        order
    };
    let (order, digits) = (table(&ORDER, 0), table(alphabet.digits(), 0));
    // Where the eight digits of 48 bits begin, the first in the lowest byte.
    let places = _mm512_set1_epi64(0x3036_242a_1016_040a);
    let spread = |block| _mm512_multishift_epi64_epi8(places, _mm512_permutexvar_epi8(order, block));
    // Of an index into 64 bytes, only six bits are looked at.
    let digits = |block| _mm512_permutexvar_epi8(spread(block), digits);
    let (mut rest, mut pen) = (bytes, text.lend());
    while let Some(block) = rest.first_chunk::<64>() {
        // SAFETY: a block has 64 bytes, and the load needs no alignment.
        let block = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
        if !write(digits(block), 64, &mut pen) {
            break;
        }
        rest = &rest[48..];
    }
    // 49 to 63 bytes are one block more than their end.
    if rest.len() > 48 {
        // SAFETY: the mask has no bit past the bytes.
        let block = unsafe { _mm512_maskz_loadu_epi8(low_bits(48), rest.as_ptr().cast()) };
        if write(digits(block), 64, &mut pen) {
            rest = &rest[48..];
        }
    }
    let loaded = low_bits(rest.len());
    // SAFETY: the mask has no bit past the bytes.
    let last = digits(unsafe { _mm512_maskz_loadu_epi8(loaded, rest.as_ptr().cast()) });
    let count = (rest.len() * 4).div_ceil(3);
    let padded = _mm512_mask_mov_epi8(_mm512_set1_epi8(b'='.cast_signed()), low_bits(count), last);
    if rest.len() <= 48 && write(padded, text_length(rest.len(), alphabet), &mut pen) {
        rest = &[];
    }
    let written = pen.written();
    // SAFETY: so many have been written.
    unsafe { text.advance(written) };
    rest
}

/// Loads 64 bytes of a table.
#[target_feature(enable = "avx512f")]
#[inline]
fn table<const N: usize>(bytes: &[u8; N], from: usize) -> __m512i {
    let bytes = bytes[from..].as_chunks::<64>().0[0];
    // SAFETY: an array of 64 bytes is loaded, and the load needs no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// The six bits of each digit of either alphabet, and 80 for any other character below 80.
static VALUES: [u8; 128] = {
    let mut values = [0x80; 128];
    let alphabets = [Alphabet::Standard.digits(), Alphabet::Url.digits()];
    let mut value = 0;
    while value < 64 {
        values[alphabets[0][value] as usize] = value as u8;
        values[alphabets[1][value] as usize] = value as u8;
        value += 1;
    }
    values
};
