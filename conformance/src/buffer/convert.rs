//! Arguments in, results and errors out.

use ferronode_buffer::{
    AllocError, Buffer, Encoding, FillError, InvalidCharacterError, JsStr, JsString, Pattern, RangeError, SwapError,
    TranscodeError, UnknownEncoding,
};
use serde_json::Value as Json;

use crate::answer::{Refusal, Thrown};
use crate::value::{Args, Value};

pub(super) fn function(args: &Args) -> Result<String, Refusal> {
    let name = args.json("fn").and_then(Json::as_str);
    name.map(str::to_owned)
        .ok_or_else(|| Refusal::Malformed("a function has a name".to_owned()))
}

pub(super) fn buffer(args: &Args, name: &str) -> Result<Buffer, Refusal> {
    into_bytes(args.value(name)?).map(Buffer::from)
}

pub(super) fn into_bytes(value: Value) -> Result<Vec<u8>, Refusal> {
    match value {
        Value::Bytes(bytes) => Ok(bytes),
        _ => Err(js("what should be bytes")),
    }
}

pub(super) fn text_in(args: &Args, name: &str) -> Result<JsString, Refusal> {
    match args.value(name)? {
        Value::Text(text) => Ok(text.into()),
        Value::Units(units) => Ok(JsString::from_units(units)),
        _ => Err(js("what should be a string")),
    }
}

pub(super) fn encoding(args: &Args, name: &str) -> Result<Encoding, Refusal> {
    match args.value(name)? {
        Value::Undefined => Ok(Encoding::default()),
        Value::Text(name) => Ok(name.parse::<Encoding>()?),
        _ => Err(js("what should be an encoding")),
    }
}

/// An encoding of `transcode`: a name that is none is as unsupported as hex.
pub(super) fn transcoded(args: &Args, name: &str) -> Result<Encoding, Refusal> {
    match args.value(name)? {
        Value::Text(name) => Ok(Encoding::parse(&name).unwrap_or(Encoding::Hex)),
        _ => Err(js("what should be an encoding")),
    }
}

pub(super) fn integer(args: &Args, name: &str) -> Result<Option<i64>, Refusal> {
    match args.value(name)? {
        Value::Undefined => Ok(None),
        Value::Integer(number) => Ok(Some(number)),
        Value::Double(number) if number.fract() == 0.0 => Ok(Some(number as i64)),
        _ => Err(js("what should be an integer")),
    }
}

pub(super) fn integers(args: &Args, name: &str) -> Result<Vec<i64>, Refusal> {
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
pub(super) fn position(args: &Args, name: &str) -> Result<Option<usize>, Refusal> {
    let number = integer(args, name)?;
    number
        .map(|number| usize::try_from(number).map_err(|_| out_of_range(name)))
        .transpose()
}

/// A position for a `usize` that Node moves to the nearest end.
pub(super) fn clamped(args: &Args, name: &str) -> Result<Option<usize>, Refusal> {
    Ok(integer(args, name)?.map(|number| usize::try_from(number).unwrap_or(0)))
}

/// A position that may count from the end.
pub(super) fn from_end(args: &Args, name: &str) -> Result<Option<isize>, Refusal> {
    Ok(integer(args, name)?.map(|number| number as isize))
}

/// The position of a number: whether a negative one is outside of the range or of the buffer is for the crate to say.
pub(super) fn offset(args: &Args) -> Result<usize, Refusal> {
    Ok(integer(args, "offset")?.map_or(0, |number| usize::try_from(number).unwrap_or(usize::MAX)))
}

pub(super) fn width(args: &Args) -> Result<usize, Refusal> {
    position(args, "len")?.ok_or_else(|| js("a number without a width"))
}

pub(super) fn number<T: TryFrom<i128>>(args: &Args) -> Result<T, Refusal> {
    let number = match args.value("value")? {
        Value::Integer(number) => number.into(),
        Value::BigInt(number) => number,
        Value::Double(number) if number.fract() == 0.0 => number as i128,
        _ => return Err(js("a number with a fraction")),
    };
    T::try_from(number).map_err(|_| out_of_range("value"))
}

pub(super) fn float(args: &Args) -> Result<f64, Refusal> {
    match args.value("value")? {
        Value::Integer(number) => Ok(number as f64),
        Value::Double(number) => Ok(number),
        _ => Err(js("what should be a number")),
    }
}

/// What a [`Pattern`] borrows from.
pub(super) enum OwnPattern {
    Byte(u8),
    Bytes(Vec<u8>),
    Text(JsString, Encoding),
}

impl OwnPattern {
    pub(super) fn as_pattern(&self) -> Pattern<'_> {
        match self {
            Self::Byte(byte) => Pattern::Byte(*byte),
            Self::Bytes(bytes) => Pattern::Bytes(bytes),
            Self::Text(text, encoding) => Pattern::Text(JsStr::from(text), *encoding),
        }
    }
}

pub(super) fn pattern(value: &Value, args: &Args) -> Result<OwnPattern, Refusal> {
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

pub(super) fn bytes_out(bytes: impl AsRef<[u8]>) -> Json {
    Value::Bytes(bytes.as_ref().to_vec()).into()
}

pub(super) fn js(what: &str) -> Refusal {
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
