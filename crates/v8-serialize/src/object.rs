//! What has identity: the kinds of objects that can be sent to another process.

use std::fmt;

use ferronode_buffer::{Buffer, JsString};

use crate::array::Array;
use crate::bigint::BigInt;
use crate::graph::Value;
use crate::properties::Properties;
use crate::view::View;

/// An object. Functions, symbols, promises, proxies and weak collections cannot be sent, in Node either.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Object {
    /// A plain object. Instances of classes arrive as these too.
    Plain(Properties),
    /// An array, with holes or without.
    Array(Array),
    /// A `Date`: milliseconds since 1970, NaN for an invalid one.
    Date(f64),
    /// `new Boolean(…)`.
    Boolean(bool),
    /// `new Number(…)`.
    Number(f64),
    /// `Object(1n)`.
    BigInt(BigInt),
    /// `new String(…)`.
    String(JsString),
    /// A `RegExp`.
    RegExp(RegExp),
    /// A `Map`, in its order. Of equal keys Node keeps the last.
    Map(Vec<(Value, Value)>),
    /// A `Set`, in its order. Of equal values Node keeps one.
    Set(Vec<Value>),
    /// An error of the language. In a box, since it is large and rare.
    Error(Box<ErrorObject>),
    /// An `ArrayBuffer`.
    ArrayBuffer(Buffer),
    /// An `ArrayBuffer` that may grow.
    ResizableArrayBuffer {
        /// The bytes that it has.
        bytes: Buffer,
        /// How many it may have.
        max_length: u32,
    },
    /// A typed array, a `DataView` or a `Buffer`.
    View(View),
}

impl From<Properties> for Object {
    fn from(properties: Properties) -> Self {
        Self::Plain(properties)
    }
}

impl From<Array> for Object {
    fn from(array: Array) -> Self {
        Self::Array(array)
    }
}

impl From<Vec<Value>> for Object {
    fn from(items: Vec<Value>) -> Self {
        Self::Array(items.into())
    }
}

impl From<ErrorObject> for Object {
    fn from(error: ErrorObject) -> Self {
        Self::Error(Box::new(error))
    }
}

impl From<Buffer> for Object {
    fn from(bytes: Buffer) -> Self {
        Self::View(bytes.into())
    }
}

/// An error, without its own properties: a `code` or a `name` of one's own does not travel.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ErrorObject {
    /// Which of the language's errors it descends from.
    pub kind: ErrorKind,
    /// `message`, if it has one of its own.
    pub message: Option<JsString>,
    /// `cause`, if it has one.
    pub cause: Option<Value>,
    /// `stack`, the text that Node prints.
    pub stack: Option<JsString>,
}

/// The language's errors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // JavaScript's names say it.
pub enum ErrorKind {
    #[default]
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    UriError,
}

/// The letters of the errors; a plain one has none.
const ERROR_LETTERS: [(u8, ErrorKind); 6] = [
    (b'E', ErrorKind::EvalError),
    (b'R', ErrorKind::RangeError),
    (b'F', ErrorKind::ReferenceError),
    (b'S', ErrorKind::SyntaxError),
    (b'T', ErrorKind::TypeError),
    (b'U', ErrorKind::UriError),
];

impl ErrorKind {
    pub(crate) fn from_letter(letter: u8) -> Option<Self> {
        let known = ERROR_LETTERS.iter().find(|known| known.0 == letter);
        known.map(|&(_, kind)| kind)
    }

    pub(crate) fn letter(self) -> Option<u8> {
        let known = ERROR_LETTERS.iter().find(|known| known.1 == self);
        known.map(|&(letter, _)| letter)
    }

    /// The name of the error, as `error.name` has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "Error",
            Self::EvalError => "EvalError",
            Self::RangeError => "RangeError",
            Self::ReferenceError => "ReferenceError",
            Self::SyntaxError => "SyntaxError",
            Self::TypeError => "TypeError",
            Self::UriError => "URIError",
        }
    }
}

/// A regular expression: its source is not looked at.
///
/// ```
/// use ferronode_v8_serialize::RegExp;
///
/// let pattern = RegExp::new("^a+$", "mi").unwrap();
/// assert_eq!(pattern.to_string(), "/^a+$/im");
/// assert_eq!(RegExp::new("a", "x"), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegExp {
    source: JsString,
    bits: u32,
}

/// The bit of each flag, in the order in which JavaScript shows them. 64 is V8's own.
const FLAGS: [(char, u32); 8] = [
    ('d', 128),
    ('g', 1),
    ('i', 2),
    ('m', 4),
    ('s', 32),
    ('u', 16),
    ('v', 256),
    ('y', 8),
];

impl RegExp {
    /// Makes a pattern, if all flags are JavaScript's.
    #[must_use]
    pub fn new(source: impl Into<JsString>, flags: &str) -> Option<Self> {
        let bit = |flag| FLAGS.iter().find(|known| known.0 == flag).map(|known| known.1);
        let bits = flags
            .chars()
            .try_fold(0, |bits, flag| bit(flag).map(|bit| bits | bit))?;
        Self::from_bits(source.into(), bits)
    }

    pub(crate) fn from_bits(source: JsString, bits: u32) -> Option<Self> {
        let known = FLAGS.iter().fold(0, |known, flag| known | flag.1);
        (bits & !known == 0).then_some(Self { source, bits })
    }

    pub(crate) fn bits(&self) -> u32 {
        self.bits
    }

    /// What stands between the slashes.
    #[must_use]
    pub fn source(&self) -> &JsString {
        &self.source
    }

    /// The letters behind the second slash, in JavaScript's order.
    #[must_use]
    pub fn flags(&self) -> String {
        let is_set = |flag: &&(char, u32)| self.bits & flag.1 != 0;
        FLAGS.iter().filter(is_set).map(|flag| flag.0).collect()
    }
}

/// Shows it as a literal.
impl fmt::Display for RegExp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/{}", self.source, self.flags())
    }
}
