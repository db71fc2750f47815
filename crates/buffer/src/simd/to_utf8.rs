//! Latin-1 and UTF-16 to UTF-8, 16 bytes of text or 8 units at a time.
//!
//! ```text
//! ASCII only      16 bytes are copied, or packed from 16 units
//! below U+0800    each unit becomes a lane of one byte or two, and a shuffle moves the lanes together;
//!                 which lanes have two bytes is a number of 8 bits, and the shuffle is looked up by it
//! anything else   is left to the plain code, a character at a time
//! ```
//!
//! A text is given room for the longest that it could become, and what it has not needed is given back: to count first
//! takes longer. But a text that begins with ASCII is taken to be ASCII as far as that goes.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m128i, _mm_and_si128, _mm_blendv_epi8, _mm_cmpgt_epi16, _mm_cvtepu8_epi16, _mm_loadu_si128, _mm_movemask_epi8,
    _mm_or_si128, _mm_packs_epi16, _mm_packus_epi16, _mm_set1_epi16, _mm_setzero_si128, _mm_shuffle_epi8,
    _mm_slli_epi16, _mm_srli_epi16, _mm_srli_si128, _mm_storeu_si128, _mm_testz_si128,
};

#[cfg(target_arch = "x86_64")]
use super::avx512;
use super::count::{above_ascii, utf8_length};
#[cfg(target_arch = "x86_64")]
use super::level::Level;
#[cfg(target_arch = "x86_64")]
use super::sink::copy_ascii;
use super::sink::{LITTLE, Sink, append, room};

/// Turns Latin-1 into text.
// Never inlined, nor is the next: then the text is written where the caller wants it, and not moved after that.
#[inline(never)]
pub(crate) fn latin1_to_string(bytes: &[u8]) -> String {
    let (mut text, mut rest) = (Vec::new(), bytes);
    if bytes.first_chunk::<64>().is_some_and(|front| front.is_ascii()) {
        append(&mut text, bytes.len(), |sink| rest = latin1_front(rest, sink, true));
    }
    let room = room(2 * rest.len(), || rest.len() + above_ascii(rest));
    append(&mut text, room, |sink| {
        rest = latin1_front(rest, sink, false);
        let _has_room = rest.iter().all(|&byte| push(byte.into(), sink));
    });
    give_back(&mut text);
    // SAFETY: ASCII was copied, and every other character was encoded.
    unsafe { String::from_utf8_unchecked(text) }
}

/// Turns units, low byte first, into text; `None` if a surrogate stands alone.
#[inline(never)]
pub(crate) fn utf16le_to_string(units: &[[u8; 2]]) -> Option<String> {
    let (mut text, mut rest) = (Vec::new(), units);
    let is_ascii = |&unit: &[u8; 2]| u16::from_le_bytes(unit) < 0x80;
    if units
        .first_chunk::<32>()
        .is_some_and(|front| front.iter().all(is_ascii))
    {
        append(&mut text, units.len(), |sink| rest = utf16le_front(rest, sink, true));
    }
    let mut is_whole = true;
    append(&mut text, room(3 * rest.len(), || utf8_length(rest)), |sink| {
        while is_whole && !rest.is_empty() {
            rest = utf16le_front(rest, sink, false);
            is_whole = utf16le_plain(&mut rest, sink);
        }
    });
    give_back(&mut text);
    // SAFETY: ASCII was packed, every other character was encoded, and a surrogate alone was not.
    is_whole.then(|| unsafe { String::from_utf8_unchecked(text) })
}

/// Gives back the room that a text has not needed.
fn give_back(text: &mut Vec<u8>) {
    if text.capacity() - text.len() > LITTLE {
        text.shrink_to_fit();
    }
}

