//! Numbers in a buffer: integers of 8 to 64 bits, floats, and integers of 1 to 6 bytes, in both byte orders.
//!
//! In Node: `lib/internal/buffer.js`. Names are Node's in snake case: `readUInt16LE` is `read_uint16_le`.
//!
//! What Node checks at run time is a type here: a value that does not fit is no `u16`. A position comes from outside,
//! so each function checks it, and says what was asked and what there is.
//! A write gives the position after what it wrote, as in Node, so that writes can be chained.

use crate::buffer::Buffer;
use crate::error::RangeError;

/// What is wrong with a position, when it is.
#[cold]
fn misplaced(offset: usize, width: usize, length: usize) -> RangeError {
    match length.checked_sub(width) {
        None => RangeError::OutOfBounds {
            asked: width,
            available: length,
        },
        Some(most) => RangeError::OutOfRange {
            name: "offset",
            asked: offset as i128,
            least: 0,
            most: most as i128,
        },
    }
}

/// Whether `width` bytes at `offset` are inside. The last place is the same for all reads of a loop, so that one comparison
/// is left for each.
#[inline]
fn is_inside(offset: usize, width: usize, length: usize) -> bool {
    length.checked_sub(width).is_some_and(|last| offset <= last)
}

impl Buffer {
    #[inline]
    fn array_at<const N: usize>(&self, offset: usize) -> Result<[u8; N], RangeError> {
        if is_inside(offset, N, self.len()) {
            Ok(std::array::from_fn(|at| self[offset + at]))
        } else {
            Err(misplaced(offset, N, self.len()))
        }
    }

    #[inline]
    fn put_array<const N: usize>(&mut self, bytes: [u8; N], offset: usize) -> Result<usize, RangeError> {
        if is_inside(offset, N, self.len()) {
            self[offset..offset + N].copy_from_slice(&bytes);
            Ok(offset + N)
        } else {
            Err(misplaced(offset, N, self.len()))
        }
    }
}

/// Writes the pair of functions for each row.
macro_rules! fixed_width {
    ($($read:ident $node_read:literal, $write:ident $node_write:literal:
        $number:ty, $from:ident, $to:ident, $what:literal;)*) => {
        impl Buffer {
            $(
                #[doc = concat!("Reads ", $what, " at `offset`.")]
                ///
                /// # Errors
                ///
                /// [`RangeError`] if it is not in the buffer.
                #[inline]
                #[doc(alias = $node_read)]
                pub fn $read(&self, offset: usize) -> Result<$number, RangeError> {
                    self.array_at(offset).map(<$number>::$from)
                }

                #[doc = concat!("Writes ", $what, " at `offset`, and gives the position after it.")]
                ///
                /// # Errors
                ///
                /// [`RangeError`] if there is no room; then nothing is written.
                #[inline]
                #[doc(alias = $node_write)]
                pub fn $write(&mut self, value: $number, offset: usize) -> Result<usize, RangeError> {
                    self.put_array(value.$to(), offset)
                }
            )*
        }
    };
}

