//! `Hmac`: a digest that only those who know the key can make.
//!
//! The one surprise is Node's: a second `digest` is no error, as with `Hash`, but empty.
//!
//! In Node: `lib/internal/crypto/hash.js`.

use std::fmt;

use ferronode_buffer::{Buffer, Encoding, JsString};

use crate::data::Data;
use crate::digests::{Digest, Engine};
use crate::hash::HashError;

/// A keyed digest in the making. The key is wiped from memory when the digest is taken, or when the value is dropped.
///
/// ```
/// use ferronode_buffer::Encoding;
/// use ferronode_crypto_demo::Hmac;
///
/// let mut hmac = Hmac::new("sha256", "Jefe")?;
/// let digest = hmac.update("what do ya want for nothing?")?.digest_text(Encoding::Hex);
/// assert!(digest.as_str().unwrap().starts_with("5bdcc146bf60754e"));
/// # Ok::<(), ferronode_crypto_demo::HashError>(())
/// ```
///
/// To compare a digest with one that came from outside, use [`timing_safe_equal`](crate::timing_safe_equal).
#[doc(alias = "createHmac")]
pub struct Hmac {
    /// `None` once the digest was taken.
    engine: Option<Box<dyn Engine>>,
}

impl Hmac {
    /// Starts an HMAC with a key of any length; text is UTF-8.
    ///
    /// # Errors
    ///
    /// [`HashError::InvalidDigest`]: there is no such hash, or it is shake or BLAKE2, which need no HMAC.
    ///
    /// # References
    ///
    /// <https://nodejs.org/docs/latest-v20.x/api/crypto.html#cryptocreatehmacalgorithm-key-options>
    pub fn new(name: &str, key: impl AsRef<[u8]>) -> Result<Self, HashError> {
        let keyed = Digest::find(name).and_then(|digest| digest.keyed.as_ref());
        let keyed = keyed.ok_or_else(|| HashError::InvalidDigest { name: name.to_owned() })?;
        Ok(Self {
            engine: Some((keyed.hmac)(key.as_ref())),
        })
    }

    /// Feeds bytes, or text in an encoding.
    ///
    /// # Errors
    ///
    /// [`HashError::Finalized`] after the digest was taken, and [`HashError::OddHexLength`].
    pub fn update<'a>(&mut self, data: impl Into<Data<'a>>) -> Result<&mut Self, HashError> {
        let engine = self.engine.as_mut().ok_or(HashError::Finalized)?;
        engine.absorb(&data.into().bytes()?);
        Ok(self)
    }

    /// Ends the HMAC and gives its digest; the second time, nothing.
    pub fn digest(&mut self) -> Buffer {
        self.engine.take().map(Engine::finish).unwrap_or_default().into()
    }

    /// Ends the HMAC and gives its digest as text; the second time, the empty text.
    pub fn digest_text(&mut self, encoding: Encoding) -> JsString {
        self.digest().to_js_string(encoding)
    }
}

/// Shows whether the digest was taken, and nothing of the key.
impl fmt::Debug for Hmac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hmac")
            .field("finalized", &self.engine.is_none())
            .finish_non_exhaustive()
    }
}
