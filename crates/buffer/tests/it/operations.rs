//! What one does with the bytes: search, fill, slice, compare, copy, numbers, and what is said of arguments that do not fit.

use std::cmp::Ordering;
use std::io::{BufRead, Read, Write};

use bytes::Bytes;
use ferronode_buffer::constants::MAX_LENGTH;
use ferronode_buffer::{AllocError, Buffer, Encoding, FillError, Pattern, RangeError, atob, btoa, transcode};

#[test]
fn a_search_may_start_from_the_end() {
    let buffer = Buffer::from("abcabc");
    assert_eq!(
        [-3, -100, 100].map(|from| buffer.index_of_from("a", from)),
        [Some(3), Some(0), None]
    );
    assert_eq!(
        [-1, -4, -6, -7].map(|from| buffer.last_index_of_from("a", from)),
        [Some(3), Some(0), Some(0), None]
    );
    assert_eq!(buffer.last_index_of(b"bc"), Some(4));
    assert!(!buffer.includes("cb"));
}

#[test]
fn nothing_is_found_everywhere() {
    let buffer = Buffer::from("abc");
    assert_eq!(
        [0, 2, 99, -1].map(|from| buffer.index_of_from("", from)),
        [Some(0), Some(2), Some(3), Some(2)]
    );
    assert_eq!(
        [1, 99, -9].map(|from| buffer.last_index_of_from("", from)),
        [Some(1), Some(3), Some(0)]
    );
}

#[test]
fn utf16le_is_found_at_even_positions_only() {
    let buffer = Buffer::from(&[0, 0x61, 0, 0x61, 0]);
    assert_eq!(buffer.index_of(Pattern::text("a", Encoding::Utf16le)), None);
    assert_eq!(buffer.index_of(&Encoding::Utf16le.encode("a")), Some(1));
    let buffer = Encoding::Utf16le.encode("xaya");
    assert_eq!(
        buffer.index_of_from(Pattern::text("a", Encoding::Utf16le), 3),
        Some(2),
        "an odd start is rounded down"
    );
}

#[test]
fn a_pattern_repeats_and_is_cut_at_any_byte() {
    assert_eq!(Buffer::alloc_filled(5, "€").unwrap(), [0xe2, 0x82, 0xac, 0xe2, 0x82]);
    assert_eq!(
        Buffer::alloc_filled(4, Pattern::text("abxx", Encoding::Hex)).unwrap(),
        [0xab; 4]
    );
    assert_eq!(Buffer::alloc_filled(2, "").unwrap(), [0, 0]);
    let error = Buffer::alloc_filled(3, Pattern::text("zz", Encoding::Hex)).unwrap_err();
    assert_eq!(
        (error, error.code()),
        (FillError::EmptyPattern, "ERR_INVALID_ARG_VALUE")
    );
}

#[test]
fn a_range_to_fill_ends_in_the_buffer() {
    let mut buffer = Buffer::alloc(4);
    buffer.fill_range(7, 1, Some(3)).unwrap();
    buffer.fill_range(9, 9, None).unwrap();
    assert_eq!(buffer, [0, 7, 7, 0]);
    let error = buffer.fill_range(7, 0, Some(9)).unwrap_err();
    let expected = RangeError::OutOfRange {
        name: "end",
        asked: 9,
        least: 0,
        most: 4,
    };
    assert_eq!(error, FillError::Range(expected));
}

#[test]
fn ranges_are_compared_and_copied() {
    let (abc, xabc) = (Buffer::from("abc"), Buffer::from("xabc"));
    assert_eq!(abc.compare_range(&xabc, 1.., ..), Ok(Ordering::Equal));
    assert_eq!(abc.compare_range(&xabc, 1..3, 0..2), Ok(Ordering::Equal));
    assert_eq!(
        abc.compare_range(&xabc, 0..5, ..).unwrap_err().code(),
        "ERR_OUT_OF_RANGE"
    );
    let mut target = [0; 4];
    assert_eq!(abc.copy(&mut target, 2, ..), Ok(2));
    assert_eq!(&target, b"\0\0ab");
    assert_eq!(abc.copy(&mut target, 9, ..), Ok(0));
    assert!(abc.copy(&mut target, 0, 4..).is_err());
    let mut letters = Buffer::from("abcdef");
    assert_eq!(letters.copy_to_self(2, 0..4), Ok(4));
    assert_eq!(letters, *b"ababcd");
}

