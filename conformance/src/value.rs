//! JavaScript's values as the vectors write them, in and out.
//!
//! | JSON | value |
//! | --- | --- |
//! | `{"b":"00ff"}` | bytes |
//! | `"text"` | a string whose surrogates are paired |
//! | `{"w":"d83d0041"}` | any other string: its UTF-16 code units, four digits each |
//! | `17` | a number that is an integer within 2^53 of zero |
//! | `{"f":"3ff8000000000000"}`, `{"f":"nan"}` | any other number: the bits of the double |
//! | `{"i":"-9"}` | a BigInt |
//! | `{"u":0}`, or no such argument | undefined |

// Modules come one at a time and each uses the forms it needs; until the first is there, nobody uses any.
#![allow(dead_code)]

use serde_json::{Map, Value as Json, json};

use crate::answer::Refusal;

/// The largest integer that a JavaScript number tells from its neighbours, `Number.MAX_SAFE_INTEGER`.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// One value of a vector.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// `undefined`, or an argument that was not passed.
    Undefined,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without a fraction, within 2^53 of zero, and not -0.
    Integer(i64),
    /// Any other number.
    Double(f64),
    /// A BigInt; the vectors stay a few bits beyond 64.
    BigInt(i128),
    /// A well-formed string.
    Text(String),
    /// The code units of a string that has a lone surrogate.
    Units(Vec<u16>),
    /// The bytes of a Buffer.
    Bytes(Vec<u8>),
    /// An array.
    List(Vec<Value>),
}

impl Value {
    /// Reads a value from the vectors' notation.
    pub(crate) fn decode(json: &Json) -> Result<Self, Refusal> {
        match json {
            Json::Null => Ok(Self::Null),
            Json::Bool(truth) => Ok(Self::Bool(*truth)),
            Json::String(text) => Ok(Self::Text(text.clone())),
            Json::Array(items) => items.iter().map(Self::decode).collect::<Result<_, _>>().map(Self::List),
            Json::Number(number) => number
                .as_i64()
                .map(Self::Integer)
                .ok_or_else(|| unreadable("an integer", json)),
            Json::Object(fields) => Self::decode_tagged(fields).ok_or_else(|| unreadable("one of b, w, f, i, u", json)),
        }
    }

    fn decode_tagged(fields: &Map<String, Json>) -> Option<Self> {
        let (tag, content) = fields.iter().next()?;
        if tag == "u" {
            return Some(Self::Undefined);
        }
        let text = content.as_str()?;
        match tag.as_str() {
            "b" => bytes_from_hex(text).map(Self::Bytes),
            "w" => units_from_hex(text).map(Self::Units),
            "i" => text.parse().ok().map(Self::BigInt),
            "f" if text == "nan" => Some(Self::Double(f64::NAN)),
            "f" => u64::from_str_radix(text, 16)
                .ok()
                .map(|bits| Self::Double(f64::from_bits(bits))),
            _ => None,
        }
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        match value {
            Value::Undefined => json!({ "u": 0 }),
            Value::Null => Self::Null,
            Value::Bool(truth) => truth.into(),
            Value::Integer(number) if number.unsigned_abs() <= MAX_SAFE_INTEGER => number.into(),
            // JavaScript has no wider integers: past 2^53 a number is a double, here as there.
            Value::Integer(number) => Value::Double(number as f64).into(),
            Value::Double(number) => encode_double(number),
            Value::BigInt(number) => json!({ "i": number.to_string() }),
            Value::Text(text) => text.into(),
            Value::Units(units) => {
                String::from_utf16(&units).map_or_else(|_| json!({ "w": hex_of_units(&units) }), Self::from)
            }
            Value::Bytes(bytes) => json!({ "b": hex_of_bytes(&bytes) }),
            Value::List(items) => Self::Array(items.into_iter().map(Self::from).collect()),
        }
    }
}

fn encode_double(number: f64) -> Json {
    if number.is_nan() {
        return json!({ "f": "nan" });
    }
    let integer = number as i64;
    let is_negative_zero = number == 0.0 && number.is_sign_negative();
    if integer as f64 == number && integer.unsigned_abs() <= MAX_SAFE_INTEGER && !is_negative_zero {
        return integer.into();
    }
    json!({ "f": format!("{:016x}", number.to_bits()) })
}

/// The arguments of one question.
pub(crate) struct Args(Map<String, Json>);

impl Args {
    /// Reads the arguments of a line that is known to be JSON.
    ///
    /// JSON can write a lone surrogate (`"\ud800"`) and any number; where the parser's own types cannot hold
    /// one, the vector is skipped, and not held against the generator.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let json = serde_json::from_str(text)
            .map_err(|error| Refusal::Skip(format!("arguments that serde_json cannot hold: {error}")))?;
        match json {
            Json::Object(fields) => Ok(Self(fields)),
            other => Err(unreadable("an object of arguments", &other)),
        }
    }

    /// The argument `name` as a value; `Undefined` when it was not passed.
    pub(crate) fn value(&self, name: &str) -> Result<Value, Refusal> {
        self.json(name).map_or(Ok(Value::Undefined), Value::decode)
    }

    /// The argument `name` as it stands, for what is a program and no value.
    pub(crate) fn json(&self, name: &str) -> Option<&Json> {
        self.0.get(name)
    }
}

