//! Every codec and the byte operations at four sizes, beside the best crates and a copy.
//!
//! A size is the number of bytes of the buffer, whichever way the codec goes.
//! `node benches/buffer.mjs` prints the figures beside Node's, which are measured on the same bytes.

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use ferronode_buffer::{Buffer, Encoding};

const SIZES: [usize; 4] = [32, 1024, 64 * 1024, 1024 * 1024];

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// Bytes as a generator of Park and Miller's gives them; `benches/buffer.mjs` has the same.
fn noise(size: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state * 48271 % 0x7fff_ffff;
        (state >> 8) as u8
    };
    (0..size).map(|_| next()).collect()
}

fn repeated(text: &str, size: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = text.bytes().cycle().take(size).collect();
    // No character is cut.
    let whole = String::from_utf8_lossy(&bytes)
        .trim_end_matches(char::REPLACEMENT_CHARACTER)
        .len();
    bytes[whole..].fill(b'.');
    bytes
}

/// A result is looked at where it lies: to move what has just been written waits for the writing, five nanoseconds for
/// a `String`, and would measure that.
fn time<T>(group: &mut Group<'_>, name: &str, mut run: impl FnMut() -> T) {
    group.bench_function(name, |bencher| bencher.iter(|| _ = black_box(&run())));
}

