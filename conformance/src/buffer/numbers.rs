//! The functions that read and write numbers, by Node's names for them.

use serde_json::{Value as Json, json};

use super::convert::{buffer, bytes_out, float, function, number, offset, width};
use crate::answer::Refusal;
use crate::value::{Args, Value};

/// Calls the function of this name in both spellings: Node's, and the crate's.
macro_rules! by_name {
    ($name:expr, $args:expr; $($node:literal => $call:expr,)*) => {
        match $name {
            $($node => $call,)*
            _ => return Err(Refusal::Malformed(format!("buffer has no function {}", $name))),
        }
    };
}

pub(super) fn read(args: &Args) -> Result<Json, Refusal> {
    let buffer = buffer(args, "buf")?;
    let at = offset(args)?;
    let name = function(args)?;
    let big = |number: i128| Value::BigInt(number);
    let small = |number: i64| Value::Integer(number);
    let value = by_name! { name.as_str(), args;
        "readUInt8" => small(buffer.read_uint8(at)?.into()),
        "readUInt16LE" => small(buffer.read_uint16_le(at)?.into()),
        "readUInt16BE" => small(buffer.read_uint16_be(at)?.into()),
        "readUInt32LE" => small(buffer.read_uint32_le(at)?.into()),
        "readUInt32BE" => small(buffer.read_uint32_be(at)?.into()),
        "readBigUInt64LE" => big(buffer.read_big_uint64_le(at)?.into()),
        "readBigUInt64BE" => big(buffer.read_big_uint64_be(at)?.into()),
        "readInt8" => small(buffer.read_int8(at)?.into()),
        "readInt16LE" => small(buffer.read_int16_le(at)?.into()),
        "readInt16BE" => small(buffer.read_int16_be(at)?.into()),
        "readInt32LE" => small(buffer.read_int32_le(at)?.into()),
        "readInt32BE" => small(buffer.read_int32_be(at)?.into()),
        "readBigInt64LE" => big(buffer.read_big_int64_le(at)?.into()),
        "readBigInt64BE" => big(buffer.read_big_int64_be(at)?.into()),
        "readFloatLE" => Value::Double(buffer.read_float_le(at)?.into()),
        "readFloatBE" => Value::Double(buffer.read_float_be(at)?.into()),
        "readDoubleLE" => Value::Double(buffer.read_double_le(at)?),
        "readDoubleBE" => Value::Double(buffer.read_double_be(at)?),
        "readUIntLE" => big_or_small(buffer.read_uint_le(at, width(args)?)?),
        "readUIntBE" => big_or_small(buffer.read_uint_be(at, width(args)?)?),
        "readIntLE" => small(buffer.read_int_le(at, width(args)?)?),
        "readIntBE" => small(buffer.read_int_be(at, width(args)?)?),
    };
    Ok(value.into())
}

/// An integer of up to 48 bits fits either way.
fn big_or_small(number: u64) -> Value {
    i64::try_from(number).map_or(Value::BigInt(number.into()), Value::Integer)
}

pub(super) fn write_number(args: &Args) -> Result<Json, Refusal> {
    let mut buffer = buffer(args, "buf")?;
    let name = function(args)?;
    // The value is converted before the position, as Node checks them.
    let ret = by_name! { name.as_str(), args;
        "writeUInt8" => buffer.write_uint8(number(args)?, offset(args)?)?,
        "writeUInt16LE" => buffer.write_uint16_le(number(args)?, offset(args)?)?,
        "writeUInt16BE" => buffer.write_uint16_be(number(args)?, offset(args)?)?,
        "writeUInt32LE" => buffer.write_uint32_le(number(args)?, offset(args)?)?,
        "writeUInt32BE" => buffer.write_uint32_be(number(args)?, offset(args)?)?,
        "writeBigUInt64LE" => buffer.write_big_uint64_le(number(args)?, offset(args)?)?,
        "writeBigUInt64BE" => buffer.write_big_uint64_be(number(args)?, offset(args)?)?,
        "writeInt8" => buffer.write_int8(number(args)?, offset(args)?)?,
        "writeInt16LE" => buffer.write_int16_le(number(args)?, offset(args)?)?,
        "writeInt16BE" => buffer.write_int16_be(number(args)?, offset(args)?)?,
        "writeInt32LE" => buffer.write_int32_le(number(args)?, offset(args)?)?,
        "writeInt32BE" => buffer.write_int32_be(number(args)?, offset(args)?)?,
        "writeBigInt64LE" => buffer.write_big_int64_le(number(args)?, offset(args)?)?,
        "writeBigInt64BE" => buffer.write_big_int64_be(number(args)?, offset(args)?)?,
        "writeFloatLE" => buffer.write_float_le(float(args)? as f32, offset(args)?)?,
        "writeFloatBE" => buffer.write_float_be(float(args)? as f32, offset(args)?)?,
        "writeDoubleLE" => buffer.write_double_le(float(args)?, offset(args)?)?,
        "writeDoubleBE" => buffer.write_double_be(float(args)?, offset(args)?)?,
        "writeUIntLE" => buffer.write_uint_le(number(args)?, offset(args)?, width(args)?)?,
        "writeUIntBE" => buffer.write_uint_be(number(args)?, offset(args)?, width(args)?)?,
        "writeIntLE" => buffer.write_int_le(number(args)?, offset(args)?, width(args)?)?,
        "writeIntBE" => buffer.write_int_be(number(args)?, offset(args)?, width(args)?)?,
    };
    Ok(json!({ "ret": ret, "buf": bytes_out(&buffer) }))
}
