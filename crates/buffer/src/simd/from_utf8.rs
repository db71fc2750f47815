//! UTF-8 to Latin-1 and UTF-16, 16 bytes at a time.
//!
//! ```text
//! ASCII only      16 bytes are copied, or widened to 16 units
//! below U+0800    the second byte of a character gets its first byte's bits, and a shuffle drops the first bytes;
//!                 which bytes stay is a number of 8 bits, and the shuffle is looked up by it
//! anything else   is left to the plain code, a character at a time
//! ```
//!
//! The text is valid, so a byte of 80 to BF is a second byte wherever no first byte above DF is near.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m128i, _mm_and_si128, _mm_blendv_epi8, _mm_cmpeq_epi8, _mm_cmpgt_epi8, _mm_cvtepi8_epi16, _mm_cvtepu8_epi16,
    _mm_loadl_epi64, _mm_loadu_si128, _mm_max_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8, _mm_set1_epi16,
    _mm_shuffle_epi8, _mm_slli_epi16, _mm_slli_si128, _mm_srli_si128, _mm_storel_epi64, _mm_storeu_si128,
    _mm256_cvtepu8_epi16, _mm256_storeu_si256,
};

#[cfg(target_arch = "x86_64")]
use super::avx512;
#[cfg(target_arch = "x86_64")]
use super::level::Level;
use super::sink::Sink;
#[cfg(target_arch = "x86_64")]
use super::sink::copy_ascii;

/// Writes the low byte of each unit of the text, as many as there is room for.
pub(crate) fn latin1_from_utf8(text: &str, sink: &mut Sink<'_>) {
    let mut rest = text;
    while !rest.is_empty() && sink.room() > 0 {
        rest = after(rest, latin1_front(rest.as_bytes(), sink));
        let mut characters = rest.chars();
        for character in characters.by_ref().take(PLAIN) {
            for &mut unit in character.encode_utf16(&mut [0; 2]) {
                sink.push(unit as u8);
            }
        }
        rest = characters.as_str();
    }
}

/// Writes the units of the text, low byte first, as many as there is room for.
pub(crate) fn utf16le_from_utf8(text: &str, sink: &mut Sink<'_>) {
    let mut rest = text;
    while !rest.is_empty() && sink.room() > 1 {
        rest = after(rest, utf16le_front(rest.as_bytes(), sink));
        let mut characters = rest.chars();
        for character in characters.by_ref().take(PLAIN) {
            let code = u32::from(character);
            if code < 0x1_0000 {
                sink.extend((code as u16).to_le_bytes());
                continue;
            }
            let (high, low) = (0xd7c0 + (code >> 10) as u16, 0xdc00 | (code & 0x3ff) as u16);
            // Without room for the pair, its first half is what fits.
            sink.extend(high.to_le_bytes());
            sink.extend(low.to_le_bytes());
        }
        rest = characters.as_str();
    }
}

/// Characters that are read one by one where the kernel has stopped. Where one is not below U+0800, its neighbours seldom are.
const PLAIN: usize = 24;

/// The text after so many bytes, which end with a character.
fn after(text: &str, count: usize) -> &str {
    text.get(count..).unwrap_or_default()
}

/// Writes whole characters below U+0100, and gives the number of bytes that were read.
fn latin1_front(text: &[u8], sink: &mut Sink<'_>) -> usize {
    #[cfg(target_arch = "x86_64")]
    match Level::here() {
        // SAFETY: the processor has AVX-512.
        Level::Avx512 => return unsafe { latin1_avx512(text, sink) },
        // SAFETY: the processor has AVX2 and the counting of bits.
        Level::Avx2 => return unsafe { latin1_avx2(text, sink) },
        Level::Plain => {}
    }
    let _ = (text, sink);
    0
}

