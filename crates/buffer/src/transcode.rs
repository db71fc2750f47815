//! Text from one encoding to another; what the target cannot say becomes `?`.
//!
//! In Node: `buffer.transcode`, which asks ICU. ICU's readings of broken text differ from the codecs' own, and are kept:
//!
//! - between `utf8` and `utf16le`, in both directions, broken text is an error; elsewhere each broken part is U+FFFD;
//! - ASCII above 127 is U+FFFD, but is taken as it stands on the way to `utf16le`;
//! - an odd last byte, with half a pair before it, is U+FFFD from `utf16le` to `utf16le`, and dropped elsewhere;
//!   on its way to `utf8` an odd byte alone is an error;
//! - a character that is invisible by itself (Unicode's default ignorables) is dropped where it would become `?`.

use crate::buffer::Buffer;
use crate::encoding::{Encoding, validated};
use crate::error::TranscodeError;

/// Turns text in the encoding `from` into text in the encoding `to`.
///
/// In Node: <https://nodejs.org/docs/latest-v20.x/api/buffer.html#buffertranscodesource-fromenc-toenc>.
///
/// # Errors
///
/// [`TranscodeError`] if an encoding is not one of text, or the text is broken and on its way between `utf8` and `utf16le`.
/// No text at all can be transcoded from anything to anything.
pub fn transcode(source: &[u8], from: Encoding, to: Encoding) -> Result<Buffer, TranscodeError> {
    if source.is_empty() {
        return Ok(Buffer::default());
    }
    for encoding in [from, to] {
        if matches!(encoding, Encoding::Hex | Encoding::Base64 | Encoding::Base64url) {
            return Err(TranscodeError::Unsupported { encoding });
        }
    }
    let text = read(source, from, to).ok_or(TranscodeError::IllFormed { encoding: from })?;
    Ok(match to {
        Encoding::Latin1 => substituted(&text, '\u{ff}'),
        Encoding::Ascii => substituted(&text, '\u{7f}'),
        _ => to.encode(&text),
    })
}

fn read(source: &[u8], from: Encoding, to: Encoding) -> Option<String> {
    let ascii = |&byte: &u8| {
        if byte < 128 {
            char::from(byte)
        } else {
            char::REPLACEMENT_CHARACTER
        }
    };
    Some(match (from, to) {
        (Encoding::Ascii, Encoding::Utf16le) => Encoding::Latin1.decode_lossy(source),
        (Encoding::Ascii, _) => source.iter().map(ascii).collect(),
        (Encoding::Utf8, Encoding::Utf16le) => validated(source)?.to_owned(),
        (Encoding::Utf16le, Encoding::Utf8) if source.len() == 1 => return None,
        (Encoding::Utf16le, Encoding::Utf8) => from.decode(source).into_string().ok()?,
        (Encoding::Utf16le, Encoding::Utf16le) => match source {
            // What is cut off may be a byte or a pair without its last byte.
            [whole @ .., _, 0xd8..0xdc, _] if source.len() % 2 == 1 => cut_off(whole),
            [whole @ .., _] if source.len() % 2 == 1 => cut_off(whole),
            _ => from.decode_lossy(source),
        },
        _ => from.decode_lossy(source),
    })
}

fn cut_off(whole: &[u8]) -> String {
    Encoding::Utf16le.decode_lossy(whole) + "\u{fffd}"
}

/// One byte for each character, `?` for those past the last one.
fn substituted(text: &str, last: char) -> Buffer {
    let byte = |character: char| match character {
        _ if character <= last => Some(character as u8),
        _ if is_ignorable(character) => None,
        _ => Some(b'?'),
    };
    text.chars().filter_map(byte).collect()
}

/// Unicode's Default_Ignorable_Code_Point, as ICU's converters have it.
fn is_ignorable(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}