/// Encodes a few characters; `false` if there is half a pair.
fn utf16le_plain(units: &mut &[[u8; 2]], sink: &mut Sink<'_>) -> bool {
    for _ in 0..16 {
        let [first, rest @ ..] = *units else { return true };
        *units = rest;
        let code = u32::from(u16::from_le_bytes(*first));
        if !(0xd800..0xe000).contains(&code) {
            let _counted = push(code, sink);
            continue;
        }
        let second = rest.first().map_or(0, |&second| u32::from(u16::from_le_bytes(second)));
        if code >= 0xdc00 || !(0xdc00..0xe000).contains(&second) {
            return false;
        }
        *units = &rest[1..];
        let _counted = push(0x1_0000 + ((code & 0x3ff) << 10 | second & 0x3ff), sink);
    }
    true
}

/// Encodes a character, all of it or, without room, nothing.
#[inline]
fn push(code: u32, sink: &mut Sink<'_>) -> bool {
    let tail = |shift: u32| 0x80 | (code >> shift & 0x3f) as u8;
    match code {
        0..0x80 => sink.extend([code as u8]),
        0x80..0x800 => sink.extend([0xc0 | (code >> 6) as u8, tail(0)]),
        0x800..0x1_0000 => sink.extend([0xe0 | (code >> 12) as u8, tail(6), tail(0)]),
        _ => sink.extend([0xf0 | (code >> 18) as u8, tail(12), tail(6), tail(0)]),
    }
}

fn latin1_front<'a>(bytes: &'a [u8], sink: &mut Sink<'_>, ascii_only: bool) -> &'a [u8] {
    #[cfg(target_arch = "x86_64")]
    match Level::here() {
        // SAFETY: the processor has AVX-512.
        Level::Avx512 if !ascii_only => return unsafe { avx512::to_utf8::latin1(bytes, sink) },
        // SAFETY: the processor has AVX2 and the counting of bits.
        Level::Avx512 | Level::Avx2 => return unsafe { latin1_avx2(bytes, sink, ascii_only) },
        Level::Plain => {}
    }
    let _ = (sink, ascii_only);
    bytes
}

