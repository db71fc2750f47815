//! Swapping bytes in place: units of 2, 4 or 8 bytes change their byte order.

use crate::buffer::Buffer;
use crate::error::SwapError;

impl Buffer {
    /// Reverses the bytes of each 16-bit unit.
    ///
    /// # Errors
    ///
    /// [`SwapError`] if the length is odd.
    pub fn swap16(&mut self) -> Result<&mut Self, SwapError> {
        self.swap_units::<2>()
    }

    /// Reverses the bytes of each 32-bit unit.
    ///
    /// # Errors
    ///
    /// [`SwapError`] if the length is not a multiple of 4.
    pub fn swap32(&mut self) -> Result<&mut Self, SwapError> {
        self.swap_units::<4>()
    }

    /// Reverses the bytes of each 64-bit unit.
    ///
    /// # Errors
    ///
    /// [`SwapError`] if the length is not a multiple of 8.
    pub fn swap64(&mut self) -> Result<&mut Self, SwapError> {
        self.swap_units::<8>()
    }

    fn swap_units<const N: usize>(&mut self) -> Result<&mut Self, SwapError> {
        if !self.len().is_multiple_of(N) {
            return Err(SwapError {
                unit: N,
                length: self.len(),
            });
        }
        swap::<N>(self);
        Ok(self)
    }
}

/// Reverses each whole unit of `N` bytes.
pub(crate) fn swap<const N: usize>(bytes: &mut [u8]) {
    let (units, _rest) = bytes.as_chunks_mut::<N>();
    for unit in units {
        unit.reverse();
    }
}
