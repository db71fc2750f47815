//! Numbers in as many bytes as they need: seven bits a byte, the lowest first, and the top bit says that more follow.
//!
//! A signed number is folded first, so that -1 is as short as 1: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4.

/// The longest varint of 32 bits that is written. Readers take longer ones, if what is beyond is zero.
pub(crate) const LONGEST: usize = 5;

pub(crate) fn write(mut number: u32, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// How many bytes [`write()`] takes.
pub(crate) fn length(number: u32) -> usize {
    (38 - (number | 1).leading_zeros() as usize) / 7
}

pub(crate) fn zigzag(number: i32) -> u32 {
    ((number << 1) ^ (number >> 31)).cast_unsigned()
}

pub(crate) fn unzigzag(folded: u32) -> i32 {
    (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_bytes_that_they_need() {
        for (number, expected) in [
            (0, vec![0]),
            (127, vec![0x7f]),
            (128, vec![0x80, 1]),
            (16384, vec![0x80, 0x80, 1]),
            (u32::MAX, vec![0xff, 0xff, 0xff, 0xff, 0xf]),
        ] {
            let mut out = Vec::new();
            write(number, &mut out);
            assert_eq!(out, expected);
            assert_eq!(length(number), expected.len(), "{number}");
        }
    }

    #[test]
    fn lengths_fit_at_every_power_of_two() {
        for bit in 0..32 {
            for number in [1_u32 << bit, (1 << bit) - 1] {
                let mut out = Vec::new();
                write(number, &mut out);
                assert_eq!(length(number), out.len(), "{number}");
            }
        }
    }

    #[test]
    fn folding_turns_around() {
        for number in [0, 1, -1, 63, -64, i32::MAX, i32::MIN] {
            assert_eq!(unzigzag(zigzag(number)), number);
        }
        assert_eq!([0, -1, 1, -2].map(zigzag), [0, 1, 2, 3]);
    }
}
