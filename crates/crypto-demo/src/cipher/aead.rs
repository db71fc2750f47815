//! GCM and ChaCha20-Poly1305: a stream cipher hides the text, a checksum over the ciphertext vouches for it.
//!
//! ```text
//!               key, iv
//!                  |
//!   stream cipher: | first block | keystream ...
//!                  |      |           |
//!                  |   mask or key    + text  -->  ciphertext
//!                  v      v                            |
//!   checksum over:  associated data | 0.. | ciphertext | 0.. | both lengths   -->  tag
//! ```
//!
//! Both modes have this shape; they differ in the two halves, and in how they use the first block of the keystream.
//! The kept crates `aes-gcm` and `chacha20poly1305` want the whole text at once, and Node's `update` must answer
//! chunk by chunk. So the two halves, `ctr` with `ghash` and `chacha20` with `poly1305`, are put together here; the
//! tests compare the result with those crates.
//!
//! The one surprise: when decrypting, `update` gives text that nobody has vouched for yet. It must not be used
//! before `finalize` has succeeded. [`Decipheriv::decrypt`](super::Decipheriv::decrypt) keeps it until then.

use chacha20::ChaCha20;
use cipher::consts::U16;
use cipher::{InnerIvInit, KeyInit, KeyIvInit, StreamCipher};
use ctr::{Ctr32BE, CtrCore};
use ferronode_buffer::Buffer;
use ghash::GHash;
use ghash::universal_hash::{Block, UniversalHash};
use poly1305::Poly1305;
use zeroize::Zeroizing;

use super::Direction;
use super::block_cipher::Aes;
use super::error::CipherError;
use super::mode::Mode;
use super::tag::{LONGEST, Tag};

const BLOCK: usize = 16;

/// A stream cipher and a checksum.
pub(super) struct Aead<S, H: UniversalHash<BlockSize = U16>> {
    stream: S,
    checksum: Padded<H>,
    /// The last block of the checksum's input.
    lengths: fn(aad: u64, text: u64) -> [u8; BLOCK],
    /// What the checksum is mixed with: a block of keystream in GCM, nothing in Poly1305.
    mask: Zeroizing<[u8; BLOCK]>,
    direction: Direction,
    aad_length: u64,
    text_length: u64,
    is_possible_tag: fn(usize) -> bool,
    tag: Tag,
    /// The tag of what was encrypted.
    computed: Option<Buffer>,
}

/// AES-GCM. The vector has any length; 12 bytes are the usual one.
pub(super) fn gcm(aes: Aes, iv: &[u8], tag_length: Option<usize>, direction: Direction) -> impl Mode + use<> {
    let mut key = Zeroizing::new([0; BLOCK]);
    cipher::BlockCipherEncrypt::encrypt_block(&aes, (&mut *key).into());
    let hash = GHash::new((&*key).into());
    let counter = first_counter(&hash, iv);
    let mut stream = Ctr32BE::from_core(CtrCore::inner_iv_init(aes, &counter.into()));
    let mut mask = Zeroizing::new([0; BLOCK]);
    stream.apply_keystream(&mut *mask);
    Aead {
        stream,
        checksum: Padded::new(hash),
        lengths: |aad, text| (((u128::from(aad) << 64) | u128::from(text)) * 8).to_be_bytes(),
        mask,
        direction,
        aad_length: 0,
        text_length: 0,
        is_possible_tag: is_gcm_tag,
        tag: Tag::of_length(tag_length),
        computed: None,
    }
}

/// The tags that NIST SP 800-38D, section 5.2.1.2, allows. Those under 12 bytes are for special uses.
pub(super) fn is_gcm_tag(length: usize) -> bool {
    matches!(length, 4 | 8 | 12..=16)
}

/// A vector of 12 bytes is used as it is; any other is hashed to 16.
fn first_counter(hash: &GHash, iv: &[u8]) -> [u8; BLOCK] {
    let mut counter = [0; BLOCK];
    if iv.len() == 12 {
        counter[..12].copy_from_slice(iv);
        counter[15] = 1;
        return counter;
    }
    let mut hash = Padded::new(hash.clone());
    hash.update(iv);
    let bits = iv.len() as u128 * 8;
    hash.finish(&bits.to_be_bytes())
}

