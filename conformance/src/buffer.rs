//! `node:buffer`. Arguments become Rust's: a position that does not fit a `usize` is out of range before the call,
//! except where Node moves it to an end, and so does the conversion.

use ferronode_buffer::{
    AllocError, Buffer, Encoding, FillError, InvalidCharacterError, JsStr, JsString, Pattern, RangeError, SwapError,
    TranscodeError, UnknownEncoding, atob, btoa, is_ascii, is_utf8, transcode,
};
use serde_json::{Value as Json, json};

use crate::answer::{Refusal, Thrown};
use crate::value::{Args, Value, unreadable};

pub(crate) fn answer(op: &str, args: &Args) -> Result<Json, Refusal> {
    match op {
        "from_string" | "byte_length" | "to_string" | "write" | "transcode" | "atob" | "btoa" | "is_encoding"
        | "is_utf8" | "is_ascii" => text(op, args),
        "alloc" | "fill" | "from_array" | "pool" | "concat" => make(op, args),
        "index_of" | "last_index_of" | "includes" => search(op, args),
        "read" => read(args),
        "write_num" => write_number(args),
        _ => parts(op, args),
    }
}

fn text(op: &str, args: &Args) -> Result<Json, Refusal> {
    Ok(match op {
        "from_string" => bytes_out(Buffer::from_string(&text_in(args, "str")?, encoding(args, "enc")?)),
        "byte_length" => Buffer::byte_length(&text_in(args, "str")?, encoding(args, "enc")?).into(),
        "to_string" => to_string(args)?,
        "write" => write(args)?,
        "transcode" => {
            let (from, to) = (transcoded(args, "from")?, transcoded(args, "to")?);
            bytes_out(&transcode(&buffer(args, "src")?, from, to)?)
        }
        "atob" => atob(&text_in(args, "str")?)?.into(),
        "btoa" => btoa(&text_in(args, "str")?)?.into(),
        "is_encoding" => match args.value("name")? {
            Value::Text(name) => Encoding::parse(&name).is_some().into(),
            _ => return Err(js("a name that is no string")),
        },
        "is_utf8" => is_utf8(&buffer(args, "buf")?).into(),
        _ => is_ascii(&buffer(args, "buf")?).into(),
    })
}

fn to_string(args: &Args) -> Result<Json, Refusal> {
    let buffer = buffer(args, "buf")?;
    let start = clamped(args, "start")?.unwrap_or(0);
    let end = clamped(args, "end")?.unwrap_or(buffer.len());
    let encoding = encoding(args, "enc")?;
    let text = buffer.to_string_range(encoding, start..end);
    // A `String` cannot hold a lone surrogate; where there may be one, the exact form answers.
    if encoding == Encoding::Utf16le && text.contains(char::REPLACEMENT_CHARACTER) {
        let (start, end) = (start.cast_signed(), end.cast_signed());
        return Ok(text_out(&encoding.decode(buffer.slice(start, end))).into());
    }
    Ok(text.into())
}

fn write(args: &Args) -> Result<Json, Refusal> {
    let mut buffer = buffer(args, "buf")?;
    let (text, encoding) = (text_in(args, "str")?, encoding(args, "enc")?);
    let ret = match position(args, "offset")? {
        None => buffer.write(&text, encoding),
        Some(offset) => buffer.write_at(&text, encoding, offset, position(args, "length")?)?,
    };
    Ok(json!({ "ret": ret, "buf": bytes_out(&buffer) }))
}

fn make(op: &str, args: &Args) -> Result<Json, Refusal> {
    let made = match op {
        "alloc" => {
            let size = position(args, "size")?.unwrap_or(0);
            match args.value("fill")? {
                Value::Undefined => Buffer::try_alloc(size)?,
                fill => Buffer::alloc_filled(size, pattern(&fill, args)?.as_pattern())?,
            }
        }
        "fill" => {
            let mut buffer = buffer(args, "buf")?;
            let value = args.value("value")?;
            let pattern = pattern(&value, args)?;
            match position(args, "start")? {
                None => buffer.fill(pattern.as_pattern())?,
                Some(start) => buffer.fill_range(pattern.as_pattern(), start, position(args, "end")?)?,
            };
            buffer
        }
        "from_array" => Buffer::from_numbers(integers(args, "items")?),
        "concat" => {
            let Value::List(list) = args.value("list")? else {
                return Err(js("a list that is none"));
            };
            let list = list.into_iter().map(into_bytes).collect::<Result<Vec<_>, _>>()?;
            match position(args, "total")? {
                None => Buffer::concat(&list),
                Some(total) => Buffer::concat_to(&list, total)?,
            }
        }
        _ => return pool(args),
    };
    Ok(bytes_out(&made))
}

