//! `Decipheriv`: the way back. What differs from [`Cipheriv`](super::Cipheriv) is the tag, which comes from outside,
//! and `finalize`, which refuses what was changed.

use std::fmt;

use ferronode_buffer::{Buffer, Encoding, JsString};

use super::Direction;
use super::error::CipherError;
use super::session::Session;
use crate::data::Data;

/// A decryption under way. The key is wiped from memory at the end, or when the value is dropped.
///
/// What [`update`](Self::update) gives is not checked yet: with a tag, nobody has vouched for it before
/// [`finalize`](Self::finalize) succeeds; without one, nobody ever does. [`decrypt`](Self::decrypt) gives nothing or
/// all.
///
/// ```
/// use ferronode_crypto_demo::{Cipheriv, Decipheriv};
///
/// let (key, iv) = ([7; 32], [1; 12]);
/// let mut cipher = Cipheriv::new("aes-256-gcm", key, Some(&iv))?;
/// let mut hidden = cipher.encrypt("for you alone")?;
///
/// hidden[0] ^= 1;
/// let mut decipher = Decipheriv::new("aes-256-gcm", key, Some(&iv))?;
/// assert!(decipher.set_auth_tag(&cipher.auth_tag()?)?.decrypt(&hidden).is_err());
/// # Ok::<(), ferronode_crypto_demo::CipherError>(())
/// ```
#[doc(alias = "createDecipheriv")]
#[doc(alias = "Decipher")]
pub struct Decipheriv {
    session: Session,
}

impl Decipheriv {
    /// Starts a decryption by one of Node's names, in any case.
    ///
    /// # Errors
    ///
    /// As [`Cipheriv::new`](super::Cipheriv::new).
    ///
    /// # References
    ///
    /// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptocreatedecipherivalgorithm-key-iv-options>
    pub fn new(name: &str, key: impl AsRef<[u8]>, iv: Option<&[u8]>) -> Result<Self, CipherError> {
        Self::start(name, key.as_ref(), iv, None)
    }

    /// Starts a decryption that takes only tags of `length` bytes. CCM needs this; without it GCM takes short tags too.
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
            session: Session::start(name, key, iv.unwrap_or_default(), tag_length, Direction::Decrypt)?,
        })
    }

    /// Takes the padding away (the default), or gives the last block as it is.
    ///
    /// # Errors
    ///
    /// [`CipherError::InvalidState`] after the end.
    pub fn set_auto_padding(&mut self, on: bool) -> Result<&mut Self, CipherError> {
        self.session.mode("setAutoPadding")?.set_auto_padding(on);
        Ok(self)
    }

    /// Adds the associated data that the tag covers, before the first `update`.
    ///
    /// # Errors
    ///
    /// As [`Cipheriv::set_aad`](super::Cipheriv::set_aad).
    #[doc(alias = "setAAD")]
    pub fn set_aad(&mut self, data: &[u8]) -> Result<&mut Self, CipherError> {
        self.session.mode("setAAD")?.set_aad(data, None)?;
        Ok(self)
    }

    /// Adds associated data for a text of `plaintext_length` bytes. CCM must know.
    ///
    /// # Errors
    ///
    /// As [`Cipheriv::set_aad_for`](super::Cipheriv::set_aad_for).
    #[doc(alias = "plaintextLength")]
    pub fn set_aad_for(&mut self, data: &[u8], plaintext_length: usize) -> Result<&mut Self, CipherError> {
        self.session.mode("setAAD")?.set_aad(data, Some(plaintext_length))?;
        Ok(self)
    }

    /// Sets the tag that the text must have: once, before `finalize`, and in CCM before `update`.
    ///
    /// # Errors
    ///
    /// [`CipherError::TagLength`]; [`CipherError::InvalidState`] the second time, or if the cipher has no tag.
    #[doc(alias = "setAuthTag")]
    pub fn set_auth_tag(&mut self, tag: &[u8]) -> Result<&mut Self, CipherError> {
        self.session.mode("setAuthTag")?.set_auth_tag(tag)?;
        Ok(self)
    }

    /// Decrypts bytes, or text in an encoding, and gives what is ready: unchecked.
    ///
    /// # Errors
    ///
    /// As [`Cipheriv::update`](super::Cipheriv::update).
    pub fn update<'a>(&mut self, data: impl Into<Data<'a>>) -> Result<Buffer, CipherError> {
        self.session.update(data.into())
    }

    /// Decrypts, and gives what is ready as text: unchecked. What is cut is kept for the next call.
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update), and [`CipherError::EncodingChanged`].
    pub fn update_text<'a>(&mut self, data: impl Into<Data<'a>>, encoding: Encoding) -> Result<JsString, CipherError> {
        let output = self.session.update(data.into())?;
        Ok(self.session.text(encoding)?.write(&output))
    }

    /// Ends the decryption, checks tag or padding, and gives the rest.
    ///
    /// # Errors
    ///
    /// [`CipherError::Unauthenticated`]: the tag is wrong or missing. [`CipherError::BadDecrypt`] and
    /// [`CipherError::WrongFinalBlockLength`]: the padding is none, the end is missing. Whoever tells a stranger
    /// which of the two it was helps them to read the text (Vaudenay, 2002). [`CipherError::Finalized`] the second
    /// time.
    #[doc(alias = "final")]
    pub fn finalize(&mut self) -> Result<Buffer, CipherError> {
        self.session.finalize().map(|(output, _)| output)
    }

    /// Ends the decryption and gives the rest as text.
    ///
    /// # Errors
    ///
    /// As [`finalize`](Self::finalize), and [`CipherError::EncodingChanged`].
    pub fn finalize_text(&mut self, encoding: Encoding) -> Result<JsString, CipherError> {
        let output = self.finalize()?;
        Ok(self.session.text(encoding)?.end_with(&output))
    }

    /// Decrypts what is left to decrypt, and gives it only if the end is right: `update` and `finalize` in one.
    ///
    /// # Errors
    ///
    /// As the two; there is no output then.
    pub fn decrypt<'a>(&mut self, data: impl Into<Data<'a>>) -> Result<Buffer, CipherError> {
        let front = self.update(data)?;
        let rest = self.finalize()?;
        Ok([&*front, &*rest].concat().into())
    }
}

/// Shows the cipher, and nothing of the key or the data.
impl fmt::Debug for Decipheriv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.session.fmt_as("Decipheriv", f)
    }
}