/// The inputs of a codec: its name, its encoding, and bytes of a size.
type Case = (&'static str, Encoding, fn(usize) -> Vec<u8>);

const CASES: [Case; 10] = [
    ("utf8_ascii", Encoding::Utf8, |size| {
        repeated("The quick brown fox. ", size)
    }),
    ("utf8_mixed", Encoding::Utf8, |size| {
        repeated("Größe 12 €, naïve 😀 текст ", size)
    }),
    ("latin1_ascii", Encoding::Latin1, |size| {
        repeated("The quick brown fox. ", size)
    }),
    ("latin1_noise", Encoding::Latin1, noise),
    ("ascii", Encoding::Ascii, |size| repeated("The quick brown fox. ", size)),
    ("utf16le_ascii", Encoding::Utf16le, |size| {
        Encoding::Utf16le.encode("The quick brown fox. ".repeat(size / 40 + 1).as_str())[..size].to_vec()
    }),
    ("utf16le_mixed", Encoding::Utf16le, |size| {
        Encoding::Utf16le.encode("Größe 12 €, naïve 😀 текст ".repeat(size / 50 + 1).as_str())[..size].to_vec()
    }),
    ("base64", Encoding::Base64, noise),
    ("base64url", Encoding::Base64url, noise),
    ("hex", Encoding::Hex, noise),
];

fn codecs(criterion: &mut Criterion) {
    for (name, encoding, make) in CASES {
        for size in SIZES {
            let buffer = Buffer::from(make(size));
            let text = buffer.to_string(encoding);
            let mut group = criterion.benchmark_group(format!("to_string_{name}/{size}"));
            time(&mut group, "ours", || black_box(&buffer).to_string(encoding));
            #[cfg(feature = "peers")]
            peers::to_string(&mut group, encoding, &buffer);
            let mut copy = vec![0; size];
            time(&mut group, "copy", || copy.copy_from_slice(black_box(&buffer)));
            group.finish();
            let mut group = criterion.benchmark_group(format!("from_string_{name}/{size}"));
            time(&mut group, "ours", || Buffer::from_string(black_box(&text), encoding));
            #[cfg(feature = "peers")]
            peers::from_string(&mut group, encoding, &text);
            group.finish();
        }
    }
}

/// What each is measured beside; those that have more to do, or less, are left out.
#[cfg(feature = "peers")]
mod peers {
    use super::{Encoding, Group, black_box, time};

    pub(super) fn to_string(group: &mut Group<'_>, encoding: Encoding, bytes: &[u8]) {
        match encoding {
            Encoding::Utf8 => {
                time(group, "simdutf8", || {
                    simdutf8::basic::from_utf8(black_box(bytes)).map(str::to_owned)
                });
                time(group, "encoding_rs", || {
                    encoding_rs::UTF_8
                        .decode_without_bom_handling(black_box(bytes))
                        .0
                        .into_owned()
                });
            }
            Encoding::Latin1 => time(group, "encoding_rs", || {
                encoding_rs::mem::decode_latin1(black_box(bytes)).into_owned()
            }),
            Encoding::Utf16le => time(group, "encoding_rs", || {
                encoding_rs::UTF_16LE
                    .decode_without_bom_handling(black_box(bytes))
                    .0
                    .into_owned()
            }),
            Encoding::Base64 => time(group, "base64-simd", || {
                base64_simd::STANDARD.encode_to_string(black_box(bytes))
            }),
            Encoding::Base64url => time(group, "base64-simd", || {
                base64_simd::URL_SAFE_NO_PAD.encode_to_string(black_box(bytes))
            }),
            Encoding::Hex => {
                time(group, "hex-simd", || {
                    hex_simd::encode_to_string(black_box(bytes), hex_simd::AsciiCase::Lower)
                });
                time(group, "faster-hex", || faster_hex::hex_string(black_box(bytes)));
                time(group, "const-hex", || const_hex::encode(black_box(bytes)));
            }
            Encoding::Ascii => {}
        }
        simdutf_to_string(group, encoding, bytes);
    }

    #[allow(unsafe_code)]
    fn simdutf_to_string(group: &mut Group<'_>, encoding: Encoding, bytes: &[u8]) {
        match encoding {
            Encoding::Latin1 => time(group, "simdutf", || {
                let bytes = black_box(bytes);
                let mut text: Vec<u8> = Vec::with_capacity(bytes.len() * 2);
                // SAFETY: the vector has room for two bytes each.
                let length = unsafe { simdutf::convert_latin1_to_utf8(bytes.as_ptr(), bytes.len(), text.as_mut_ptr()) };
                // SAFETY: so many have been written.
                unsafe { text.set_len(length) };
                text
            }),
            Encoding::Utf16le => {
                let units: Vec<u16> = bytes
                    .as_chunks::<2>()
                    .0
                    .iter()
                    .copied()
                    .map(u16::from_le_bytes)
                    .collect();
                time(group, "simdutf", || {
                    let units = black_box(&units);
                    let mut text: Vec<u8> = Vec::with_capacity(units.len() * 3);
                    // SAFETY: the vector has room for three bytes each.
                    let length =
                        unsafe { simdutf::convert_utf16le_to_utf8(units.as_ptr(), units.len(), text.as_mut_ptr()) };
                    // SAFETY: so many have been written.
                    unsafe { text.set_len(length) };
                    text
                });
            }
            _ => {}
        }
    }

    pub(super) fn from_string(group: &mut Group<'_>, encoding: Encoding, text: &str) {
        match encoding {
            Encoding::Utf8 => time(group, "to_vec", || black_box(text).as_bytes().to_vec()),
            Encoding::Latin1 => time(group, "encoding_rs", || {
                encoding_rs::mem::encode_latin1_lossy(black_box(text)).into_owned()
            }),
            Encoding::Utf16le => time(group, "std", || black_box(text).encode_utf16().collect::<Vec<u16>>()),
            Encoding::Base64 => time(group, "base64-simd", || {
                base64_simd::STANDARD.decode_to_vec(black_box(text))
            }),
            Encoding::Base64url => time(group, "base64-simd", || {
                base64_simd::URL_SAFE_NO_PAD.decode_to_vec(black_box(text))
            }),
            Encoding::Hex => {
                time(group, "hex-simd", || hex_simd::decode_to_vec(black_box(text)));
                time(group, "const-hex", || const_hex::decode(black_box(text)));
            }
            Encoding::Ascii => {}
        }
        simdutf_from_string(group, encoding, text);
    }

    #[allow(unsafe_code)]
    fn simdutf_from_string(group: &mut Group<'_>, encoding: Encoding, text: &str) {
        match encoding {
            Encoding::Latin1 => time(group, "simdutf", || {
                let text = black_box(text);
                let mut bytes: Vec<u8> = Vec::with_capacity(text.len());
                // SAFETY: the vector has room for a byte each.
                let length = unsafe { simdutf::convert_utf8_to_latin1(text.as_ptr(), text.len(), bytes.as_mut_ptr()) };
                // SAFETY: so many have been written.
                unsafe { bytes.set_len(length) };
                bytes
            }),
            Encoding::Utf16le => time(group, "simdutf", || {
                let text = black_box(text);
                let mut units: Vec<u16> = Vec::with_capacity(text.len());
                // SAFETY: the vector has room for a unit each.
                let length = unsafe { simdutf::convert_utf8_to_utf16le(text.as_ptr(), text.len(), units.as_mut_ptr()) };
                // SAFETY: so many have been written.
                unsafe { units.set_len(length) };
                units
            }),
            _ => {}
        }
    }
}

fn operations(criterion: &mut Criterion) {
    for size in SIZES {
        let mut buffer = Buffer::from(noise(size));
        let mut group = criterion.benchmark_group(format!("index_of_end/{size}"));
        let needle = buffer[size - 8..].to_vec();
        time(&mut group, "ours", || black_box(&buffer).index_of(&needle[..]));
        time(&mut group, "memchr", || {
            memchr::memmem::find(black_box(&buffer), &needle)
        });
        group.finish();

        let mut group = criterion.benchmark_group(format!("index_of_worst/{size}"));
        let mut haystack = Buffer::from(vec![b'a'; size]);
        haystack[size - 1] = b'b';
        time(&mut group, "ours", || black_box(&haystack).index_of(b"aaaaaaab"));
        time(&mut group, "memchr", || {
            memchr::memmem::find(black_box(&haystack), b"aaaaaaab")
        });
        group.finish();

        let mut group = criterion.benchmark_group(format!("compare/{size}"));
        let twin = buffer.clone();
        time(&mut group, "ours", || black_box(&buffer).compare(black_box(&twin)));
        time(&mut group, "slice", || black_box(&buffer[..]).cmp(black_box(&twin[..])));
        group.finish();

        let mut group = criterion.benchmark_group(format!("concat/{size}"));
        let parts = vec![&buffer[..]; 10];
        time(&mut group, "ours", || Buffer::concat(black_box(&parts)));
        time(&mut group, "slice", || black_box(&parts).concat());
        group.finish();

        let mut group = criterion.benchmark_group(format!("swap16/{size}"));
        time(&mut group, "ours", || black_box(&mut buffer).swap16().map(|_| ()));
        group.finish();
        let mut group = criterion.benchmark_group(format!("swap32/{size}"));
        time(&mut group, "ours", || black_box(&mut buffer).swap32().map(|_| ()));
        group.finish();
        let mut group = criterion.benchmark_group(format!("swap64/{size}"));
        time(&mut group, "ours", || black_box(&mut buffer).swap64().map(|_| ()));
        group.finish();
        numbers(criterion, &mut buffer, size);
    }
}

fn numbers(criterion: &mut Criterion, buffer: &mut Buffer, size: usize) {
    let mut group = criterion.benchmark_group(format!("read_uint32_le/{size}"));
    time(&mut group, "ours", || {
        let buffer = black_box(&*buffer);
        (0..size)
            .step_by(4)
            .filter_map(|at| buffer.read_uint32_le(at).ok())
            .fold(0, u32::wrapping_add)
    });
    time(&mut group, "bytes", || {
        let mut rest = black_box(&buffer[..]);
        (0..size / 4).fold(0, |sum: u32, _| sum.wrapping_add(bytes::Buf::get_u32_le(&mut rest)))
    });
    group.finish();
    let mut group = criterion.benchmark_group(format!("write_double_be/{size}"));
    time(&mut group, "ours", || {
        let buffer = black_box(&mut *buffer);
        (0..size)
            .step_by(8)
            .all(|at| buffer.write_double_be(at as f64, at).is_ok())
    });
    time(&mut group, "bytes", || {
        let mut rest = black_box(&mut buffer[..]);
        (0..size)
            .step_by(8)
            .for_each(|at| bytes::BufMut::put_f64(&mut rest, at as f64));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(60))
        .measurement_time(Duration::from_millis(200))
        .sample_size(10)
        .without_plots();
    targets = codecs, operations
}
criterion_main!(benches);
