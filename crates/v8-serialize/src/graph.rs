//! `Graph`: a JavaScript value with all that it refers to.
//!
//! In JavaScript an object has identity: it can be found in two places, and within itself. So objects lie side by side in
//! a list, and a value that is one says which. That is also what the format does, with its numbers for references;
//! ours are not those of the payload, which are counted while it is read or written.
//!
//! ```text
//!   const o = { list: [1, 2] };       root ──> 0: Plain { list: 1, self: 0 }
//!   o.self = o;                                1: Array [1, 2]
//! ```

use ferronode_buffer::JsString;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bigint::BigInt;
use crate::error::{DecodeError, EncodeError};
use crate::node::Node;
use crate::object::Object;
use crate::options::Options;
use crate::properties::{Key, Properties};
use crate::writer::SMALL;
use crate::{decode, encode};

/// A value: a primitive, or which object of its graph.
///
/// Two objects are equal if they are the same one of one graph, as in JavaScript.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    /// `undefined`.
    #[default]
    Undefined,
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number that V8 had as an integer of 32 bits.
    Integer(i32),
    /// Any other number, or one that V8 had as a double: 2.0 may come as either. -0 and NaN are kept.
    Number(f64),
    /// A BigInt.
    BigInt(BigInt),
    /// A string, lone surrogates kept.
    String(JsString),
    /// An object of the graph.
    Object(ObjectId),
}

/// Which object of a graph: its place in the order in which they were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub(crate) usize);

/// A value and the objects that it is made of.
///
/// ```
/// use ferronode_v8_serialize::{Graph, Object, Options, Value};
///
/// let graph = Graph::of(&("online", 1))?;
/// assert_eq!(graph.root().at(0).as_str(), Some("online"));
///
/// let mut cycle = Graph::new();
/// let me = cycle.add(Object::Plain([("n", 1)].into_iter().collect()));
/// cycle.set(me, "self", Value::Object(me));
/// cycle.set_root(me);
/// let bytes = cycle.encode(&Options::default())?;
/// let back = Graph::decode(&bytes, &Options::default())?;
/// assert_eq!(back.root().get("self").get("self").get("n").as_f64(), Some(1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Graph {
    root: Value,
    objects: Vec<Object>,
}

impl Graph {
    /// Makes `undefined`, without objects.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            root: Value::Undefined,
            objects: Vec::new(),
        }
    }

    /// Makes a graph of what a type says of itself: the value that [`to_vec`](crate::to_vec) writes.
    ///
    /// # Errors
    ///
    /// As [`to_vec`](crate::to_vec), under the default [`Options`].
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, EncodeError> {
        let bytes = crate::to_vec(value, &Options::default())?;
        Self::decode(&bytes, &Options::default()).map_err(|error| EncodeError::Value(error.to_string()))
    }

    /// Reads a type out of the graph, as [`from_slice`](crate::from_slice) reads it.
    ///
    /// # Errors
    ///
    /// The value is not what `T` takes, or is past the default [`Options`].
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        let bytes = self.encode(&Options::default());
        let bytes = bytes.map_err(|error| DecodeError::Value(error.to_string()))?;
        crate::from_slice(&bytes, &Options::default())
    }

    /// Reads a payload. What follows the value is not looked at, as in Node.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]: what Node would not read, and what is past a bound of `options`.
    #[doc(alias = "deserialize")]
    pub fn decode(payload: &[u8], options: &Options) -> Result<Self, DecodeError> {
        decode::decode(payload, options)
    }

    /// Writes a payload: the bytes that Node writes for the same value.
    ///
    /// # Errors
    ///
    /// [`EncodeError`]: a bound of `options` is passed, or a value refers to an object that is not there.
    #[doc(alias = "serialize")]
    pub fn encode(&self, options: &Options) -> Result<Vec<u8>, EncodeError> {
        let mut payload = Vec::with_capacity(SMALL);
        self.encode_to(&mut payload, options)?;
        Ok(payload)
    }

    /// Writes a payload behind what `out` holds. On an error `out` is as it was.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    pub fn encode_to(&self, out: &mut Vec<u8>, options: &Options) -> Result<(), EncodeError> {
        encode::encode(self, out, options)
    }

    /// The value itself, to look into.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node::new(self, &self.root)
    }

    /// Makes `root` the value.
    pub fn set_root(&mut self, root: impl Into<Value>) {
        self.root = root.into();
    }

    /// Adds an object, for values to refer to.
    pub fn add(&mut self, object: impl Into<Object>) -> ObjectId {
        self.objects.push(object.into());
        ObjectId(self.objects.len() - 1)
    }

    /// An object of this graph. An id of another graph may be none here, or another.
    #[must_use]
    pub fn object(&self, id: ObjectId) -> Option<&Object> {
        self.objects.get(id.0)
    }

    /// An object of this graph, to change.
    pub fn object_mut(&mut self, id: ObjectId) -> Option<&mut Object> {
        self.objects.get_mut(id.0)
    }

    /// Sets a property of a plain object or an array. Says whether it has properties.
    pub fn set(&mut self, id: ObjectId, key: impl Into<Key>, value: impl Into<Value>) -> bool {
        match self.objects.get_mut(id.0) {
            Some(Object::Plain(properties)) => {
                properties.insert(key, value);
                true
            }
            Some(Object::Array(array)) => array.set(key.into(), value.into()),
            _ => false,
        }
    }

    /// How many objects there are.
    #[must_use]
    pub fn object_count(&self) -> usize {
        self.objects.len()
    }

    pub(crate) fn root_value(&self) -> &Value {
        &self.root
    }
}

/// A graph of one plain object.
impl<K: Into<Key>, const N: usize> From<[(K, Value); N]> for Graph {
    fn from(entries: [(K, Value); N]) -> Self {
        let properties: Properties = entries.into_iter().collect();
        let mut graph = Self::new();
        graph.root = Value::Object(graph.add(Object::Plain(properties)));
        graph
    }
}

macro_rules! value_from {
    ($($type:ty => $variant:ident),* $(,)?) => {
        $(impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        })*
    };
}

value_from! {
    bool => Boolean, i32 => Integer, f64 => Number, BigInt => BigInt, i128 => BigInt,
    JsString => String, String => String, &str => String, ObjectId => Object,
}
