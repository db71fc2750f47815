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
    __m256i, _mm_loadu_si128, _mm256_add_epi8, _mm256_and_si256, _mm256_cmpgt_epi8, _mm256_loadu_si256,
    _mm256_mulhi_epu16, _mm256_mullo_epi16, _mm256_or_si256, _mm256_set_m128i, _mm256_set1_epi8, _mm256_set1_epi32,
    _mm256_setr_epi8, _mm256_shuffle_epi8, _mm256_storeu_si256, _mm256_subs_epu8,
};

#[cfg(target_arch = "x86_64")]
use super::avx512;
#[cfg(target_arch = "x86_64")]
use super::level::Level;
use super::sink::{Sink, append};
use crate::encoding::{Alphabet, encode_plain, text_length};

/// Encodes bytes.
pub(crate) fn encode(bytes: &[u8], alphabet: Alphabet) -> String {
    let length = text_length(bytes.len(), alphabet);
    let mut text = Vec::with_capacity(length);
    append(&mut text, length, |sink| {
        let rest = encode_front(bytes, alphabet, sink);
        encode_plain(rest, alphabet, |digits| match <[u8; 4]>::try_from(digits) {
            Ok(four) => _ = sink.extend(four),
            Err(_) => digits.iter().for_each(|&digit| _ = sink.push(digit)),
        });
    });
    // SAFETY: digits and padding are ASCII.
    unsafe { String::from_utf8_unchecked(text) }
}

/// Writes the digits of as many groups of three bytes as it can, and gives the bytes that are left.
fn encode_front<'a>(bytes: &'a [u8], alphabet: Alphabet, text: &mut Sink<'_>) -> &'a [u8] {
    #[cfg(target_arch = "x86_64")]
    match Level::here() {
        // SAFETY: the processor has AVX-512.
        Level::Avx512 => return unsafe { avx512::base64::encode(bytes, alphabet, text) },
        // SAFETY: the processor has AVX2.
        Level::Avx2 => return unsafe { encode_avx2(bytes, alphabet, text) },
        Level::Plain => {}
    }
    let _ = (alphabet, text);
    bytes
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn encode_avx2<'a>(bytes: &'a [u8], alphabet: Alphabet, text: &mut Sink<'_>) -> &'a [u8] {
    let offsets = match alphabet {
        Alphabet::Standard => const { &offsets(Alphabet::Standard) },
        Alphabet::Url => const { &offsets(Alphabet::Url) },
    };
    // SAFETY: 32 bytes are read from an array of 32.
    let offsets = unsafe { _mm256_loadu_si256(offsets.as_ptr().cast()) };
    // A block is read by two loads of 16 bytes, 12 apart: 28 bytes, of which 4 belong to the next.
    let blocks = (bytes.len().saturating_sub(4) / 24).min(text.room() / 32);
    let (from, to) = (bytes.as_ptr(), text.next());
    for block in 0..blocks {
        // SAFETY: each block has 28 bytes in `bytes`.
        let from = unsafe { from.add(24 * block) };
        // SAFETY: these are the first 16 of them, and the load needs no alignment.
        let low = unsafe { _mm_loadu_si128(from.cast()) };
        // SAFETY: 12 is less than 28.
        let from = unsafe { from.add(12) };
        // SAFETY: these are the last 16 of them.
        let high = unsafe { _mm_loadu_si128(from.cast()) };
        let digits = digits(sextets(_mm256_set_m128i(high, low)), offsets);
        // SAFETY: there is room for 32 bytes for each block.
        let to = unsafe { to.add(32 * block) };
        // SAFETY: likewise.
        unsafe { _mm256_storeu_si256(to.cast(), digits) };
    }
    // SAFETY: so many have been written.
    unsafe { text.advance(32 * blocks) };
    &bytes[24 * blocks..]
}

/// Spreads the first 12 bytes of each half over 16 values of six bits.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
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
/// Twice, for both halves.
#[cfg(target_arch = "x86_64")]
const fn offsets(alphabet: Alphabet) -> [u8; 32] {
    // The first value of each range, in this order.
    const FIRST: [u8; 14] = [26, 52, 52, 52, 52, 52, 52, 52, 52, 52, 52, 62, 63, 0];
    let digits = alphabet.digits();
    let mut offsets = [0; 32];
    let mut range = 0;
    while range < FIRST.len() {
        let offset = digits[FIRST[range] as usize].wrapping_sub(FIRST[range]);
        offsets[range] = offset;
        offsets[16 + range] = offset;
        range += 1;
    }
    offsets
}

/// Turns values of six bits into digits.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn digits(values: __m256i, offsets: __m256i) -> __m256i {
    // 0 up to 51, then 1 to 12; and 13 for those below 26.
    let range = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
    let is_upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), values);
    let range = _mm256_or_si256(range, _mm256_and_si256(is_upper, _mm256_set1_epi8(13)));
    _mm256_add_epi8(_mm256_shuffle_epi8(offsets, range), values)
}
