//! `BigInt`: an integer of any size.
//!
//! Rule: the digit of highest value is not zero, and zero is not negative, so that equal numbers are equal values.

use std::fmt;

/// JavaScript's BigInt: a sign, and digits of 64 bits, the lowest first.
///
/// ```
/// use ferronode_v8_serialize::BigInt;
///
/// let big = BigInt::from(-1_i128 << 64);
/// assert_eq!((big.is_negative(), big.digits()), (true, &[0, 1][..]));
/// assert_eq!(big.to_string(), "-0x10000000000000000");
/// assert_eq!(i64::try_from(&big).ok(), None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct BigInt {
    negative: bool,
    digits: Box<[u64]>,
}

impl BigInt {
    /// Makes an integer of its sign and its digits, the lowest first.
    #[must_use]
    pub fn from_digits(negative: bool, mut digits: Vec<u64>) -> Self {
        let length = digits.iter().rposition(|&digit| digit != 0).map_or(0, |last| last + 1);
        digits.truncate(length);
        Self {
            negative: negative && length > 0,
            digits: digits.into_boxed_slice(),
        }
    }

    /// Whether it is below zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// The digits, the lowest first. None for zero.
    #[must_use]
    pub fn digits(&self) -> &[u64] {
        &self.digits
    }

    /// The absolute value, if it has 128 bits at most.
    fn magnitude(&self) -> Option<u128> {
        match *self.digits {
            [] => Some(0),
            [low] => Some(low.into()),
            [low, high] => Some(u128::from(high) << 64 | u128::from(low)),
            _ => None,
        }
    }
}

/// The integer does not fit the type asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BigIntRangeError {
    /// How many bits the absolute value has.
    pub bits: usize,
}

impl fmt::Display for BigIntRangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an integer of {} bits is out of range", self.bits)
    }
}

impl std::error::Error for BigIntRangeError {}

impl From<u128> for BigInt {
    fn from(number: u128) -> Self {
        Self::from_digits(false, vec![number as u64, (number >> 64) as u64])
    }
}

impl From<i128> for BigInt {
    fn from(number: i128) -> Self {
        Self {
            negative: number < 0,
            ..number.unsigned_abs().into()
        }
    }
}

impl From<u64> for BigInt {
    fn from(number: u64) -> Self {
        Self::from_digits(false, vec![number])
    }
}

impl From<i64> for BigInt {
    fn from(number: i64) -> Self {
        i128::from(number).into()
    }
}

impl TryFrom<&BigInt> for u128 {
    type Error = BigIntRangeError;

    fn try_from(number: &BigInt) -> Result<Self, BigIntRangeError> {
        let magnitude = number.magnitude().filter(|_| !number.negative);
        magnitude.ok_or_else(|| number.out_of_range())
    }
}

impl TryFrom<&BigInt> for i128 {
    type Error = BigIntRangeError;

    fn try_from(number: &BigInt) -> Result<Self, BigIntRangeError> {
        let fitting = number.magnitude().and_then(|magnitude| match number.negative {
            true => 0_i128.checked_sub_unsigned(magnitude),
            false => magnitude.try_into().ok(),
        });
        fitting.ok_or_else(|| number.out_of_range())
    }
}

impl TryFrom<&BigInt> for u64 {
    type Error = BigIntRangeError;

    fn try_from(number: &BigInt) -> Result<Self, BigIntRangeError> {
        u128::try_from(number)?.try_into().map_err(|_| number.out_of_range())
    }
}

impl TryFrom<&BigInt> for i64 {
    type Error = BigIntRangeError;

    fn try_from(number: &BigInt) -> Result<Self, BigIntRangeError> {
        i128::try_from(number)?.try_into().map_err(|_| number.out_of_range())
    }
}

impl BigInt {
    fn out_of_range(&self) -> BigIntRangeError {
        let top = self.digits.last().map_or(0, |digit| digit.leading_zeros() as usize);
        BigIntRangeError {
            bits: self.digits.len() * 64 - top,
        }
    }
}

/// Shows the number in base 16, as `toString(16)` does behind its `0x`. Base 10 would take quadratic time.
impl fmt::Display for BigInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        let mut digits = self.digits.iter().rev();
        write!(f, "{sign}{:#x}", digits.next().unwrap_or(&0))?;
        digits.try_for_each(|digit| write!(f, "{digit:016x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_every_size_come_back() {
        for number in [
            0,
            1,
            -1,
            i128::from(i64::MIN),
            i128::from(u64::MAX),
            i128::MAX,
            i128::MIN,
        ] {
            let big = BigInt::from(number);
            assert_eq!(i128::try_from(&big), Ok(number));
            assert_eq!(i64::try_from(&big).ok(), i64::try_from(number).ok());
            assert_eq!(u64::try_from(&big).ok(), u64::try_from(number).ok());
            assert_eq!(u128::try_from(&big).ok(), u128::try_from(number).ok());
        }
    }

    #[test]
    fn zero_has_no_digits_and_no_sign() {
        assert_eq!(BigInt::from_digits(true, vec![0, 0]), BigInt::default());
        assert_eq!(BigInt::default().to_string(), "0x0");
    }

    #[test]
    fn what_does_not_fit_says_how_long_it_is() {
        let big = BigInt::from_digits(false, vec![0, 0, 1]);
        assert_eq!(u128::try_from(&big), Err(BigIntRangeError { bits: 129 }));
    }
}