/// Writes whole characters below U+0800, and gives the number of bytes that were read.
fn utf16le_front(text: &[u8], sink: &mut Sink<'_>) -> usize {
    #[cfg(target_arch = "x86_64")]
    match Level::here() {
        // SAFETY: the processor has AVX-512.
        Level::Avx512 => return unsafe { avx512::from_utf8::utf16le(text, sink) },
        // SAFETY: the processor has AVX2 and the counting of bits.
        Level::Avx2 => return unsafe { utf16le_avx2(text, sink) },
        Level::Plain => {}
    }
    let _ = (text, sink);
    0
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vbmi2,popcnt")]
fn latin1_avx512(text: &[u8], sink: &mut Sink<'_>) -> usize {
    let ascii = copy_ascii(text, sink);
    without_first_byte(text, ascii + avx512::from_utf8::latin1(&text[ascii..], sink))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
fn latin1_avx2(text: &[u8], sink: &mut Sink<'_>) -> usize {
    let mut read = copy_ascii(text, sink);
    let (place, room) = (sink.next(), sink.room());
    let mut written = 0;
    while let Some(block) = text.get(read..).and_then(<[u8]>::first_chunk::<16>)
        && room - written >= 16
    {
        // SAFETY: a block has 16 bytes, and the load needs no alignment.
        let block = unsafe { _mm_loadu_si128(block.as_ptr().cast()) };
        // SAFETY: there is room for 16 bytes here.
        let here = unsafe { place.add(written) };
        if _mm_movemask_epi8(block) == 0 {
            // SAFETY: there is room for 16 bytes.
            unsafe { _mm_storeu_si128(here.cast(), block) };
            (read, written) = (read + 16, written + 16);
            continue;
        }
        if has_byte_above(block, 0xc3) {
            break;
        }
        let before = bytes_before(text, read, block);
        let high_bits = _mm_and_si128(_mm_slli_epi16::<6>(before), _mm_set1_epi8(0xc0_u8.cast_signed()));
        let low_bits = _mm_and_si128(block, _mm_set1_epi8(0x3f));
        let is_second = _mm_cmpgt_epi8(_mm_set1_epi8(-64), block);
        let bytes = _mm_blendv_epi8(block, _mm_or_si128(high_bits, low_bits), is_second);
        let leads = first_bytes(block);
        // SAFETY: there is room for 16 bytes.
        let first = unsafe { write_bytes(bytes, !leads & 0xff, here) };
        // SAFETY: at most 8 of the 16 bytes have been written.
        let here = unsafe { here.add(first) };
        let upper = _mm_srli_si128::<8>(bytes);
        // SAFETY: at least 8 of the 16 bytes are left.
        written += first + unsafe { write_bytes(upper, !leads >> 8 & 0xff, here) };
        read += 16;
    }
    // SAFETY: so many bytes have been written, and never more than there was room for.
    unsafe { sink.advance(written) };
    without_first_byte(text, read)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
fn utf16le_avx2(text: &[u8], sink: &mut Sink<'_>) -> usize {
    let (place, room) = (sink.next(), sink.room());
    let (mut read, mut written) = (0, 0);
    while let Some(block) = text.get(read..).and_then(<[u8]>::first_chunk::<16>)
        && room - written >= 32
    {
        // SAFETY: a block has 16 bytes, and the load needs no alignment.
        let block = unsafe { _mm_loadu_si128(block.as_ptr().cast()) };
        // SAFETY: there is room for 32 bytes here.
        let here = unsafe { place.add(written) };
        if _mm_movemask_epi8(block) == 0 {
            let units = _mm256_cvtepu8_epi16(block);
            // SAFETY: there is room for 32 bytes.
            unsafe { _mm256_storeu_si256(here.cast(), units) };
            (read, written) = (read + 16, written + 32);
            continue;
        }
        if has_byte_above(block, 0xdf) {
            break;
        }
        let leads = first_bytes(block);
        let is_second = _mm_cmpgt_epi8(_mm_set1_epi8(-64), block);
        let before = bytes_before(text, read, block);
        let low = units(block, before, is_second);
        // SAFETY: there is room for 32 bytes.
        let first = unsafe { write_units(low, !leads & 0xff, here) };
        // SAFETY: at most 16 of the 32 bytes have been written.
        let here = unsafe { here.add(first) };
        let upper = _mm_srli_si128::<8>;
        let high = units(upper(block), upper(before), upper(is_second));
        // SAFETY: at least 16 of the 32 bytes are left.
        written += first + unsafe { write_units(high, !leads >> 8 & 0xff, here) };
        read += 16;
    }
    // SAFETY: so many bytes have been written, and never more than there was room for.
    unsafe { sink.advance(written) };
    without_first_byte(text, read)
}

/// Makes units of the first 8 bytes: of an ASCII byte, and of a second byte with the one before it.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn units(bytes: __m128i, before: __m128i, is_second: __m128i) -> __m128i {
    let here = _mm_cvtepu8_epi16(bytes);
    let high_bits = _mm_and_si128(_mm_cvtepu8_epi16(before), _mm_set1_epi16(0x1f));
    let low_bits = _mm_and_si128(here, _mm_set1_epi16(0x3f));
    let two = _mm_or_si128(_mm_slli_epi16::<6>(high_bits), low_bits);
    _mm_blendv_epi8(here, two, _mm_cvtepi8_epi16(is_second))
}

/// The bytes one place before those of the block, so that a block may begin with a second byte.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn bytes_before(text: &[u8], read: usize, block: __m128i) -> __m128i {
    let Some(before) = read.checked_sub(1).and_then(|at| text.get(at..)?.first_chunk::<16>()) else {
        return _mm_slli_si128::<1>(block);
    };
    // SAFETY: these are 16 bytes, and the load needs no alignment.
    unsafe { _mm_loadu_si128(before.as_ptr().cast()) }
}

/// The end of the last character that was read: a first byte whose second was not read has written nothing.
fn without_first_byte(text: &[u8], read: usize) -> usize {
    let is_cut = read.checked_sub(1).is_some_and(|last| text[last] >= 0xc0);
    read - usize::from(is_cut)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn has_byte_above(block: __m128i, limit: u8) -> bool {
    let limit = _mm_set1_epi8(limit.cast_signed());
    _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(block, limit), limit)) != 0xffff
}

