//! AES-CCM: the text in one piece, its length known before it comes.
//!
//! CCM checks the plaintext, and its first block has the length of the text. So `update` is called once; when
//! decrypting, the tag is set before, and `update` gives nothing unless the tag vouches for it: Node's `final` then
//! throws. A text that never came counts as the empty text, and is checked too. Node's `final` takes any tag then, or
//! none.
//!
//! The crate `ccm` has a type per length of tag and of vector, 49 in all: [`Lengths::find`] chooses one at run time.

use ccm::aead::AeadInOut;
use ccm::aead::array::ArraySize;
use ccm::consts::{U4, U6, U7, U8, U9, U10, U11, U12, U13, U14, U16};
use ccm::{Ccm as Typed, Nonce, NonceSize, Tag as TypedTag, TagSize};
use ferronode_buffer::Buffer;

use super::Direction;
use super::block_cipher::Aes;
use super::error::CipherError;
use super::mode::Mode;
use super::tag::Tag;

/// AES in CCM.
pub(super) struct Ccm {
    aes: Aes,
    iv: Buffer,
    lengths: Lengths,
    direction: Direction,
    limit: usize,
    aad: Option<Buffer>,
    plaintext_length: Option<usize>,
    tag: Tag,
    progress: Progress,
}

/// How far the one message has come.
enum Progress {
    Waiting,
    Encrypted(Buffer),
    Decrypted,
    Failed,
}

impl Ccm {
    /// Makes the mode, if there are such vectors and such tags.
    pub(super) fn new(aes: Aes, iv: &[u8], tag_length: usize, direction: Direction) -> Option<Self> {
        Some(Self {
            aes,
            lengths: Lengths::find(iv.len(), tag_length)?,
            // What the vector leaves of 15 bytes counts the text; Node's own limit is 2^31 - 1.
            limit: match iv.len() {
                13 => (1 << 16) - 1,
                12 => (1 << 24) - 1,
                _ => i32::MAX as usize,
            },
            iv: Buffer::from_bytes(iv),
            direction,
            aad: None,
            plaintext_length: None,
            tag: Tag::of_length(Some(tag_length)),
            progress: Progress::Waiting,
        })
    }

    fn check_length(&self, found: usize) -> Result<(), CipherError> {
        let limit = self.limit;
        if found > limit {
            return Err(CipherError::MessageLength { limit, found });
        }
        Ok(())
    }

    fn encrypt(&mut self, data: &[u8]) -> Result<Buffer, CipherError> {
        if self.plaintext_length.is_some_and(|length| length != data.len()) {
            return Err(CipherError::UnsupportedState);
        }
        let mut output = Buffer::from_bytes(data);
        let aad = self.aad.as_deref().unwrap_or_default();
        let tag = (self.lengths.seal)(&self.aes, &self.iv, aad, &mut output).ok_or(CipherError::UnsupportedState)?;
        self.progress = Progress::Encrypted(tag);
        Ok(output)
    }

    fn decrypt(&mut self, data: &[u8]) -> Buffer {
        let mut output = Buffer::from_bytes(data);
        let aad = self.aad.as_deref().unwrap_or_default();
        let is_whole = self.plaintext_length.is_none_or(|length| length == data.len());
        let vouched = is_whole
            && self
                .tag
                .expected()
                .is_some_and(|tag| (self.lengths.open)(&self.aes, &self.iv, aad, &mut output, tag));
        if !vouched {
            self.progress = Progress::Failed;
            return Buffer::alloc(0);
        }
        self.progress = Progress::Decrypted;
        output
    }
}

impl Mode for Ccm {
    fn update(&mut self, data: &[u8]) -> Result<Buffer, CipherError> {
        self.check_length(data.len())?;
        match (&self.progress, self.direction) {
            (Progress::Waiting, Direction::Encrypt) => self.encrypt(data),
            (Progress::Waiting, Direction::Decrypt) => Ok(self.decrypt(data)),
            (_, Direction::Encrypt) => Err(CipherError::UnsupportedState),
            // Node keeps quiet until `final`, which then throws.
            (_, Direction::Decrypt) => {
                self.progress = Progress::Failed;
                Ok(Buffer::alloc(0))
            }
        }
    }