/// Says that a vector holds something else than its format has there.
pub(crate) fn unreadable(expected: &str, found: &Json) -> Refusal {
    let mut found = found.to_string();
    if let Some((end, _)) = found.char_indices().nth(80) {
        found.replace_range(end.., "...");
    }
    Refusal::Malformed(format!("expected {expected}, found {found}"))
}

/// Reads pairs of hexadecimal digits; `None` when they are not that.
pub(crate) fn bytes_from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).map(|value| value as u8))
        .collect();
    let (pairs, rest) = digits.as_ref()?.as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

fn units_from_hex(text: &str) -> Option<Vec<u16>> {
    let bytes = bytes_from_hex(text)?;
    let (pairs, rest) = bytes.as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|&pair| u16::from_be_bytes(pair)).collect())
}

/// Writes bytes as pairs of lower-case hexadecimal digits.
pub(crate) fn hex_of_bytes(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hex_of_units(units: &[u16]) -> String {
    units.iter().map(|unit| format!("{unit:04x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row is read and written back to the same JSON.
    const ROWS: &[(&str, Value)] = &[
        (r#"{"u":0}"#, Value::Undefined),
        ("null", Value::Null),
        ("true", Value::Bool(true)),
        ("-17", Value::Integer(-17)),
        ("9007199254740991", Value::Integer(9_007_199_254_740_991)),
        (r#"{"f":"3ff8000000000000"}"#, Value::Double(1.5)),
        (r#"{"f":"8000000000000000"}"#, Value::Double(-0.0)),
        (r#"{"f":"fff0000000000000"}"#, Value::Double(f64::NEG_INFINITY)),
        (r#"{"f":"4340000000000000"}"#, Value::Double(9_007_199_254_740_992.0)),
        (r#"{"i":"18446744073709551616"}"#, Value::BigInt(1 << 64)),
        (r#"{"i":"-9"}"#, Value::BigInt(-9)),
    ];

    #[track_caller]
    fn check(text: &str, value: &Value) {
        let json: Json = serde_json::from_str(text).unwrap();
        assert_eq!(&Value::decode(&json).unwrap(), value);
        assert_eq!(Json::from(value.clone()), json);
    }

    #[test]
    fn every_form_is_read_and_written_back() {
        for (text, value) in ROWS {
            check(text, value);
        }
        check(r#""é😀""#, &Value::Text("é😀".to_owned()));
        check(r#"{"w":"d83d0041"}"#, &Value::Units(vec![0xd83d, 0x41]));
        check(r#"{"b":"00ff"}"#, &Value::Bytes(vec![0, 255]));
        check(
            r#"[1,{"u":0}]"#,
            &Value::List(vec![Value::Integer(1), Value::Undefined]),
        );
    }

    #[test]
    fn nan_is_nan_whatever_its_bits() {
        assert_eq!(
            Json::from(Value::Double(f64::from_bits(0xfff8_0000_0000_0001))),
            json!({"f": "nan"})
        );
        assert!(matches!(Value::decode(&json!({"f": "nan"})), Ok(Value::Double(x)) if x.is_nan()));
    }

    #[test]
    fn a_double_without_a_fraction_is_written_as_an_integer() {
        assert_eq!(Json::from(Value::Double(3.0)), json!(3));
    }

    #[test]
    fn an_integer_past_two_to_the_53_is_written_as_a_double() {
        assert_eq!(Json::from(Value::Integer(1 << 53)), json!({"f": "4340000000000000"}));
    }

    #[test]
    fn units_that_pair_up_are_written_as_text() {
        assert_eq!(Json::from(Value::Units(vec![0xd83d, 0xde00])), json!("😀"));
    }

    #[test]
    fn what_is_not_in_the_notation_is_malformed() {
        for bad in [
            json!({"b": "0"}),
            json!({"b": "+1"}),
            json!({"w": "00"}),
            json!({"i": "x"}),
            json!({"z": "1"}),
            json!({}),
            json!(1.5),
            json!({"f": 1}),
        ] {
            assert!(matches!(Value::decode(&bad), Err(Refusal::Malformed(_))), "{bad}");
        }
    }

    #[test]
    fn a_long_value_is_cut_in_the_complaint() {
        let Refusal::Malformed(text) = unreadable("less", &json!("é".repeat(500))) else {
            panic!()
        };
        assert!(text.len() < 220, "{text}");
    }

    #[test]
    fn an_argument_that_was_not_passed_is_undefined() {
        let args = Args::parse(r#"{"end":{"u":0}}"#).unwrap();
        assert_eq!(args.value("start"), Ok(Value::Undefined));
        assert_eq!(args.value("end"), Ok(Value::Undefined));
    }
}
