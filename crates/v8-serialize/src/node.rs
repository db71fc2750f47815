//! `Node`: a value together with its graph, to look into from one place to the next.
//!
//! As with `?.` in JavaScript, what is not there is `undefined`, and so is all that lies behind it: one looks for the
//! whole path, and asks once at its end.

use ferronode_buffer::{JsStr, JsString};

use crate::bigint::BigInt;
use crate::graph::{Graph, Value};
use crate::object::Object;
use crate::properties::Key;

/// A value of a graph, borrowed.
///
/// ```
/// use ferronode_v8_serialize::{Graph, Value};
///
/// let graph = Graph::from([("cmd", Value::from("online")), ("seq", Value::from(0))]);
/// assert_eq!(graph.root().get("cmd").as_str(), Some("online"));
/// assert_eq!(graph.root().get("seq").as_f64(), Some(0.0));
/// assert!(graph.root().get("worker").get("id").is_undefined());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Node<'graph> {
    graph: &'graph Graph,
    value: &'graph Value,
}

impl<'graph> Node<'graph> {
    pub(crate) fn new(graph: &'graph Graph, value: &'graph Value) -> Self {
        Self { graph, value }
    }

    fn to(self, value: Option<&'graph Value>) -> Self {
        let value = value.unwrap_or(&Value::Undefined);
        Self { value, ..self }
    }

    /// The value itself.
    #[must_use]
    pub fn value(self) -> &'graph Value {
        self.value
    }

    /// The object, if it is one.
    #[must_use]
    pub fn as_object(self) -> Option<&'graph Object> {
        match *self.value {
            Value::Object(id) => self.graph.object(id),
            _ => None,
        }
    }

    /// A property of a plain object or an array, or the value of a key of text in a `Map`.
    #[must_use]
    pub fn get<'a>(self, name: impl Into<JsStr<'a>>) -> Self {
        let name = name.into();
        let is = |key: &Value| matches!(key, Value::String(key) if key.as_js_str().as_wtf8() == name.as_wtf8());
        let found = match self.as_object() {
            Some(Object::Plain(properties)) => properties.get(name),
            Some(Object::Array(array)) => match name.as_str().and_then(Key::index) {
                Some(index) => array.at(index),
                None => array.properties().get(name),
            },
            Some(Object::Map(entries)) => entries.iter().rfind(|entry| is(&entry.0)).map(|entry| &entry.1),
            _ => None,
        };
        self.to(found)
    }

    /// An element of an array, or the property of a plain object that has an index for its key.
    #[must_use]
    pub fn at(self, index: u32) -> Self {
        let found = match self.as_object() {
            Some(Object::Plain(properties)) => properties.at(index),
            Some(Object::Array(array)) => array.at(index),
            _ => None,
        };
        self.to(found)
    }

    /// The elements of an array without holes, or of a `Set`. None of anything else.
    pub fn items(self) -> impl ExactSizeIterator<Item = Self> {
        let items = match self.as_object() {
            Some(Object::Array(array)) => array.items().unwrap_or_default(),
            Some(Object::Set(items)) => items,
            _ => &[],
        };
        items.iter().map(move |value| Self { value, ..self })
    }

    /// Whether it is not there, or is `undefined`.
    #[must_use]
    pub fn is_undefined(self) -> bool {
        *self.value == Value::Undefined
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        *self.value == Value::Null
    }

    /// The boolean, if it is one.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match *self.value {
            Value::Boolean(value) => Some(value),
            _ => None,
        }
    }

    /// The number, if it is one, however it was stored.
    #[must_use]
    pub fn as_f64(self) -> Option<f64> {
        match *self.value {
            Value::Integer(number) => Some(number.into()),
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The BigInt, if it is one.
    #[must_use]
    pub fn as_bigint(self) -> Option<&'graph BigInt> {
        match self.value {
            Value::BigInt(number) => Some(number),
            _ => None,
        }
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_js_string(self) -> Option<&'graph JsString> {
        match self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text, if it is a string without a lone surrogate.
    #[must_use]
    pub fn as_str(self) -> Option<&'graph str> {
        self.as_js_string().and_then(JsString::as_str)
    }

    /// The bytes of a view or an `ArrayBuffer`.
    #[must_use]
    pub fn as_bytes(self) -> Option<&'graph [u8]> {
        match self.as_object()? {
            Object::View(view) => Some(view.bytes()),
            Object::ArrayBuffer(bytes) | Object::ResizableArrayBuffer { bytes, .. } => Some(bytes),
            _ => None,
        }
    }
}
