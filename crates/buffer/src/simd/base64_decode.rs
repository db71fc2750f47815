//! Base64, text to bytes, 32 digits at a time.
//!
//! After Wojciech Muła and Daniel Lemire, "Faster Base64 Encoding and Decoding Using AVX2 Instructions" (2018):
//! two look-ups, by the upper and by the lower four bits of a character, have a bit in common exactly if it is no digit;
//! a third gives what is to be added to make it a value. Both alphabets are read: `-` and `_` are made `+` and `/` first.
//!
//! A block that has anything but digits is left to the plain code, from its first character on.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m256i, _mm_storel_epi64, _mm_storeu_si128, _mm256_add_epi8, _mm256_and_si256, _mm256_castsi256_si128,
    _mm256_cmpeq_epi8, _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16,
    _mm256_permutevar8x32_epi32, _mm256_set1_epi8, _mm256_set1_epi32, _mm256_setr_epi8, _mm256_setr_epi32,
    _mm256_shuffle_epi8, _mm256_srli_epi32, _mm256_testz_si256,
};

#[cfg(target_arch = "x86_64")]
use super::avx512;
#[cfg(target_arch = "x86_64")]
use super::level::Level;
use super::sink::Sink;

/// Decodes blocks of digits until one has something else, and gives the text that is left.
pub(crate) fn decode_front<'a>(text: &'a [u8], bytes: &mut Sink<'_>) -> &'a [u8] {
    #[cfg(target_arch = "x86_64")]
    match Level::here() {
        // SAFETY: the processor has AVX-512.
        Level::Avx512 => return unsafe { avx512::base64::decode(text, bytes) },
        // SAFETY: the processor has AVX2.
        Level::Avx2 => return unsafe { decode_avx2(text, bytes) },
        Level::Plain => {}
    }
    let _ = bytes;
    text
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn decode_avx2<'a>(text: &'a [u8], bytes: &mut Sink<'_>) -> &'a [u8] {
    let (blocks, _rest) = text.as_chunks::<32>();
    let to = bytes.next();
    let mut done = 0;
    for block in &blocks[..blocks.len().min(bytes.room() / 24)] {
        // SAFETY: a block has 32 bytes, and the load needs no alignment.
        let characters = unsafe { _mm256_loadu_si256(block.as_ptr().cast()) };
        let Some(values) = values(characters) else { break };
        let packed = packed(values);
        let (low, high) = (_mm256_castsi256_si128(packed), _mm256_extracti128_si256::<1>(packed));
        // SAFETY: there is room for 24 bytes for each block.
        let place = unsafe { to.add(24 * done) };
        // SAFETY: these are the first 16 of them.
        unsafe { _mm_storeu_si128(place.cast(), low) };
        // SAFETY: 16 is less than 24.
        let place = unsafe { place.add(16) };
        // SAFETY: these are the last 8 of them.
        unsafe { _mm_storel_epi64(place.cast(), high) };
        done += 1;
    }
    // SAFETY: so many have been written.
    unsafe { bytes.advance(24 * done) };
    &text[32 * done..]
}

/// Turns digits into values of six bits, if there is nothing else.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn values(characters: __m256i) -> Option<__m256i> {
    let minus = _mm256_cmpeq_epi8(characters, _mm256_set1_epi8(b'-' as i8));
    let underscore = _mm256_cmpeq_epi8(characters, _mm256_set1_epi8(b'_' as i8));
    let to_plus = _mm256_and_si256(minus, _mm256_set1_epi8(b'+' as i8 - b'-' as i8));
    let to_slash = _mm256_and_si256(underscore, _mm256_set1_epi8(b'/' as i8 - b'_' as i8));
    let characters = _mm256_add_epi8(characters, _mm256_add_epi8(to_plus, to_slash));

    // The mask keeps bit 5 too, which a shuffle does not look at; bit 7 would make it give zero, and never gets here.
    let nibble = _mm256_set1_epi8(0x2f);
    let upper = _mm256_and_si256(_mm256_srli_epi32::<4>(characters), nibble);
    let lower = _mm256_and_si256(characters, nibble);
    let bad_upper = _mm256_shuffle_epi8(
        _mm256_setr_epi8(
            0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10,
            0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10,
        ),
        upper,
    );
    let bad_lower = _mm256_shuffle_epi8(
        _mm256_setr_epi8(
            0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a, 0x15, 0x11,
            0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a,
        ),
        lower,
    );
    if _mm256_testz_si256(bad_upper, bad_lower) == 0 {
        return None;
    }
    // By the upper four bits; `/` has those of `+`, so it takes the place before.
    let is_slash = _mm256_cmpeq_epi8(characters, _mm256_set1_epi8(b'/' as i8));
    let offset = _mm256_shuffle_epi8(
        _mm256_setr_epi8(
            0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0,
            0, 0, 0,
        ),
        _mm256_add_epi8(is_slash, upper),
    );
    Some(_mm256_add_epi8(characters, offset))
}

/// Packs 32 values of six bits into the first 24 bytes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn packed(values: __m256i) -> __m256i {
    let pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x0140_0140));
    let groups = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x0001_1000));
    let order = _mm256_setr_epi8(
        2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1,
    );
    let halves = _mm256_shuffle_epi8(groups, order);
    _mm256_permutevar8x32_epi32(halves, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7))
}