    fn finalize(&mut self) -> Result<Buffer, CipherError> {
        if matches!(self.progress, Progress::Waiting) {
            // No update means that the text is empty.
            self.update(&[])?;
        }
        match self.progress {
            Progress::Failed => Err(CipherError::Unauthenticated),
            _ => Ok(Buffer::alloc(0)),
        }
    }

    fn set_aad(&mut self, data: &[u8], plaintext_length: Option<usize>) -> Result<(), CipherError> {
        let length = plaintext_length.ok_or(CipherError::PlaintextLengthRequired)?;
        self.check_length(length)?;
        if self.aad.is_some() || !matches!(self.progress, Progress::Waiting) {
            return Err(CipherError::InvalidState { operation: "setAAD" });
        }
        self.plaintext_length = Some(length);
        self.aad = Some(Buffer::from_bytes(data));
        Ok(())
    }

    fn set_auth_tag(&mut self, tag: &[u8]) -> Result<(), CipherError> {
        self.tag.expect(tag, |_| true)
    }

    fn auth_tag(&self) -> Option<Buffer> {
        match &self.progress {
            Progress::Encrypted(tag) => Some(tag.clone()),
            _ => None,
        }
    }
}

/// The functions of one pair of lengths.
#[allow(clippy::type_complexity)] // The names of the arguments say more than the name of a type would.
#[derive(Clone, Copy)]
struct Lengths {
    /// Encrypts in place and gives the tag.
    seal: fn(aes: &Aes, iv: &[u8], aad: &[u8], text: &mut [u8]) -> Option<Buffer>,
    /// Decrypts in place and says whether the tag vouches for it.
    open: fn(aes: &Aes, iv: &[u8], aad: &[u8], text: &mut [u8], tag: &[u8]) -> bool,
}

impl Lengths {
    /// Vectors have 7 to 13 bytes, tags an even number from 4 to 16.
    fn find(iv: usize, tag: usize) -> Option<Self> {
        match iv {
            7 => Self::with_iv::<U7>(tag),
            8 => Self::with_iv::<U8>(tag),
            9 => Self::with_iv::<U9>(tag),
            10 => Self::with_iv::<U10>(tag),
            11 => Self::with_iv::<U11>(tag),
            12 => Self::with_iv::<U12>(tag),
            13 => Self::with_iv::<U13>(tag),
            _ => None,
        }
    }

    fn with_iv<N: ArraySize + NonceSize>(tag: usize) -> Option<Self> {
        match tag {
            4 => Some(Self::of::<U4, N>()),
            6 => Some(Self::of::<U6, N>()),
            8 => Some(Self::of::<U8, N>()),
            10 => Some(Self::of::<U10, N>()),
            12 => Some(Self::of::<U12, N>()),
            14 => Some(Self::of::<U14, N>()),
            16 => Some(Self::of::<U16, N>()),
            _ => None,
        }
    }

    fn of<M: ArraySize + TagSize, N: ArraySize + NonceSize>() -> Self {
        Self {
            seal: |aes, iv, aad, text| {
                let nonce = Nonce::<N>::try_from(iv).ok()?;
                let tag = Typed::<_, M, N>::from(aes).encrypt_inout_detached(&nonce, aad, text.into());
                tag.ok().map(|tag| Buffer::from_bytes(&tag))
            },
            open: |aes, iv, aad, text, tag| {
                let (Ok(nonce), Ok(tag)) = (Nonce::<N>::try_from(iv), TypedTag::<M>::try_from(tag)) else {
                    return false;
                };
                Typed::<_, M, N>::from(aes)
                    .decrypt_inout_detached(&nonce, aad, text.into(), &tag)
                    .is_ok()
            },
        }
    }
}
