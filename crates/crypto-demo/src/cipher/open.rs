//! From a name, a key and a vector to a mode. The checks are Node's, in Node's order, so that the first error is the
//! same.

use cipher::InnerIvInit;
use ctr::{Ctr128BE, CtrCore};

use super::Direction;
use super::aead::{chacha20_poly1305, gcm, is_gcm_tag};
use super::block_cipher::{Aes, Des};
use super::blocks::Blocks;
use super::ccm::Ccm;
use super::error::CipherError;
use super::mode::Mode;
use super::tag::LONGEST;
use crate::cipher_info::{Algorithm, CipherInfo, CipherMode, cipher_info};

pub(super) fn open(
    name: &str,
    key: &[u8],
    iv: &[u8],
    tag_length: Option<usize>,
    direction: Direction,
) -> Result<(CipherInfo, Box<dyn Mode>), CipherError> {
    let info = cipher_info(name).ok_or_else(|| CipherError::UnknownCipher { name: name.to_owned() })?;
    check_iv(&info, iv)?;
    if !info.is_supported() {
        return Err(CipherError::Unsupported { name: name.to_owned() });
    }
    let tag_length = check_tag_length(&info, name, tag_length)?;
    let mode = match info.algorithm {
        Algorithm::Aes => aes(&info, key, iv, tag_length, direction),
        Algorithm::Des => des(&info, key, iv, direction),
        Algorithm::ChaCha20Poly1305 => chacha20_poly1305(key, iv, tag_length.unwrap_or(LONGEST), direction).map(boxed),
        Algorithm::Foreign => None,
    };
    // Vector and tag were found right: what is left is the key.
    let mode = mode.ok_or(CipherError::KeyLength {
        expected: info.key_length,
        found: key.len(),
    })?;
    Ok((info, mode))
}

fn check_iv(info: &CipherInfo, iv: &[u8]) -> Result<(), CipherError> {
    if info.takes_iv_length(iv.len()) {
        return Ok(());
    }
    Err(CipherError::IvLength {
        expected: info.iv_length,
        found: iv.len(),
    })
}

/// Who has no tag is not asked how long it is.
fn check_tag_length(info: &CipherInfo, name: &str, length: Option<usize>) -> Result<Option<usize>, CipherError> {
    let is_possible: fn(usize) -> bool = match info.mode {
        CipherMode::Gcm => is_gcm_tag,
        CipherMode::Ccm if length.is_none() => {
            let cipher = name.to_owned();
            return Err(CipherError::TagLengthRequired { cipher });
        }
        CipherMode::Ccm => |length| length % 2 == 0 && (4..=LONGEST).contains(&length),
        CipherMode::Stream => |length| (1..=LONGEST).contains(&length),
        _ => return Ok(None),
    };
    match length {
        Some(found) if !is_possible(found) => Err(CipherError::TagLength { found }),
        length => Ok(length),
    }
}

fn aes(
    info: &CipherInfo,
    key: &[u8],
    iv: &[u8],
    tag_length: Option<usize>,
    direction: Direction,
) -> Option<Box<dyn Mode>> {
    let aes = (key.len() == info.key_length).then(|| Aes::new(key))??;
    match info.mode {
        CipherMode::Ecb => Some(boxed(Blocks::ecb(aes, direction))),
        CipherMode::Cbc => Blocks::cbc(aes, iv, direction).map(boxed),
        CipherMode::Ctr => {
            let core = CtrCore::inner_iv_slice_init(aes, iv).ok()?;
            Some(boxed(Ctr128BE::from_core(core)))
        }
        CipherMode::Gcm => Some(boxed(gcm(aes, iv, tag_length, direction))),
        CipherMode::Ccm => Ccm::new(aes, iv, tag_length?, direction).map(boxed),
        _ => None,
    }
}

fn des(info: &CipherInfo, key: &[u8], iv: &[u8], direction: Direction) -> Option<Box<dyn Mode>> {
    let des = (key.len() == info.key_length).then(|| Des::new(key))??;
    match info.mode {
        CipherMode::Ecb => Some(boxed(Blocks::ecb(des, direction))),
        CipherMode::Cbc => Blocks::cbc(des, iv, direction).map(boxed),
        _ => None,
    }
}

fn boxed(mode: impl Mode + 'static) -> Box<dyn Mode> {
    Box::new(mode)
}