/// ChaCha20-Poly1305, RFC 8439. `None` if the vector has not 12 bytes.
pub(super) fn chacha20_poly1305(
    key: &[u8],
    iv: &[u8],
    tag_length: usize,
    direction: Direction,
) -> Option<impl Mode + use<>> {
    let mut stream = ChaCha20::new_from_slices(key, iv).ok()?;
    let mut first_block = Zeroizing::new([0; 64]);
    stream.apply_keystream(&mut *first_block);
    let (key, _) = first_block.split_at(32);
    Some(Aead {
        stream,
        checksum: Padded::new(Poly1305::new(key.try_into().ok()?)),
        lengths: |aad, text| ((u128::from(text) << 64) | u128::from(aad)).to_le_bytes(),
        mask: Zeroizing::default(),
        direction,
        aad_length: 0,
        text_length: 0,
        is_possible_tag: |length| (1..=LONGEST).contains(&length),
        tag: Tag::of_length(Some(tag_length)),
        computed: None,
    })
}

impl<S, H> Mode for Aead<S, H>
where
    S: StreamCipher + Send + Sync,
    H: UniversalHash<BlockSize = U16> + Clone + Send + Sync,
{
    fn update(&mut self, data: &[u8]) -> Result<Buffer, CipherError> {
        if data.is_empty() {
            return Ok(Buffer::alloc(0));
        }
        if self.text_length == 0 {
            self.checksum.pad();
        }
        self.text_length += data.len() as u64;
        let mut output = Buffer::from_bytes(data);
        if self.direction == Direction::Decrypt {
            self.checksum.update(data);
        }
        self.stream
            .try_apply_keystream(&mut output)
            .map_err(|_| CipherError::UnsupportedState)?;
        if self.direction == Direction::Encrypt {
            self.checksum.update(&output);
        }
        Ok(output)
    }

    fn finalize(&mut self) -> Result<Buffer, CipherError> {
        let lengths = (self.lengths)(self.aad_length, self.text_length);
        let mut tag = self.checksum.finish(&lengths);
        for (byte, mask) in tag.iter_mut().zip(*self.mask) {
            *byte ^= mask;
        }
        match self.direction {
            Direction::Encrypt => self.computed = Some(self.tag.cut(&tag)),
            Direction::Decrypt => self.tag.check(&tag)?,
        }
        Ok(Buffer::alloc(0))
    }

    fn set_aad(&mut self, data: &[u8], _plaintext_length: Option<usize>) -> Result<(), CipherError> {
        if self.text_length != 0 {
            return Err(CipherError::InvalidState { operation: "setAAD" });
        }
        self.aad_length += data.len() as u64;
        self.checksum.update(data);
        Ok(())
    }

    fn set_auth_tag(&mut self, tag: &[u8]) -> Result<(), CipherError> {
        self.tag.expect(tag, self.is_possible_tag)
    }

    fn auth_tag(&self) -> Option<Buffer> {
        self.computed.clone()
    }
}

/// A checksum of whole blocks that takes any number of bytes.
struct Padded<H: UniversalHash<BlockSize = U16>> {
    hash: H,
    held: Block<H>,
    held_length: usize,
}

impl<H: UniversalHash<BlockSize = U16> + Clone> Padded<H> {
    fn new(hash: H) -> Self {
        Self {
            hash,
            held: Block::<H>::default(),
            held_length: 0,
        }
    }

    fn update(&mut self, mut data: &[u8]) {
        if self.held_length > 0 {
            let missing = (BLOCK - self.held_length).min(data.len());
            let (now, rest) = data.split_at(missing);
            self.held[self.held_length..][..missing].copy_from_slice(now);
            self.held_length += missing;
            data = rest;
            if self.held_length < BLOCK {
                return;
            }
            self.pad();
        }
        let (blocks, rest) = Block::<H>::slice_as_chunks(data);
        self.hash.update(blocks);
        self.held[..rest.len()].copy_from_slice(rest);
        self.held_length = rest.len();
    }

    /// Fills up the block with zeroes.
    fn pad(&mut self) {
        if self.held_length > 0 {
            self.held[self.held_length..].fill(0);
            self.hash.update(std::slice::from_ref(&self.held));
            self.held_length = 0;
        }
    }

    fn finish(&mut self, last: &[u8; BLOCK]) -> [u8; BLOCK] {
        self.pad();
        self.hash.update(&[(*last).into()]);
        self.hash.clone().finalize().into()
    }
}