/// Only whether a buffer is pooled is compared: where it lies is nobody's contract.
fn pool(args: &Args) -> Result<Json, Refusal> {
    let steps = args.json("steps").and_then(Json::as_array).cloned().unwrap_or_default();
    let mut kept = Vec::new();
    for step in &steps {
        let size = step[1].as_u64().unwrap_or(0) as usize;
        let made = match step[0].as_str() {
            Some("allocUnsafe") => Buffer::alloc_unsafe(size),
            Some("alloc") => Buffer::alloc(size),
            Some("allocUnsafeSlow") => Buffer::alloc_unsafe_slow(size),
            Some("from_string") => Buffer::from_string(&"x".repeat(size), Encoding::Latin1),
            Some("from_array") => Buffer::from_numbers(std::iter::repeat_n(7, size)),
            Some("from_buffer") => Buffer::from_bytes(&vec![0; size]),
            Some("concat") => {
                let sizes = step[1].as_array().cloned().unwrap_or_default();
                let part = |size: &Json| vec![0_u8; size.as_u64().unwrap_or(0) as usize];
                Buffer::concat(&sizes.iter().map(part).collect::<Vec<_>>())
            }
            _ => return Err(unreadable("a way to make a buffer", step)),
        };
        kept.push(made);
    }
    Ok(kept
        .iter()
        .map(|buffer| json!([buffer.is_pooled(), 0, false]))
        .collect())
}

fn search(op: &str, args: &Args) -> Result<Json, Refusal> {
    let buffer = buffer(args, "buf")?;
    let value = args.value("value")?;
    let pattern = pattern(&value, args)?;
    let pattern = pattern.as_pattern();
    let found = match (op, from_end(args, "offset")?) {
        ("includes", None) => return Ok(buffer.includes(pattern).into()),
        ("includes", Some(offset)) => return Ok(buffer.includes_from(pattern, offset).into()),
        ("index_of", None) => buffer.index_of(pattern),
        ("index_of", Some(offset)) => buffer.index_of_from(pattern, offset),
        (_, None) => buffer.last_index_of(pattern),
        (_, Some(offset)) => buffer.last_index_of_from(pattern, offset),
    };
    Ok(found.map_or(json!(-1), Json::from))
}

fn parts(op: &str, args: &Args) -> Result<Json, Refusal> {
    let range = |start, end| -> Result<_, Refusal> { Ok((position(args, start)?.unwrap_or(0), position(args, end)?)) };
    Ok(match op {
        "compare" => (buffer(args, "a")?.compare(&buffer(args, "b")?) as i8).into(),
        "equals" => buffer(args, "a")?.equals(&buffer(args, "b")?).into(),
        "compare_range" => {
            let (source, target) = (buffer(args, "a")?, buffer(args, "b")?);
            let ((ts, te), (ss, se)) = (range("ts", "te")?, range("ss", "se")?);
            let (te, se) = (te.unwrap_or(target.len()), se.unwrap_or(source.len()));
            (source.compare_range(&target, ts..te, ss..se)? as i8).into()
        }
        "copy" => {
            let (source, mut target) = (buffer(args, "src")?, buffer(args, "dst")?);
            let (start, end) = range("ss", "se")?;
            let at = position(args, "ts")?.unwrap_or(0);
            let ret = source.copy(&mut target, at, start..end.unwrap_or(source.len()))?;
            json!({ "ret": ret, "dst": bytes_out(&target) })
        }
        "copy_self" => {
            let mut buffer = buffer(args, "buf")?;
            let (start, end) = range("ss", "se")?;
            let at = position(args, "ts")?.unwrap_or(0);
            let ret = buffer.copy_to_self(at, start..end.unwrap_or(buffer.len()))?;
            json!({ "ret": ret, "buf": bytes_out(&buffer) })
        }
        "slice" => {
            let start = from_end(args, "start")?.unwrap_or(0);
            bytes_out(buffer(args, "buf")?.slice(start, from_end(args, "end")?))
        }
        "alias" => alias(args)?,
        "swap" => {
            let mut buffer = buffer(args, "buf")?;
            match integer(args, "width")? {
                Some(16) => buffer.swap16()?,
                Some(32) => buffer.swap32()?,
                _ => buffer.swap64()?,
            };
            bytes_out(&buffer)
        }
        "inspect" => format!("{:?}", buffer(args, "buf")?).into(),
        "to_json" => buffer(args, "buf")?.to_json().into(),
        _ => return Err(Refusal::Malformed(format!("buffer has no operation {op}"))),
    })
}

