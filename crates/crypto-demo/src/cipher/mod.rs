//! `Cipheriv` and `Decipheriv`: text in, ciphertext out, and back, chunk by chunk.
//!
//! ```text
//!   new ──> set_aad, set_auto_padding ──> update, update, ... ──> finalize ──> auth_tag
//!           set_auth_tag (decrypting)          |                     |
//!                                        what is ready        the rest, or an error:
//!                                                             then there is nothing more, and the key is wiped
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | `mode` | what a mode of operation can be asked; CTR |
//! | `blocks` | ECB and CBC: held bytes and padding |
//! | `aead` | GCM and ChaCha20-Poly1305: a stream cipher and a checksum |
//! | `ccm` | CCM, which wants the text in one piece |
//! | `tag` | when a tag may be set, and how it is compared |
//! | `block_cipher` | AES and DES with any length of key |
//! | `open` | from a name, a key and a vector to a mode, with Node's checks in Node's order |
//!
//! In Node: `lib/internal/crypto/cipher.js`, `src/crypto/crypto_cipher.cc`.

mod aead;
mod block_cipher;
mod blocks;
mod ccm;
mod decipher;
mod error;
mod mode;
mod open;
mod session;
mod tag;

use std::fmt;

use ferronode_buffer::{Buffer, Encoding, JsString};

use crate::data::Data;

pub use decipher::Decipheriv;
pub use error::CipherError;
use session::Session;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Encrypt,
    Decrypt,
}

/// An encryption under way. The key is wiped from memory at the end, or when the value is dropped.
///
/// ```
/// use ferronode_buffer::Encoding::{Base64, Hex};
/// use ferronode_crypto_demo::Cipheriv;
///
/// let mut cipher = Cipheriv::new("aes-128-cbc", [0; 16], Some(&[0; 16]))?;
/// assert_eq!(cipher.update_text(("0102", Hex), Base64)?, "");
/// assert_eq!(cipher.finalize_text(Base64)?, "ooi+HMnEOccjY/R9oaxXVg==");
/// # Ok::<(), ferronode_crypto_demo::CipherError>(())
/// ```
///
/// A vector must never be used twice with one key; for GCM and ChaCha20-Poly1305 that gives the key of the checksum
/// away.
#[doc(alias = "createCipheriv")]
#[doc(alias = "Cipher")]
pub struct Cipheriv {
    session: Session,
    auth_tag: Option<Buffer>,
}

impl Cipheriv {
    /// Starts an encryption by one of Node's names, in any case. [`ciphers`](crate::ciphers) lists them.
    ///
    /// ECB has no initialization vector: `None`, or an empty one.
    ///
    /// # Errors
    ///
    /// In Node's order: [`CipherError::UnknownCipher`], [`IvLength`](CipherError::IvLength),
    /// [`Unsupported`](CipherError::Unsupported), [`TagLengthRequired`](CipherError::TagLengthRequired) (CCM),
    /// [`KeyLength`](CipherError::KeyLength).
    ///
    /// # References
    ///
    /// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptocreatecipherivalgorithm-key-iv-options>
    pub fn new(name: &str, key: impl AsRef<[u8]>, iv: Option<&[u8]>) -> Result<Self, CipherError> {
        Self::start(name, key.as_ref(), iv, None)
    }

    /// Starts an encryption whose tag has `length` bytes. CCM needs this; GCM and ChaCha20-Poly1305 have 16 otherwise.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and [`CipherError::TagLength`].
    #[doc(alias = "authTagLength")]
    pub fn with_auth_tag_length(
        name: &str,
        key: impl AsRef<[u8]>,
        iv: Option<&[u8]>,
        length: usize,
    ) -> Result<Self, CipherError> {
        Self::start(name, key.as_ref(), iv, Some(length))
    }

    fn start(name: &str, key: &[u8], iv: Option<&[u8]>, tag_length: Option<usize>) -> Result<Self, CipherError> {
        Ok(Self {
            session: Session::start(name, key, iv.unwrap_or_default(), tag_length, Direction::Encrypt)?,
            auth_tag: None,
        })
    }

