//! ASCII: encoding is Latin-1's; decoding drops the top bit of each byte, so E9 is read as "i".

use super::latin1;
use super::utf8;

pub(super) fn decode(bytes: &[u8]) -> String {
    // Most bytes have no top bit to drop: then they are text as they stand.
    if let Some(text) = bytes.is_ascii().then(|| utf8::validated(bytes)).flatten() {
        return text.to_owned();
    }
    let masked: Vec<u8> = bytes.iter().map(|byte| byte & 0x7f).collect();
    latin1::decode(&masked)
}