fn alias(args: &Args) -> Result<Json, Refusal> {
    let mut parent = buffer(args, "buf")?;
    let (start, end) = (
        from_end(args, "start")?.unwrap_or(0),
        from_end(args, "end")?.unwrap_or(isize::MAX),
    );
    let pokes = args.json("pokes").and_then(Json::as_array).cloned().unwrap_or_default();
    let slice = parent.slice_mut(start, end);
    for poke in &pokes {
        let (at, byte) = (
            poke[0].as_u64().unwrap_or(0) as usize,
            poke[1].as_u64().unwrap_or(0) as u8,
        );
        if let Some(place) = slice.get_mut(at) {
            *place = byte;
        }
    }
    let slice = bytes_out(&slice);
    Ok(json!({ "parent": bytes_out(&parent), "slice": slice }))
}

/// Calls the function of this name in both spellings: Node's, and the crate's.
macro_rules! by_name {
    ($name:expr, $args:expr; $($node:literal => $call:expr,)*) => {
        match $name {
            $($node => $call,)*
            _ => return Err(Refusal::Malformed(format!("buffer has no function {}", $name))),
        }
    };
}

fn read(args: &Args) -> Result<Json, Refusal> {
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

fn write_number(args: &Args) -> Result<Json, Refusal> {
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

// Arguments in.

fn function(args: &Args) -> Result<String, Refusal> {
    let name = args.json("fn").and_then(Json::as_str);
    name.map(str::to_owned)
        .ok_or_else(|| Refusal::Malformed("a function has a name".to_owned()))
}

fn buffer(args: &Args, name: &str) -> Result<Buffer, Refusal> {
    into_bytes(args.value(name)?).map(Buffer::from)
}

fn into_bytes(value: Value) -> Result<Vec<u8>, Refusal> {
    match value {
        Value::Bytes(bytes) => Ok(bytes),
        _ => Err(js("what should be bytes")),
    }
}

fn text_in(args: &Args, name: &str) -> Result<JsString, Refusal> {
    match args.value(name)? {
        Value::Text(text) => Ok(text.into()),
        Value::Units(units) => Ok(JsString::from_units(units)),
        _ => Err(js("what should be a string")),
    }
}

fn encoding(args: &Args, name: &str) -> Result<Encoding, Refusal> {
    match args.value(name)? {
        Value::Undefined => Ok(Encoding::default()),
        Value::Text(name) => Ok(name.parse::<Encoding>()?),
        _ => Err(js("what should be an encoding")),
    }
}

/// An encoding of `transcode`: a name that is none is as unsupported as hex.
fn transcoded(args: &Args, name: &str) -> Result<Encoding, Refusal> {
    match args.value(name)? {
        Value::Text(name) => Ok(Encoding::parse(&name).unwrap_or(Encoding::Hex)),
        _ => Err(js("what should be an encoding")),
    }
}

fn integer(args: &Args, name: &str) -> Result<Option<i64>, Refusal> {
    match args.value(name)? {
        Value::Undefined => Ok(None),
        Value::Integer(number) => Ok(Some(number)),
        Value::Double(number) if number.fract() == 0.0 => Ok(Some(number as i64)),
        _ => Err(js("what should be an integer")),
    }
}

fn integers(args: &Args, name: &str) -> Result<Vec<i64>, Refusal> {
    let Value::List(items) = args.value(name)? else {
        return Err(js("what should be a list"));
    };
    let integer = |item| match item {
        Value::Integer(number) => Ok(number),
        _ => Err(js("what should be an integer")),
    };
    items.into_iter().map(integer).collect()
}

/// A position for a `usize`: one that is negative does not fit.
fn position(args: &Args, name: &str) -> Result<Option<usize>, Refusal> {
    let number = integer(args, name)?;
    number
        .map(|number| usize::try_from(number).map_err(|_| out_of_range(name)))
        .transpose()
}

/// A position for a `usize` that Node moves to the nearest end.
fn clamped(args: &Args, name: &str) -> Result<Option<usize>, Refusal> {
    Ok(integer(args, name)?.map(|number| usize::try_from(number).unwrap_or(0)))
}

/// A position that may count from the end.
fn from_end(args: &Args, name: &str) -> Result<Option<isize>, Refusal> {
    Ok(integer(args, name)?.map(|number| number as isize))
}

/// The position of a number: whether a negative one is outside of the range or of the buffer is for the crate to say.
fn offset(args: &Args) -> Result<usize, Refusal> {
    Ok(integer(args, "offset")?.map_or(0, |number| usize::try_from(number).unwrap_or(usize::MAX)))
}

fn width(args: &Args) -> Result<usize, Refusal> {
    position(args, "len")?.ok_or_else(|| js("a number without a width"))
}

fn number<T: TryFrom<i128>>(args: &Args) -> Result<T, Refusal> {
    let number = match args.value("value")? {
        Value::Integer(number) => number.into(),
        Value::BigInt(number) => number,
        Value::Double(number) if number.fract() == 0.0 => number as i128,
        _ => return Err(js("a number with a fraction")),
    };
    T::try_from(number).map_err(|_| out_of_range("value"))
}

fn float(args: &Args) -> Result<f64, Refusal> {
    match args.value("value")? {
        Value::Integer(number) => Ok(number as f64),
        Value::Double(number) => Ok(number),
        _ => Err(js("what should be a number")),
    }
}

/// What a [`Pattern`] borrows from.
enum OwnPattern {
    Byte(u8),
    Bytes(Vec<u8>),
    Text(JsString, Encoding),
}

impl OwnPattern {
    fn as_pattern(&self) -> Pattern<'_> {
        match self {
            Self::Byte(byte) => Pattern::Byte(*byte),
            Self::Bytes(bytes) => Pattern::Bytes(bytes),
            Self::Text(text, encoding) => Pattern::Text(JsStr::from(text), *encoding),
        }
    }
}

fn pattern(value: &Value, args: &Args) -> Result<OwnPattern, Refusal> {
    Ok(match value {
        Value::Integer(number) => OwnPattern::Byte(*number as u8),
        Value::Bytes(bytes) => OwnPattern::Bytes(bytes.clone()),
        Value::Text(text) => OwnPattern::Text(text.clone().into(), encoding(args, "enc")?),
        Value::Units(units) => OwnPattern::Text(JsString::from_units(units.iter().copied()), encoding(args, "enc")?),
        _ => return Err(js("what should be a byte, bytes or text")),
    })
}

// Results and errors out.

pub(crate) fn text_out(text: &JsString) -> Value {
    text.as_str().map_or_else(
        || Value::Units(text.units().collect()),
        |text| Value::Text(text.to_owned()),
    )
}

fn bytes_out(bytes: impl AsRef<[u8]>) -> Json {
    Value::Bytes(bytes.as_ref().to_vec()).into()
}

fn js(what: &str) -> Refusal {
    Refusal::Skip(format!("{what}: JavaScript converts it, Rust's types rule it out"))
}

fn out_of_range(name: &str) -> Refusal {
    let message = format!("\"{name}\" does not fit");
    Thrown {
        name: "RangeError",
        code: Some("ERR_OUT_OF_RANGE"),
        message,
    }
    .into()
}

/// Gives each error Node's class; the code is the error's own.
macro_rules! thrown {
    ($($error:ty => $class:expr, $code:expr;)*) => {
        $(impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                let code: fn(&$error) -> Option<&'static str> = $code;
                let class: fn(&$error) -> &'static str = $class;
                Thrown { name: class(&error), code: code(&error), message: error.to_string() }.into()
            }
        })*
    };
}

thrown! {
    UnknownEncoding => |_| "TypeError", |error| Some(error.code());
    AllocError => |_| "RangeError", |error| Some(error.code());
    RangeError => |_| "RangeError", |error| Some(error.code());
    SwapError => |_| "RangeError", |error| Some(error.code());
    FillError => fill_class, |error| Some(error.code());
    TranscodeError => |_| "Error", |error| Some(error.code());
    InvalidCharacterError => |_| "InvalidCharacterError", |_| None;
}

fn fill_class(error: &FillError) -> &'static str {
    if matches!(error, FillError::EmptyPattern) {
        "TypeError"
    } else {
        "RangeError"
    }
}