    /// Fills up the last block (the default), or demands that it is full. Only ECB and CBC have blocks to fill.
    ///
    /// # Errors
    ///
    /// [`CipherError::InvalidState`] after the end.
    pub fn set_auto_padding(&mut self, on: bool) -> Result<&mut Self, CipherError> {
        self.session.mode("setAutoPadding")?.set_auto_padding(on);
        Ok(self)
    }

    /// Adds data that the tag covers and the ciphertext does not have, before the first `update`.
    ///
    /// # Errors
    ///
    /// [`CipherError::InvalidState`] if the cipher has no tag, or it is too late;
    /// [`CipherError::PlaintextLengthRequired`] in CCM, which wants [`set_aad_for`](Self::set_aad_for).
    #[doc(alias = "setAAD")]
    pub fn set_aad(&mut self, data: &[u8]) -> Result<&mut Self, CipherError> {
        self.session.mode("setAAD")?.set_aad(data, None)?;
        Ok(self)
    }

    /// Adds associated data for a text of `plaintext_length` bytes. CCM must know.
    ///
    /// # Errors
    ///
    /// As [`set_aad`](Self::set_aad), and [`CipherError::MessageLength`].
    #[doc(alias = "plaintextLength")]
    pub fn set_aad_for(&mut self, data: &[u8], plaintext_length: usize) -> Result<&mut Self, CipherError> {
        self.session.mode("setAAD")?.set_aad(data, Some(plaintext_length))?;
        Ok(self)
    }

    /// Encrypts bytes, or text in an encoding, and gives the ciphertext that is ready.
    ///
    /// # Errors
    ///
    /// [`CipherError::UnsupportedState`] after the end, [`CipherError::OddHexLength`], and
    /// [`CipherError::MessageLength`] in CCM.
    pub fn update<'a>(&mut self, data: impl Into<Data<'a>>) -> Result<Buffer, CipherError> {
        self.session.update(data.into())
    }

    /// Encrypts, and gives the ciphertext as text. What base64 cannot write yet is kept for the next call.
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update), and [`CipherError::EncodingChanged`] if earlier output had another encoding.
    pub fn update_text<'a>(&mut self, data: impl Into<Data<'a>>, encoding: Encoding) -> Result<JsString, CipherError> {
        let output = self.session.update(data.into())?;
        Ok(self.session.text(encoding)?.write(&output))
    }

    /// Ends the encryption and gives the rest.
    ///
    /// # Errors
    ///
    /// [`CipherError::Finalized`] the second time; [`CipherError::WrongFinalBlockLength`] without auto padding.
    #[doc(alias = "final")]
    pub fn finalize(&mut self) -> Result<Buffer, CipherError> {
        let (output, auth_tag) = self.session.finalize()?;
        self.auth_tag = auth_tag;
        Ok(output)
    }

    /// Ends the encryption and gives the rest as text.
    ///
    /// # Errors
    ///
    /// As [`finalize`](Self::finalize), and [`CipherError::EncodingChanged`].
    pub fn finalize_text(&mut self, encoding: Encoding) -> Result<JsString, CipherError> {
        let output = self.finalize()?;
        Ok(self.session.text(encoding)?.end_with(&output))
    }

    /// Encrypts what is left to encrypt: `update` and `finalize` in one.
    ///
    /// # Errors
    ///
    /// As the two.
    pub fn encrypt<'a>(&mut self, data: impl Into<Data<'a>>) -> Result<Buffer, CipherError> {
        let front = self.update(data)?;
        let rest = self.finalize()?;
        Ok([&*front, &*rest].concat().into())
    }

    /// The tag that vouches for the ciphertext and the associated data, after the end.
    ///
    /// # Errors
    ///
    /// [`CipherError::InvalidState`] before the end, or if the cipher has no tag.
    #[doc(alias = "getAuthTag")]
    pub fn auth_tag(&self) -> Result<Buffer, CipherError> {
        let operation = "getAuthTag";
        self.auth_tag.clone().ok_or(CipherError::InvalidState { operation })
    }
}

/// Shows the cipher, and nothing of the key or the data.
impl fmt::Debug for Cipheriv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.session.fmt_as("Cipheriv", f)
    }
}
