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

fn swap<const N: usize>(bytes: &mut [u8]) {
    #[cfg(feature = "simd")]
    crate::simd::swap::swap::<N>(bytes);
    #[cfg(not(feature = "simd"))]
    swap_plain::<N>(bytes);
}

/// Reverses each whole unit of `N` bytes, one after the other.
pub(crate) fn swap_plain<const N: usize>(bytes: &mut [u8]) {
    let (units, _rest) = bytes.as_chunks_mut::<N>();
    for unit in units {
        unit.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::at_every_level;

    #[track_caller]
    fn check<const N: usize>() {
        for units in 0..40 {
            let bytes: Vec<u8> = (0..units * N).map(|at| at as u8).collect();
            let mut plain = bytes.clone();
            swap_plain::<N>(&mut plain);
            at_every_level(|| {
                let mut fast = bytes.clone();
                swap::<N>(&mut fast);
                assert_eq!(fast, plain, "{units} units of {N}");
            });
        }
    }

    #[test]
    fn any_number_of_units_is_swapped_as_the_plain_loop_does_it() {
        check::<2>();
        check::<4>();
        check::<8>();
    }
}
