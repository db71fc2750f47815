//! What encryption and decryption share: a mode until the end, and a decoder for output as text.

use std::fmt;

use ferronode_buffer::{Buffer, Encoding, StringDecoder};

use super::Direction;
use super::error::CipherError;
use super::mode::Mode;
use super::open::open;
use crate::cipher_info::CipherInfo;
use crate::data::Data;

/// A cipher between its beginning and its end.
pub(super) struct Session {
    info: CipherInfo,
    /// `None` after the end, so that the key does not outlive its use.
    mode: Option<Box<dyn Mode>>,
    /// Made by the first output as text; its encoding stays.
    decoder: Option<StringDecoder>,
}

impl Session {
    pub(super) fn start(
        name: &str,
        key: &[u8],
        iv: &[u8],
        tag_length: Option<usize>,
        direction: Direction,
    ) -> Result<Self, CipherError> {
        let (info, mode) = open(name, key, iv, tag_length, direction)?;
        Ok(Self {
            info,
            mode: Some(mode),
            decoder: None,
        })
    }

    /// The mode, unless it is too late for `operation`.
    pub(super) fn mode(&mut self, operation: &'static str) -> Result<&mut dyn Mode, CipherError> {
        match &mut self.mode {
            Some(mode) => Ok(mode.as_mut()),
            None => Err(CipherError::InvalidState { operation }),
        }
    }

    pub(super) fn update(&mut self, data: Data<'_>) -> Result<Buffer, CipherError> {
        let bytes = data.bytes()?;
        self.mode.as_mut().ok_or(CipherError::UnsupportedState)?.update(&bytes)
    }

    /// The rest of the output, and the tag if there is one. Whatever comes of it, the mode ends here.
    pub(super) fn finalize(&mut self) -> Result<(Buffer, Option<Buffer>), CipherError> {
        let mut mode = self.mode.take().ok_or(CipherError::Finalized)?;
        let output = mode.finalize()?;
        Ok((output, mode.auth_tag()))
    }

    /// The decoder that puts characters together which were cut between two outputs.
    pub(super) fn text(&mut self, encoding: Encoding) -> Result<&mut StringDecoder, CipherError> {
        let decoder = self.decoder.get_or_insert_with(|| StringDecoder::new(encoding));
        if decoder.encoding() != encoding {
            return Err(CipherError::EncodingChanged {
                expected: decoder.encoding(),
                found: encoding,
            });
        }
        Ok(decoder)
    }

    pub(super) fn fmt_as(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("cipher", &self.info.name)
            .field("finalized", &self.mode.is_none())
            .finish_non_exhaustive()
    }
}
