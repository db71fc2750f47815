//! Arrays: a list if nothing is missing, else a length and the elements that there are.
//!
//! Rule: an array without a hole is a list, however it came. Node echoes an array that it has received as a sparse one
//! with all its elements, and a peer may write a hole into a dense one: both become what they mean.

use crate::graph::Value;
use crate::properties::{Key, Properties};

/// An array. Its length is at most 2³² - 1, and may be far more than it has elements.
///
/// ```
/// use ferronode_v8_serialize::{Array, Key, Value};
///
/// let mut array = Array::from(vec![Value::from("a")]);
/// array.set(Key::Index(2), Value::from("c"));
/// assert_eq!(array.len(), 3);
/// assert_eq!((array.items(), array.at(1), array.at(2)), (None, None, Some(&Value::from("c"))));
/// array.set(Key::Index(1), Value::from("b"));
/// assert_eq!(array.items().map(<[Value]>::len), Some(3));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Array {
    length: u32,
    /// All elements, or none if one is missing.
    items: Vec<Value>,
    /// The elements that there are if one is missing; then what else has been hung on the array.
    properties: Properties,
}

impl Array {
    /// Makes an array of a length with no element: `new Array(length)`.
    #[must_use]
    pub fn with_length(length: u32) -> Self {
        Self {
            length,
            ..Self::default()
        }
    }

    /// Puts an array together. `None` if a key is there twice, or is `length`.
    pub(crate) fn from_parts(length: u32, items: Vec<Value>, rest: Vec<(Key, Value)>) -> Option<Self> {
        if rest.iter().any(|(key, _)| is_length(key)) {
            return None;
        }
        if items.len() == length as usize && !rest.iter().any(|(key, _)| matches!(key, Key::Index(_))) {
            let properties = Properties::from_entries(rest).ok()?;
            return Some(Self {
                length,
                items,
                properties,
            });
        }
        let items = (0..).map(Key::Index).zip(items);
        let properties = Properties::from_entries(items.chain(rest).collect()).ok()?;
        Some(Self::folded(length, properties))
    }

    /// Makes a list if nothing is missing.
    fn folded(length: u32, properties: Properties) -> Self {
        let entries = properties.iter();
        let indexes = entries.map_while(|(key, _)| {
            if let Key::Index(index) = key {
                Some(*index)
            } else {
                None
            }
        });
        let (count, last) = indexes.fold((0, None), |(count, _), index| (count + 1, Some(index)));
        let length = length.max(last.map_or(0, |last| last + 1));
        let mut array = Self {
            length,
            items: Vec::new(),
            properties,
        };
        if count == length as usize {
            let mut entries = array.properties.into_entries();
            let names = entries.split_off(count);
            array.items = entries.into_iter().map(|(_, value)| value).collect();
            array.properties = Properties::from_entries(names).unwrap_or_default();
        }
        array
    }

    /// JavaScript's `length`.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.length
    }

    /// Whether the length is zero.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// All elements, or `None` if one is missing.
    #[must_use]
    pub fn items(&self) -> Option<&[Value]> {
        (self.items.len() == self.length as usize).then_some(&self.items)
    }

    /// An element, or `None` if it is missing.
    #[must_use]
    pub fn at(&self, index: u32) -> Option<&Value> {
        self.items.get(index as usize).or_else(|| self.properties.at(index))
    }

    /// What has been hung on the array; if an element is missing, the others come first.
    #[must_use]
    pub fn properties(&self) -> &Properties {
        &self.properties
    }

    /// Sets an element or a property; the array grows to hold it. `length` itself is not to be set: says whether it was.
    pub fn set(&mut self, key: Key, value: Value) -> bool {
        match key {
            Key::Index(index) if (index as usize) < self.items.len() => self.items[index as usize] = value,
            Key::Index(index) if index == self.length && self.items().is_some() => {
                self.items.push(value);
                self.length += 1;
            }
            Key::Index(index) => {
                let Self {
                    length,
                    items,
                    properties,
                } = std::mem::take(self);
                let items = (0..).map(Key::Index).zip(items);
                let mut properties: Properties = items.chain(properties.into_entries()).collect();
                properties.insert(Key::Index(index), value);
                *self = Self::folded(length, properties);
            }
            key if is_length(&key) => return false,
            key => {
                self.properties.insert(key, value);
            }
        }
        true
    }
}

fn is_length(key: &Key) -> bool {
    matches!(key, Key::Name(name) if *name == *"length")
}

impl From<Vec<Value>> for Array {
    /// # Panics
    ///
    /// If there are 2³² elements or more, which takes 128 GiB.
    fn from(items: Vec<Value>) -> Self {
        Self {
            length: u32::try_from(items.len()).expect("an array has at most 2³² - 1 elements"),
            items,
            properties: Properties::new(),
        }
    }
}

impl<V: Into<Value>> FromIterator<V> for Array {
    fn from_iter<I: IntoIterator<Item = V>>(items: I) -> Self {
        items.into_iter().map(Into::into).collect::<Vec<_>>().into()
    }
}
