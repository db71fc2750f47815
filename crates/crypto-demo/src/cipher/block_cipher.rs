//! AES and DES as one type each, whatever the length of the key.
//!
//! RustCrypto has a type per key length, and a mode is generic over it: nine kinds of CBC. A cipher's name comes at
//! run time, so here the length is a variant, and each mode is built once.

use aes::{Aes128, Aes192, Aes256};
use cipher::consts::{U8, U16};
use cipher::{
    BlockCipherDecClosure, BlockCipherDecrypt, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, KeyInit,
};
use des::{TdesEde2, TdesEde3};

/// AES; blocks of 16 bytes.
pub(super) enum Aes {
    Aes128(Aes128),
    Aes192(Aes192),
    Aes256(Aes256),
}

impl Aes {
    /// Makes the cipher, if there is one with such a key.
    pub(super) fn new(key: &[u8]) -> Option<Self> {
        match key.len() {
            16 => Aes128::new_from_slice(key).map(Self::Aes128).ok(),
            24 => Aes192::new_from_slice(key).map(Self::Aes192).ok(),
            32 => Aes256::new_from_slice(key).map(Self::Aes256).ok(),
            _ => None,
        }
    }
}

impl BlockSizeUser for Aes {
    type BlockSize = U16;
}

impl BlockCipherEncrypt for Aes {
    fn encrypt_with_backend(&self, closure: impl BlockCipherEncClosure<BlockSize = U16>) {
        match self {
            Self::Aes128(aes) => aes.encrypt_with_backend(closure),
            Self::Aes192(aes) => aes.encrypt_with_backend(closure),
            Self::Aes256(aes) => aes.encrypt_with_backend(closure),
        }
    }
}

impl BlockCipherDecrypt for Aes {
    fn decrypt_with_backend(&self, closure: impl BlockCipherDecClosure<BlockSize = U16>) {
        match self {
            Self::Aes128(aes) => aes.decrypt_with_backend(closure),
            Self::Aes192(aes) => aes.decrypt_with_backend(closure),
            Self::Aes256(aes) => aes.decrypt_with_backend(closure),
        }
    }
}

/// DES, once or three times; blocks of 8 bytes.
///
/// Broken: it is here because tutorials begin with it.
pub(super) enum Des {
    Once(des::Des),
    TwoKeys(TdesEde2),
    ThreeKeys(TdesEde3),
}

impl Des {
    /// Makes the cipher, if there is one with such a key.
    pub(super) fn new(key: &[u8]) -> Option<Self> {
        match key.len() {
            8 => des::Des::new_from_slice(key).map(Self::Once).ok(),
            16 => TdesEde2::new_from_slice(key).map(Self::TwoKeys).ok(),
            24 => TdesEde3::new_from_slice(key).map(Self::ThreeKeys).ok(),
            _ => None,
        }
    }
}

impl BlockSizeUser for Des {
    type BlockSize = U8;
}

impl BlockCipherEncrypt for Des {
    fn encrypt_with_backend(&self, closure: impl BlockCipherEncClosure<BlockSize = U8>) {
        match self {
            Self::Once(des) => des.encrypt_with_backend(closure),
            Self::TwoKeys(des) => des.encrypt_with_backend(closure),
            Self::ThreeKeys(des) => des.encrypt_with_backend(closure),
        }
    }
}

impl BlockCipherDecrypt for Des {
    fn decrypt_with_backend(&self, closure: impl BlockCipherDecClosure<BlockSize = U8>) {
        match self {
            Self::Once(des) => des.decrypt_with_backend(closure),
            Self::TwoKeys(des) => des.decrypt_with_backend(closure),
            Self::ThreeKeys(des) => des.decrypt_with_backend(closure),
        }
    }
}

#[cfg(test)]
mod tests {
    use zeroize::ZeroizeOnDrop;

    use super::*;

    fn is_wiped<T: ZeroizeOnDrop>() {}

    #[test]
    fn keys_and_what_modes_keep_are_wiped() {
        is_wiped::<Aes128>();
        is_wiped::<Aes192>();
        is_wiped::<Aes256>();
        is_wiped::<des::Des>();
        is_wiped::<TdesEde2>();
        is_wiped::<TdesEde3>();
        is_wiped::<cbc::Encryptor<Aes256>>();
        is_wiped::<cbc::Decryptor<des::Des>>();
        is_wiped::<ctr::Ctr128BE<Aes256>>();
        is_wiped::<chacha20::ChaCha20>();
    }
}
