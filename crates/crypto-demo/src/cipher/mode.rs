//! What a mode of operation can be asked. [`Cipheriv`](super::Cipheriv) and [`Decipheriv`](super::Decipheriv) know no
//! more.
//!
//! A mode that has no padding ignores the question, as OpenSSL does; one that has no tag says that it is in no state
//! for it.

use cipher::StreamCipher;
use ctr::Ctr128BE;
use ferronode_buffer::Buffer;

use super::block_cipher::Aes;
use super::error::CipherError;

/// A cipher in a mode, with its key.
pub(super) trait Mode: Send + Sync {
    /// Takes data and gives what can be given.
    fn update(&mut self, data: &[u8]) -> Result<Buffer, CipherError>;

    /// Gives the rest, and checks what there is to check. Is called once.
    fn finalize(&mut self) -> Result<Buffer, CipherError>;

    /// Fills up the last block, or demands that it is full.
    fn set_auto_padding(&mut self, _on: bool) {}

    /// Adds data that the tag covers and the output does not have.
    fn set_aad(&mut self, _data: &[u8], _plaintext_length: Option<usize>) -> Result<(), CipherError> {
        Err(CipherError::InvalidState { operation: "setAAD" })
    }

    /// Sets the tag that the text must have.
    fn set_auth_tag(&mut self, _tag: &[u8]) -> Result<(), CipherError> {
        let operation = "setAuthTag";
        Err(CipherError::InvalidState { operation })
    }

    /// The tag of what was encrypted, after `finalize`.
    fn auth_tag(&self) -> Option<Buffer> {
        None
    }
}

/// Counter mode: as many bytes out as in, at once, in both directions the same.
impl Mode for Ctr128BE<Aes> {
    fn update(&mut self, data: &[u8]) -> Result<Buffer, CipherError> {
        let mut output = Buffer::from_bytes(data);
        self.try_apply_keystream(&mut output)
            .map_err(|_| CipherError::UnsupportedState)?;
        Ok(output)
    }

    fn finalize(&mut self) -> Result<Buffer, CipherError> {
        Ok(Buffer::alloc(0))
    }
}
