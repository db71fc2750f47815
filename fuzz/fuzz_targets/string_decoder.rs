//! Whatever the cuts, the text is the one of the bytes decoded whole.
#![no_main]

use ferronode_buffer::{Encoding, JsString, StringDecoder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|chunks: Vec<Vec<u8>>| {
    for encoding in [Encoding::Utf8, Encoding::Utf16le, Encoding::Base64, Encoding::Hex] {
        let mut decoder = StringDecoder::new(encoding);
        let mut text = JsString::new();
        for chunk in &chunks {
            text.push_str(&decoder.write(chunk));
        }
        text.push_str(&decoder.end());
        assert_eq!(text, encoding.decode(&chunks.concat()));
    }
});