/// One bit for each byte of C0 or more.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn first_bytes(block: __m128i) -> usize {
    let above_second = _mm_movemask_epi8(_mm_cmpgt_epi8(block, _mm_set1_epi8(-65)));
    (above_second & _mm_movemask_epi8(block)) as usize
}

/// Writes those of the first 8 bytes that stay, and gives their number.
///
/// # Safety
///
/// There is room for 8 bytes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
#[inline]
unsafe fn write_bytes(bytes: __m128i, stay: usize, place: *mut u8) -> usize {
    // SAFETY: an entry has 8 bytes, and the load needs no alignment.
    let order = unsafe { _mm_loadl_epi64(KEPT[stay & 0xff].as_ptr().cast()) };
    let together = _mm_shuffle_epi8(bytes, order);
    // SAFETY: the caller has seen to the room for 8 bytes.
    unsafe { _mm_storel_epi64(place.cast(), together) };
    stay.count_ones() as usize
}

/// Writes those of 8 units that stay, and gives the number of bytes.
///
/// # Safety
///
/// There is room for 16 bytes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
#[inline]
unsafe fn write_units(units: __m128i, stay: usize, place: *mut u8) -> usize {
    // SAFETY: an entry has 8 bytes, and the load needs no alignment.
    let order = unsafe { _mm_loadl_epi64(KEPT[stay & 0xff].as_ptr().cast()) };
    // Unit n has its low byte at 2n and its high byte at 2n + 1.
    let low = _mm_cvtepu8_epi16(_mm_slli_epi16::<1>(order));
    let order = _mm_or_si128(low, _mm_slli_epi16::<8>(_mm_or_si128(low, _mm_set1_epi16(1))));
    let together = _mm_shuffle_epi8(units, order);
    // SAFETY: the caller has seen to the room for 16 bytes.
    unsafe { _mm_storeu_si128(place.cast(), together) };
    2 * stay.count_ones() as usize
}

/// For each set of places that stay, the places one after the other.
#[cfg(target_arch = "x86_64")]
static KEPT: [[u8; 8]; 256] = {
    let mut table = [[0; 8]; 256];
    let mut stay = 0;
    while stay < 256 {
        let (mut place, mut length) = (0, 0);
        while place < 8 {
            if stay >> place & 1 == 1 {
                table[stay][length] = place;
                length += 1;
            }
            place += 1;
        }
        stay += 1;
    }
    table
};
