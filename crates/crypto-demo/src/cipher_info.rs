//! What Node knows about a cipher before it is used: its mode, its lengths, its names.
//!
//! The table beside this file has every cipher of Node 20 and the legacy ones that Node can switch on. Not all of
//! them are built here: [`CipherInfo::is_supported`] says which, and the others end in the error that Node gives for
//! a cipher whose provider is not loaded.

use crate::known_ciphers::KNOWN;

/// How a block cipher is made to take more than a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CipherMode {
    /// Each block is mixed with the one before it.
    Cbc,
    /// Counter mode with a CBC checksum; it wants the message in one piece.
    Ccm,
    /// Cipher feedback. Not built here.
    Cfb,
    /// A counter is encrypted and mixed with the data.
    Ctr,
    /// Each block alone: equal blocks stay equal.
    Ecb,
    /// Counter mode with a Galois-field checksum.
    Gcm,
    /// Offset codebook. Not built here.
    Ocb,
    /// Output feedback. Not built here.
    Ofb,
    /// No block cipher at all.
    Stream,
    /// Key wrapping. Not built here.
    Wrap,
    /// For disks. Not built here.
    Xts,
}

impl CipherMode {
    /// Node's name of the mode: `"cbc"`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cbc => "cbc",
            Self::Ccm => "ccm",
            Self::Cfb => "cfb",
            Self::Ctr => "ctr",
            Self::Ecb => "ecb",
            Self::Gcm => "gcm",
            Self::Ocb => "ocb",
            Self::Ofb => "ofb",
            Self::Stream => "stream",
            Self::Wrap => "wrap",
            Self::Xts => "xts",
        }
    }
}

/// Which crate computes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Aes,
    Des,
    ChaCha20Poly1305,
    /// Node has it, and this crate has not.
    Foreign,
}

/// A cipher of Node 20, with OpenSSL's numbers.
///
/// ```
/// let info = ferronode_crypto_demo::cipher_info("AES-256-GCM").unwrap();
/// assert_eq!((info.key_length, info.iv_length, info.mode.name()), (32, 12, "gcm"));
/// assert!(ferronode_crypto_demo::cipher_info("nope").is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "getCipherInfo")]
pub struct CipherInfo {
    /// OpenSSL's own name, which is not always the usual one: `"id-aes256-gcm"`.
    pub name: &'static str,
    /// The names under which Node finds it, the usual one first.
    pub names: &'static [&'static str],
    /// OpenSSL's number.
    pub nid: u16,
    /// The mode.
    pub mode: CipherMode,
    /// Bytes of a block: 1 where a mode makes a stream of a block cipher, 0 for a stream cipher.
    pub block_size: usize,
    /// Bytes of the initialization vector; 0 if there is none.
    pub iv_length: usize,
    /// Bytes of the key.
    pub key_length: usize,
    pub(crate) algorithm: Algorithm,
}

impl CipherInfo {
    /// Whether [`Cipheriv`](crate::Cipheriv) and [`Decipheriv`](crate::Decipheriv) have it.
    #[must_use]
    pub fn is_supported(&self) -> bool {
        self.algorithm != Algorithm::Foreign
    }

    /// Whether there is a tag that shows changes, and data that it covers besides the text.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        matches!(self.mode, CipherMode::Ccm | CipherMode::Gcm | CipherMode::Ocb)
            || self.algorithm == Algorithm::ChaCha20Poly1305
    }

    /// Whether an initialization vector of so many bytes will do.
    #[must_use]
    pub fn takes_iv_length(&self, length: usize) -> bool {
        match self.mode {
            // The longest that OpenSSL stores.
            CipherMode::Gcm => (1..=128).contains(&length),
            CipherMode::Ccm => (7..=13).contains(&length),
            CipherMode::Ocb => (1..=15).contains(&length),
            _ => length == self.iv_length,
        }
    }

    pub(crate) fn weakness(&self) -> Option<&'static str> {
        match (self.algorithm, self.key_length) {
            (Algorithm::Des, 8) => Some("broken: all 2^56 keys can be tried within a day"),
            (Algorithm::Des, _) => Some("weak: blocks of 64 bits repeat after some gigabytes"),
            _ if self.mode == CipherMode::Ecb => Some("weak: equal blocks stay equal"),
            _ => None,
        }
    }
}

/// Finds a cipher by one of its names, in any case, whether this crate has it or not.
///
/// # References
///
/// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptogetcipherinfonameornid-options>
#[must_use]
pub fn cipher_info(name: &str) -> Option<CipherInfo> {
    let is = |known: &str| known.eq_ignore_ascii_case(name);
    KNOWN
        .iter()
        .find(|info| is(info.name) || info.names.iter().any(|known| is(known)))
        .copied()
}
