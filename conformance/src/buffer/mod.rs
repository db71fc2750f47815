//! `node:buffer`. Arguments become Rust's: a position that does not fit a `usize` is out of range before the call,
//! except where Node moves it to an end, and so does the conversion.

mod convert;
mod numbers;

use ferronode_buffer::{Buffer, Encoding, atob, btoa, is_ascii, is_utf8, transcode};
use serde_json::{Value as Json, json};

pub(crate) use self::convert::text_out;
use self::convert::{
    buffer, bytes_out, clamped, encoding, from_end, integer, integers, into_bytes, js, pattern, position, text_in,
    transcoded,
};
use self::numbers::{read, write_number};
use crate::answer::Refusal;
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
        "byte_length" => byte_length(args)?,
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

fn byte_length(args: &Args) -> Result<Json, Refusal> {
    if let Value::Text(name) = args.value("enc")?
        && Encoding::parse(&name).is_none()
    {
        return Err(js("an encoding that is none, which byteLength takes for utf8"));
    }
    Ok(Buffer::byte_length(&text_in(args, "str")?, encoding(args, "enc")?).into())
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