#[test]
fn joined_buffers_are_cut_or_padded_to_a_length() {
    let list = ["ab", "cd"];
    assert_eq!(Buffer::concat(&list), *b"abcd");
    assert_eq!(Buffer::concat_to(&list, 3).unwrap(), *b"abc");
    assert_eq!(Buffer::concat_to(&list, 5000).unwrap()[..6], *b"abcd\0\0");
    assert!(Buffer::concat_to(&list, MAX_LENGTH + 1).is_err());
}

#[test]
fn a_size_that_is_too_large_is_refused_before_anything_is_allocated() {
    for asked in [MAX_LENGTH + 1, usize::MAX] {
        let error = Buffer::try_alloc(asked).unwrap_err();
        assert_eq!(
            error,
            AllocError::TooLarge {
                asked,
                available: MAX_LENGTH
            }
        );
    }
}

#[test]
fn numbers_are_written_and_read_in_both_orders() {
    let mut buffer = Buffer::alloc(8);
    assert_eq!(buffer.write_uint16_be(0x0102, 0), Ok(2));
    assert_eq!(buffer.write_uint16_le(0x0102, 2), Ok(4));
    assert_eq!(buffer[..4], [1, 2, 2, 1]);
    assert_eq!(buffer.write_float_be(0.1, 4), Ok(8));
    assert_eq!(buffer.read_float_be(4), Ok(0.1));
    assert_eq!(buffer.read_int16_le(0), Ok(0x0201));
    buffer.fill(0xff).unwrap();
    assert_eq!(buffer.read_big_int64_le(0), Ok(-1));
    assert_eq!(buffer.read_int_be(1, 6), Ok(-1));
    assert_eq!(buffer.read_uint_le(2, 6), Ok((1 << 48) - 1));
}

#[test]
fn a_number_that_does_not_fit_says_what_there_is() {
    let mut buffer = Buffer::alloc(4);
    let expected = RangeError::OutOfRange {
        name: "offset",
        asked: 3,
        least: 0,
        most: 2,
    };
    assert_eq!(buffer.read_uint16_le(3), Err(expected));
    assert_eq!(
        buffer.write_uint16_le(1, usize::MAX).unwrap_err().code(),
        "ERR_OUT_OF_RANGE"
    );
    let expected = RangeError::OutOfBounds { asked: 8, available: 4 };
    assert_eq!(buffer.read_double_be(0), Err(expected));
    assert_eq!(expected.code(), "ERR_BUFFER_OUT_OF_BOUNDS");
    let expected = RangeError::OutOfRange {
        name: "byteLength",
        asked: 7,
        least: 1,
        most: 6,
    };
    assert_eq!(buffer.write_int_be(0, 0, 7), Err(expected));
    let expected = RangeError::OutOfRange {
        name: "value",
        asked: 128,
        least: -128,
        most: 127,
    };
    assert_eq!(buffer.write_int_le(128, 0, 1), Err(expected));
    assert_eq!(buffer, [0; 4], "nothing is written");
}

#[test]
fn units_are_swapped_if_they_are_whole() {
    let mut buffer = Buffer::from(&[1, 2, 3, 4]);
    assert_eq!(*buffer.swap16().unwrap(), [2, 1, 4, 3]);
    assert_eq!(*buffer.swap32().unwrap(), [3, 4, 1, 2]);
    let error = buffer.swap64().map(|_| ()).unwrap_err();
    assert_eq!(
        (error.unit, error.length, error.code()),
        (8, 4, "ERR_INVALID_BUFFER_SIZE")
    );
}

