//! ECB and CBC: whole blocks only, so something must wait, and the end must be filled up.
//!
//! ```text
//!   update(21 bytes)    [................][.....            16 bytes out, 5 are held
//!   update(11 bytes)                      [................]
//!       encrypting: 16 bytes out, nothing is held
//!       decrypting: the block is held, since it may be the last, which has the padding
//!   finalize()          encrypting: what is held, padded (PKCS#7); decrypting: what is held, without padding
//! ```
//!
//! Without auto padding nothing is held back when decrypting, and the text must end with a block.

use cipher::array::Array;
use cipher::block_padding::{Padding, Pkcs7};
use cipher::common::InnerInit;
use cipher::typenum::Unsigned;
use cipher::{BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit};
use ferronode_buffer::Buffer;
use zeroize::Zeroizing;

use super::Direction;
use super::error::CipherError;
use super::mode::Mode;

/// The longest block, that of AES.
const LONGEST: usize = 16;

/// A block cipher in ECB or CBC.
pub(super) struct Blocks {
    work: Box<dyn Work>,
    direction: Direction,
    block_size: usize,
    auto_padding: bool,
    /// Bytes that wait for the rest of their block; plaintext, or about to be.
    held: Zeroizing<[u8; LONGEST]>,
    held_length: usize,
}

impl Blocks {
    /// Encrypts or decrypts each block alone.
    pub(super) fn ecb<C>(cipher: C, direction: Direction) -> Self
    where
        C: BlockCipherEncrypt + BlockCipherDecrypt + Send + Sync + 'static,
    {
        let work: Box<dyn Work> = match direction {
            Direction::Encrypt => Box::new(Encrypting(ecb::Encryptor::inner_init(cipher))),
            Direction::Decrypt => Box::new(Decrypting(ecb::Decryptor::inner_init(cipher))),
        };
        Self::new(work, direction, C::BlockSize::USIZE)
    }

    /// Mixes each block with the ciphertext before it. `None` if the vector is not a block.
    pub(super) fn cbc<C>(cipher: C, iv: &[u8], direction: Direction) -> Option<Self>
    where
        C: BlockCipherEncrypt + BlockCipherDecrypt + Send + Sync + 'static,
    {
        let iv = iv.try_into().ok()?;
        let work: Box<dyn Work> = match direction {
            Direction::Encrypt => Box::new(Encrypting(cbc::Encryptor::inner_iv_init(cipher, iv))),
            Direction::Decrypt => Box::new(Decrypting(cbc::Decryptor::inner_iv_init(cipher, iv))),
        };
        Some(Self::new(work, direction, C::BlockSize::USIZE))
    }

    fn new(work: Box<dyn Work>, direction: Direction, block_size: usize) -> Self {
        Self {
            work,
            direction,
            block_size,
            auto_padding: true,
            held: Zeroizing::default(),
            held_length: 0,
        }
    }

    /// How many of `total` bytes can be worked on now.
    fn ready(&self, total: usize) -> usize {
        let whole = total - total % self.block_size;
        let holds_back = self.direction == Direction::Decrypt && self.auto_padding && whole == total;
        whole.saturating_sub(if holds_back { self.block_size } else { 0 })
    }

    fn wrong_length(&self) -> CipherError {
        CipherError::WrongFinalBlockLength {
            block_size: self.block_size,
            found: self.held_length,
        }
    }

    fn encrypt_last(&mut self) -> Result<usize, CipherError> {
        if self.auto_padding {
            Pkcs7::raw_pad(&mut self.held[..self.block_size], self.held_length);
        } else if self.held_length == 0 {
            return Ok(0);
        } else {
            return Err(self.wrong_length());
        }
        self.work.process(&mut self.held[..self.block_size]);
        Ok(self.block_size)
    }

    fn decrypt_last(&mut self) -> Result<usize, CipherError> {
        if self.held_length == 0 && !self.auto_padding {
            return Ok(0);
        }
        if self.held_length != self.block_size {
            return Err(self.wrong_length());
        }
        let block = &mut self.held[..self.block_size];
        self.work.process(block);
        if !self.auto_padding {
            return Ok(self.block_size);
        }
        let text = Pkcs7::raw_unpad(block).map_err(|_| CipherError::BadDecrypt)?;
        Ok(text.len())
    }
}

impl Mode for Blocks {
    fn update(&mut self, data: &[u8]) -> Result<Buffer, CipherError> {
        let ready = self.ready(self.held_length + data.len());
        if ready == 0 {
            self.held[self.held_length..][..data.len()].copy_from_slice(data);
            self.held_length += data.len();
            return Ok(Buffer::alloc(0));
        }
        let mut output = Buffer::alloc_unsafe(ready);
        let (front, rest) = output.split_at_mut(self.held_length);
        front.copy_from_slice(&self.held[..self.held_length]);
        let (now, later) = data.split_at(rest.len());
        rest.copy_from_slice(now);
        self.work.process(&mut output);
        self.held[..later.len()].copy_from_slice(later);
        self.held_length = later.len();
        Ok(output)
    }

    fn finalize(&mut self) -> Result<Buffer, CipherError> {
        let length = match self.direction {
            Direction::Encrypt => self.encrypt_last()?,
            Direction::Decrypt => self.decrypt_last()?,
        };
        Ok(Buffer::from_bytes(&self.held[..length]))
    }

    fn set_auto_padding(&mut self, on: bool) {
        self.auto_padding = on;
    }
}

/// Works on whole blocks in place; hides the type of the mode.
trait Work: Send + Sync {
    fn process(&mut self, bytes: &mut [u8]);
}

struct Encrypting<M>(M);

impl<M: BlockModeEncrypt + Send + Sync> Work for Encrypting<M> {
    fn process(&mut self, bytes: &mut [u8]) {
        let (blocks, rest) = Array::slice_as_chunks_mut(bytes);
        debug_assert!(rest.is_empty(), "only whole blocks come here");
        self.0.encrypt_blocks(blocks);
    }
}

struct Decrypting<M>(M);

impl<M: BlockModeDecrypt + Send + Sync> Work for Decrypting<M> {
    fn process(&mut self, bytes: &mut [u8]) {
        let (blocks, rest) = Array::slice_as_chunks_mut(bytes);
        debug_assert!(rest.is_empty(), "only whole blocks come here");
        self.0.decrypt_blocks(blocks);
    }
}