fixed_width! {
    read_uint8 "readUInt8", write_uint8 "writeUInt8":
        u8, from_le_bytes, to_le_bytes, "an unsigned byte";
    read_uint16_le "readUInt16LE", write_uint16_le "writeUInt16LE":
        u16, from_le_bytes, to_le_bytes, "an unsigned 16-bit integer, low byte first,";
    read_uint16_be "readUInt16BE", write_uint16_be "writeUInt16BE":
        u16, from_be_bytes, to_be_bytes, "an unsigned 16-bit integer, high byte first,";
    read_uint32_le "readUInt32LE", write_uint32_le "writeUInt32LE":
        u32, from_le_bytes, to_le_bytes, "an unsigned 32-bit integer, low byte first,";
    read_uint32_be "readUInt32BE", write_uint32_be "writeUInt32BE":
        u32, from_be_bytes, to_be_bytes, "an unsigned 32-bit integer, high byte first,";
    read_big_uint64_le "readBigUInt64LE", write_big_uint64_le "writeBigUInt64LE":
        u64, from_le_bytes, to_le_bytes, "an unsigned 64-bit integer, low byte first,";
    read_big_uint64_be "readBigUInt64BE", write_big_uint64_be "writeBigUInt64BE":
        u64, from_be_bytes, to_be_bytes, "an unsigned 64-bit integer, high byte first,";
    read_int8 "readInt8", write_int8 "writeInt8":
        i8, from_le_bytes, to_le_bytes, "a signed byte";
    read_int16_le "readInt16LE", write_int16_le "writeInt16LE":
        i16, from_le_bytes, to_le_bytes, "a signed 16-bit integer, low byte first,";
    read_int16_be "readInt16BE", write_int16_be "writeInt16BE":
        i16, from_be_bytes, to_be_bytes, "a signed 16-bit integer, high byte first,";
    read_int32_le "readInt32LE", write_int32_le "writeInt32LE":
        i32, from_le_bytes, to_le_bytes, "a signed 32-bit integer, low byte first,";
    read_int32_be "readInt32BE", write_int32_be "writeInt32BE":
        i32, from_be_bytes, to_be_bytes, "a signed 32-bit integer, high byte first,";
    read_big_int64_le "readBigInt64LE", write_big_int64_le "writeBigInt64LE":
        i64, from_le_bytes, to_le_bytes, "a signed 64-bit integer, low byte first,";
    read_big_int64_be "readBigInt64BE", write_big_int64_be "writeBigInt64BE":
        i64, from_be_bytes, to_be_bytes, "a signed 64-bit integer, high byte first,";
    read_float_le "readFloatLE", write_float_le "writeFloatLE":
        f32, from_le_bytes, to_le_bytes, "a 32-bit float, low byte first,";
    read_float_be "readFloatBE", write_float_be "writeFloatBE":
        f32, from_be_bytes, to_be_bytes, "a 32-bit float, high byte first,";
    read_double_le "readDoubleLE", write_double_le "writeDoubleLE":
        f64, from_le_bytes, to_le_bytes, "a 64-bit float, low byte first,";
    read_double_be "readDoubleBE", write_double_be "writeDoubleBE":
        f64, from_be_bytes, to_be_bytes, "a 64-bit float, high byte first,";
}

/// The widest integer that a JavaScript number holds exactly, in bytes.
const WIDEST: usize = 6;

fn check_width(width: usize) -> Result<(), RangeError> {
    if (1..=WIDEST).contains(&width) {
        return Ok(());
    }
    let (asked, most) = (width as i128, WIDEST as i128);
    Err(RangeError::OutOfRange {
        name: "byteLength",
        asked,
        least: 1,
        most,
    })
}

fn check_value(value: i128, least: i128, most: i128) -> Result<(), RangeError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(RangeError::OutOfRange {
        name: "value",
        asked: value,
        least,
        most,
    })
}