fn utf16le_front<'a>(units: &'a [[u8; 2]], sink: &mut Sink<'_>, ascii_only: bool) -> &'a [[u8; 2]] {
    #[cfg(target_arch = "x86_64")]
    match Level::here() {
        // SAFETY: the processor has AVX-512.
        Level::Avx512 if ascii_only => return unsafe { avx512::to_utf8::utf16le_ascii(units, sink) },
        // SAFETY: the processor has AVX-512.
        Level::Avx512 => return unsafe { avx512::to_utf8::utf16le(units, sink) },
        // SAFETY: the processor has AVX2 and the counting of bits.
        Level::Avx2 => return unsafe { utf16le_avx2(units, sink, ascii_only) },
        Level::Plain => {}
    }
    let _ = (sink, ascii_only);
    units
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
fn latin1_avx2<'a>(bytes: &'a [u8], sink: &mut Sink<'_>, ascii_only: bool) -> &'a [u8] {
    let ascii = copy_ascii(bytes, sink);
    let (place, room) = (sink.next(), sink.room());
    let (mut rest, mut written) = (&bytes[ascii..], 0);
    while let Some(block) = rest.first_chunk::<16>()
        && room - written >= 32
    {
        // SAFETY: a block has 16 bytes, and the load needs no alignment.
        let block = unsafe { _mm_loadu_si128(block.as_ptr().cast()) };
        // SAFETY: there is room for 32 bytes here.
        let here = unsafe { place.add(written) };
        if _mm_movemask_epi8(block) == 0 {
            // SAFETY: there is room for 16 bytes.
            unsafe { _mm_storeu_si128(here.cast(), block) };
            written += 16;
        } else if ascii_only {
            break;
        } else {
            let low = _mm_cvtepu8_epi16(block);
            // SAFETY: there is room for 32 bytes.
            let first = unsafe { write_lanes(low, here) };
            // SAFETY: at most 16 of the 32 bytes have been written.
            let here = unsafe { here.add(first) };
            let high = _mm_cvtepu8_epi16(_mm_srli_si128::<8>(block));
            // SAFETY: at least 16 of the 32 bytes are left.
            written += first + unsafe { write_lanes(high, here) };
        }
        rest = &rest[16..];
    }
    // SAFETY: so many bytes have been written, and never more than there was room for.
    unsafe { sink.advance(written) };
    rest
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
fn utf16le_avx2<'a>(units: &'a [[u8; 2]], sink: &mut Sink<'_>, ascii_only: bool) -> &'a [[u8; 2]] {
    let above_ascii = _mm_set1_epi16(0xff80_u16.cast_signed());
    let above_two_bytes = _mm_set1_epi16(0xf800_u16.cast_signed());
    let (place, room) = (sink.next(), sink.room());
    let (mut rest, mut written) = (units, 0);
    while let Some(block) = rest.first_chunk::<16>()
        && room - written >= 16
    {
        // SAFETY: a block has 32 bytes, and the load needs no alignment.
        let low = unsafe { _mm_loadu_si128(block.as_ptr().cast()) };
        // SAFETY: the second half of the block has 16 bytes.
        let high = unsafe { _mm_loadu_si128(block[8..].as_ptr().cast()) };
        // SAFETY: there is room for 16 bytes here.
        let here = unsafe { place.add(written) };
        if _mm_testz_si128(_mm_or_si128(low, high), above_ascii) == 1 {
            let packed = _mm_packus_epi16(low, high);
            // SAFETY: there is room for 16 bytes.
            unsafe { _mm_storeu_si128(here.cast(), packed) };
            (written, rest) = (written + 16, &rest[16..]);
        } else if ascii_only || _mm_testz_si128(low, above_two_bytes) == 0 {
            break;
        } else {
            // SAFETY: there is room for 16 bytes.
            written += unsafe { write_lanes(low, here) };
            rest = &rest[8..];
        }
    }
    // SAFETY: so many bytes have been written, and never more than there was room for.
    unsafe { sink.advance(written) };
    rest
}

/// Encodes 8 units below U+0800, and gives the number of bytes.
///
/// # Safety
///
/// There is room for 16 bytes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
#[inline]
unsafe fn write_lanes(units: __m128i, place: *mut u8) -> usize {
    let lead = _mm_or_si128(_mm_srli_epi16::<6>(units), _mm_set1_epi16(0xc0));
    let tail = _mm_slli_epi16::<8>(_mm_and_si128(units, _mm_set1_epi16(0x3f)));
    let pair = _mm_or_si128(_mm_or_si128(lead, tail), _mm_set1_epi16(0x8000_u16.cast_signed()));
    let is_pair = _mm_cmpgt_epi16(units, _mm_set1_epi16(0x7f));
    let lanes = _mm_blendv_epi8(units, pair, is_pair);
    let pairs = _mm_movemask_epi8(_mm_packs_epi16(is_pair, _mm_setzero_si128())) as usize;
    // SAFETY: an entry has 16 bytes, and the load needs no alignment.
    let order = unsafe { _mm_loadu_si128(TOGETHER[pairs & 0xff].as_ptr().cast()) };
    let together = _mm_shuffle_epi8(lanes, order);
    // SAFETY: the caller has seen to the room for 16 bytes.
    unsafe { _mm_storeu_si128(place.cast(), together) };
    8 + pairs.count_ones() as usize
}

/// For each set of lanes that have two bytes, where the bytes of the text come from.
#[cfg(target_arch = "x86_64")]
static TOGETHER: [[u8; 16]; 256] = {
    let mut table = [[0x80; 16]; 256];
    let mut pairs = 0;
    while pairs < 256 {
        let (mut lane, mut length) = (0, 0);
        while lane < 8 {
            table[pairs][length] = 2 * lane;
            length += 1;
            if pairs >> lane & 1 == 1 {
                table[pairs][length] = 2 * lane + 1;
                length += 1;
            }
            lane += 1;
        }
        pairs += 1;
    }
    table
};
