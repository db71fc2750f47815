//! Base64, bytes to text, 24 bytes at a time.
//!
//! After Wojciech Muła and Daniel Lemire, "Faster Base64 Encoding and Decoding Using AVX2 Instructions" (2018):
//!
//! ```text
//! 3 bytes   aaaaaabb bbbbcccc ccdddddd        a shuffle puts them as bcc.. into each 32-bit lane,
//! 4 digits  00aaaaaa 00bbbbbb 00cccccc 00dddddd   two multiplications move the bits apart,
//! text      a digit is its value plus an offset, and the offset is looked up by the value's range
//! ```

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm256_add_epi8, _mm256_and_si256, _mm256_cmpgt_epi8, _mm256_mulhi_epu16,
    _mm256_mullo_epi16, _mm256_or_si256, _mm256_set_m128i, _mm256_set1_epi8, _mm256_set1_epi32, _mm256_setr_epi8,
    _mm256_shuffle_epi8, _mm256_storeu_si256, _mm256_subs_epu8,
};

use super::sink::{Sink, append};
use crate::encoding::{Alphabet, encode_plain, text_length};

/// Encodes bytes.
pub(crate) fn encode(bytes: &[u8], alphabet: Alphabet) -> String {
    let mut text = Vec::new();
    append(&mut text, text_length(bytes.len(), alphabet), |sink| {
        let rest = encode_front(bytes, alphabet, sink);
        encode_plain(rest, alphabet, |digit| {
            sink.push(digit);
        });
    });
    // SAFETY: digits and padding are ASCII.
    unsafe { String::from_utf8_unchecked(text) }
}

/// Writes the digits of as many groups of three bytes as it can, and gives the bytes that are left.
fn encode_front<'a>(bytes: &'a [u8], alphabet: Alphabet, text: &mut Sink<'_>) -> &'a [u8] {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { encode_avx2(bytes, alphabet, text) };
    }
    let _ = (alphabet, text);
    bytes
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn encode_avx2<'a>(bytes: &'a [u8], alphabet: Alphabet, text: &mut Sink<'_>) -> &'a [u8] {
    let offsets = offsets(alphabet);
    let mut rest = bytes;
    // Two loads of 16 bytes, 12 apart.
    while let (Some(low), Some(high)) = (
        rest.first_chunk::<16>(),
        rest.get(12..).and_then(<[u8]>::first_chunk::<16>),
    ) && text.room() >= 32
    {
        // SAFETY: these are 16 bytes, and the load needs no alignment.
        let low = unsafe { _mm_loadu_si128(low.as_ptr().cast()) };
        // SAFETY: likewise.
        let high = unsafe { _mm_loadu_si128(high.as_ptr().cast()) };
        let digits = digits(sextets(_mm256_set_m128i(high, low)), offsets);
        // SAFETY: there is room for 32 bytes.
        unsafe { _mm256_storeu_si256(text.next().cast(), digits) };
        // SAFETY: 32 bytes have just been written.
        unsafe { text.advance(32) };
        rest = &rest[24..];
    }
    rest
}

/// Spreads the first 12 bytes of each half over 16 values of six bits.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sextets(bytes: __m256i) -> __m256i {
    let order = _mm256_setr_epi8(
        1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10, 1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10,
    );
    let lanes = _mm256_shuffle_epi8(bytes, order);
    let first_and_third = _mm256_and_si256(lanes, _mm256_set1_epi32(0x0fc0_fc00));
    let first_and_third = _mm256_mulhi_epu16(first_and_third, _mm256_set1_epi32(0x0400_0040));
    let second_and_fourth = _mm256_and_si256(lanes, _mm256_set1_epi32(0x003f_03f0));
    let second_and_fourth = _mm256_mullo_epi16(second_and_fourth, _mm256_set1_epi32(0x0100_0010));
    _mm256_or_si256(first_and_third, second_and_fourth)
}

/// What is to be added to a value: at 0 for a to z, at 1 to 10 for 0 to 9, at 11 and 12 for the last two, at 13 for A to Z.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn offsets(alphabet: Alphabet) -> __m256i {
    let digits = alphabet.digits();
    let offset = |value: u8| digits[usize::from(value)].wrapping_sub(value) as i8;
    let (lower, number, upper) = (offset(26), offset(52), offset(0));
    let (plus, slash) = (offset(62), offset(63));
    _mm256_setr_epi8(
        lower, number, number, number, number, number, number, number, number, number, number, plus, slash, upper, 0,
        0, lower, number, number, number, number, number, number, number, number, number, number, plus, slash, upper,
        0, 0,
    )
}

/// Turns values of six bits into digits.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn digits(values: __m256i, offsets: __m256i) -> __m256i {
    // 0 up to 51, then 1 to 12; and 13 for those below 26.
    let range = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
    let is_upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), values);
    let range = _mm256_or_si256(range, _mm256_and_si256(is_upper, _mm256_set1_epi8(13)));
    _mm256_add_epi8(_mm256_shuffle_epi8(offsets, range), values)
}