/// Integers of 1 to 6 bytes: as many as a JavaScript number holds exactly.
impl Buffer {
    /// Reads an unsigned integer of `byte_length` bytes at `offset`, low byte first.
    ///
    /// # Errors
    ///
    /// [`RangeError`] if `byte_length` is not 1 to 6, or the integer is not in the buffer.
    #[doc(alias = "readUIntLE")]
    pub fn read_uint_le(&self, offset: usize, byte_length: usize) -> Result<u64, RangeError> {
        let bytes = self.bytes_at(offset, byte_length)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// Reads an unsigned integer of `byte_length` bytes at `offset`, high byte first.
    ///
    /// # Errors
    ///
    /// As [`read_uint_le`](Self::read_uint_le).
    #[doc(alias = "readUIntBE")]
    pub fn read_uint_be(&self, offset: usize, byte_length: usize) -> Result<u64, RangeError> {
        let bytes = self.bytes_at(offset, byte_length)?;
        Ok(bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// Reads a signed integer of `byte_length` bytes at `offset`, low byte first.
    ///
    /// # Errors
    ///
    /// As [`read_uint_le`](Self::read_uint_le).
    #[doc(alias = "readIntLE")]
    pub fn read_int_le(&self, offset: usize, byte_length: usize) -> Result<i64, RangeError> {
        self.read_uint_le(offset, byte_length)
            .map(|number| sign_extended(number, byte_length))
    }

    /// Reads a signed integer of `byte_length` bytes at `offset`, high byte first.
    ///
    /// # Errors
    ///
    /// As [`read_uint_le`](Self::read_uint_le).
    #[doc(alias = "readIntBE")]
    pub fn read_int_be(&self, offset: usize, byte_length: usize) -> Result<i64, RangeError> {
        self.read_uint_be(offset, byte_length)
            .map(|number| sign_extended(number, byte_length))
    }

    /// Writes an unsigned integer of `byte_length` bytes at `offset`, low byte first, and gives the position after it.
    ///
    /// # Errors
    ///
    /// [`RangeError`] if `byte_length` is not 1 to 6, the value needs more bytes, or there is no room; then nothing is written.
    #[doc(alias = "writeUIntLE")]
    pub fn write_uint_le(&mut self, value: u64, offset: usize, byte_length: usize) -> Result<usize, RangeError> {
        check_width(byte_length)?;
        check_value(value.into(), 0, (1 << (8 * byte_length)) - 1)?;
        self.put_low_bytes(value.to_le_bytes(), offset, byte_length, false)
    }

    /// Writes an unsigned integer of `byte_length` bytes at `offset`, high byte first, and gives the position after it.
    ///
    /// # Errors
    ///
    /// As [`write_uint_le`](Self::write_uint_le).
    #[doc(alias = "writeUIntBE")]
    pub fn write_uint_be(&mut self, value: u64, offset: usize, byte_length: usize) -> Result<usize, RangeError> {
        check_width(byte_length)?;
        check_value(value.into(), 0, (1 << (8 * byte_length)) - 1)?;
        self.put_low_bytes(value.to_le_bytes(), offset, byte_length, true)
    }

    /// Writes a signed integer of `byte_length` bytes at `offset`, low byte first, and gives the position after it.
    ///
    /// # Errors
    ///
    /// As [`write_uint_le`](Self::write_uint_le).
    #[doc(alias = "writeIntLE")]
    pub fn write_int_le(&mut self, value: i64, offset: usize, byte_length: usize) -> Result<usize, RangeError> {
        check_signed(value, byte_length)?;
        self.put_low_bytes(value.to_le_bytes(), offset, byte_length, false)
    }

    /// Writes a signed integer of `byte_length` bytes at `offset`, high byte first, and gives the position after it.
    ///
    /// # Errors
    ///
    /// As [`write_uint_le`](Self::write_uint_le).
    #[doc(alias = "writeIntBE")]
    pub fn write_int_be(&mut self, value: i64, offset: usize, byte_length: usize) -> Result<usize, RangeError> {
        check_signed(value, byte_length)?;
        self.put_low_bytes(value.to_le_bytes(), offset, byte_length, true)
    }

    fn bytes_at(&self, offset: usize, width: usize) -> Result<&[u8], RangeError> {
        check_width(width)?;
        let bytes = self.get(offset..).and_then(|rest| rest.get(..width));
        bytes.ok_or_else(|| misplaced(offset, width, self.len()))
    }

    fn put_low_bytes(
        &mut self,
        low_first: [u8; 8],
        offset: usize,
        width: usize,
        high_first: bool,
    ) -> Result<usize, RangeError> {
        let length = self.len();
        let place = self.get_mut(offset..).and_then(|rest| rest.get_mut(..width));
        let place = place.ok_or_else(|| misplaced(offset, width, length))?;
        place.copy_from_slice(&low_first[..width]);
        if high_first {
            place.reverse();
        }
        Ok(offset + width)
    }
}

fn check_signed(value: i64, width: usize) -> Result<(), RangeError> {
    check_width(width)?;
    let limit = 1_i128 << (8 * width - 1);
    check_value(value.into(), -limit, limit - 1)
}

fn sign_extended(number: u64, width: usize) -> i64 {
    let unused = 64 - 8 * width as u32;
    (number << unused) as i64 >> unused
}
