//! ASCII: encoding is Latin-1's; decoding drops the top bit of each byte, so E9 is read as "i".

use super::latin1;

pub(super) fn decode(bytes: &[u8]) -> String {
    if bytes.is_ascii() {
        return latin1::decode(bytes);
    }
    let masked: Vec<u8> = bytes.iter().map(|byte| byte & 0x7f).collect();
    latin1::decode(&masked)
}
