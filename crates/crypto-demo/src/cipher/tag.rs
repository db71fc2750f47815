//! The tag of an authenticated cipher: how long it may be, when it may be set, and how it is compared.

use ferronode_buffer::Buffer;
use subtle::ConstantTimeEq;

use super::error::CipherError;

/// The longest tag, and the usual one.
pub(super) const LONGEST: usize = 16;

/// The tag that is expected when decrypting, or made when encrypting.
pub(super) struct Tag {
    /// Bytes, if they are known beforehand. GCM learns them when the tag is set.
    length: Option<usize>,
    /// What the caller says that the tag is.
    expected: Option<Buffer>,
}

impl Tag {
    pub(super) fn of_length(length: Option<usize>) -> Self {
        Self { length, expected: None }
    }

    /// Sets what is expected, once.
    pub(super) fn expect(&mut self, tag: &[u8], is_possible: fn(usize) -> bool) -> Result<(), CipherError> {
        if self.expected.is_some() {
            let operation = "setAuthTag";
            return Err(CipherError::InvalidState { operation });
        }
        let found = tag.len();
        if !is_possible(found) || self.length.is_some_and(|length| length != found) {
            return Err(CipherError::TagLength { found });
        }
        self.expected = Some(Buffer::from_bytes(tag));
        Ok(())
    }

    /// What is expected, if it was set.
    pub(super) fn expected(&self) -> Option<&[u8]> {
        self.expected.as_deref()
    }

    /// Compares with the tag computed, in a time that does not show where they differ.
    pub(super) fn check(&self, computed: &[u8; LONGEST]) -> Result<(), CipherError> {
        let expected = self.expected().ok_or(CipherError::Unauthenticated)?;
        if bool::from(computed[..expected.len()].ct_eq(expected)) {
            Ok(())
        } else {
            Err(CipherError::Unauthenticated)
        }
    }

    /// As much of the tag computed as was asked for.
    pub(super) fn cut(&self, computed: &[u8]) -> Buffer {
        Buffer::from_bytes(&computed[..self.length.unwrap_or(LONGEST)])
    }
}