#[test]
fn text_is_transcoded_with_question_marks() {
    let source = Buffer::from("€é\u{200b}");
    assert_eq!(
        transcode(&source, Encoding::Utf8, Encoding::Latin1).unwrap(),
        [0x3f, 0xe9]
    );
    let error = transcode(b"a", Encoding::Utf8, Encoding::Hex).unwrap_err();
    assert_eq!(error.code(), "U_ILLEGAL_ARGUMENT_ERROR");
    let error = transcode(&[0x3d, 0xd8], Encoding::Utf16le, Encoding::Utf8).unwrap_err();
    assert_eq!(error.code(), "U_INVALID_CHAR_FOUND");
}

#[test]
fn the_webs_base64_is_strict() {
    assert_eq!(atob(" aG k\n=").as_deref(), Ok("hi"));
    assert_eq!(btoa("é\u{ff}").as_deref(), Ok("6f8="));
    for text in ["a", "-_-_", "aGk==", "a=b=", "é"] {
        assert!(atob(text).is_err(), "{text}");
    }
    assert_eq!(btoa("a€").unwrap_err().position, 1);
}

#[test]
fn the_debug_form_stops_at_fifty_bytes() {
    assert_eq!(format!("{:?}", Buffer::default()), "<Buffer >");
    assert!(format!("{:?}", Buffer::alloc(51)).ends_with(" 00 ... 1 more byte>"));
    assert!(format!("{:?}", Buffer::alloc(53)).ends_with(" ... 3 more bytes>"));
    assert_eq!(Buffer::from("hi").to_json(), r#"{"type":"Buffer","data":[104,105]}"#);
}

#[test]
fn a_buffer_is_read_and_written_as_a_stream() {
    let mut buffer = Buffer::from("one\ntwo\n");
    let lines: Vec<String> = buffer.reader().lines().map(Result::unwrap).collect();
    assert_eq!(lines, ["one", "two"]);
    let mut first = [0; 3];
    buffer.reader().read_exact(&mut first).unwrap();
    assert_eq!(&first, b"one");
    assert_eq!(buffer.writer().write(b"ONE").unwrap(), 3);
    assert!(
        buffer.writer().write_all(&[0; 9]).is_err(),
        "there is no room for nine bytes"
    );
    buffer.extend(*b"more");
    assert!(buffer.includes("\0more"));
    assert_eq!((0..3).collect::<Buffer>(), [0, 1, 2]);
}

#[test]
fn bytes_and_vectors_are_passed_without_a_copy() {
    let vector = vec![7; 5000];
    let address = vector.as_ptr();
    let buffer = Buffer::from(vector);
    assert_eq!(buffer.as_ptr(), address);
    let bytes = Bytes::from(buffer);
    assert_eq!(bytes.as_ptr(), address);
    let bytes = Bytes::from(vec![7; 5000]);
    let address = bytes.as_ptr();
    let buffer = Buffer::try_from(bytes).unwrap();
    assert_eq!((buffer.as_ptr(), buffer.len()), (address, 5000));
    let shared = Bytes::from(vec![7; 5000]);
    let _other = shared.clone();
    assert!(Buffer::try_from(shared).is_err(), "somebody else has the bytes");
    let vector: Vec<u8> = Buffer::from(vec![1, 2, 3]).into();
    assert_eq!(vector, [1, 2, 3]);
}

#[test]
fn two_halves_have_their_own_owners() {
    for size in [100, 10_000] {
        let (mut first, mut second) = Buffer::alloc_filled(size, 1).unwrap().split_at_owned(size / 4);
        let writer = std::thread::spawn(move || {
            first.fill(2).unwrap();
            first
        });
        second.fill(3).unwrap();
        let (first, _rest) = writer.join().unwrap().split_at_owned(10);
        assert_eq!(first, [2; 10]);
        assert!(second.iter().all(|&byte| byte == 3));
    }
}

#[test]
fn large_buffers_begin_with_a_cache_line() {
    for buffer in [
        Buffer::alloc(4096),
        Buffer::alloc_unsafe(5000),
        Buffer::from_bytes(&[0; 70_000]),
    ] {
        assert_eq!(buffer.as_ptr().addr() % 64, 0);
    }
}
