//! The properties of an object: keys with values, in JavaScript's order.
//!
//! Rule: keys that are indexes come first, by size; the others follow, as they were added. No key is there twice.
//! Whatever order a peer writes, this is the order in which it is kept and written.

use std::fmt;

use ferronode_buffer::{JsStr, JsString};

use crate::graph::Value;

/// The largest index: an array has at most 2³² - 1 elements.
const MAX_INDEX: u32 = u32::MAX - 1;

/// The key of a property.
///
/// ```
/// use ferronode_v8_serialize::Key;
///
/// assert_eq!(Key::from("7"), Key::Index(7));
/// assert!(matches!(Key::from("07"), Key::Name(_)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// An index, from 0 to 2³² - 2. `object["7"]` and `object[7]` are one property.
    Index(u32),
    /// Any other text.
    Name(JsString),
}

impl Key {
    /// The index that a text says, if it is written as JavaScript writes it.
    pub(crate) fn index(text: &str) -> Option<u32> {
        let digits = text.as_bytes();
        let first = digits.first()?;
        let canonical = first.is_ascii_digit() && (*first != b'0' || digits.len() == 1) && digits.len() <= 10;
        if !canonical || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        text.parse().ok().filter(|&index| index <= MAX_INDEX)
    }

    /// The key that a number is, if it is a whole one.
    pub(crate) fn from_number(number: f64) -> Option<Self> {
        const SAFE: f64 = 9_007_199_254_740_991.0;
        if number.fract() != 0.0 || number.abs() > SAFE {
            return None;
        }
        Some(match number as i64 {
            number @ 0..0xffff_ffff => Self::Index(number as u32),
            number => Self::Name(number.to_string().into()),
        })
    }
}

impl From<u32> for Key {
    fn from(index: u32) -> Self {
        match index {
            0..=MAX_INDEX => Self::Index(index),
            _ => Self::Name(index.to_string().into()),
        }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::index(text).map_or_else(|| Self::Name(text.into()), Self::Index)
    }
}

impl From<JsString> for Key {
    fn from(text: JsString) -> Self {
        let index = text.as_str().and_then(Self::index);
        index.map_or(Self::Name(text), Self::Index)
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        JsString::from(text).into()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => index.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// The properties of an object, in JavaScript's order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Properties {
    entries: Vec<(Key, Value)>,
}

impl Properties {
    /// Makes no properties.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Takes entries in any order, or gives them back if a key is there twice. Time is that of sorting, whoever chose the keys.
    pub(crate) fn from_entries(mut entries: Vec<(Key, Value)>) -> Result<Self, Vec<(Key, Value)>> {
        entries.sort_by_key(|(key, _)| order(key));
        let indexes = entries.iter().take_while(|(key, _)| matches!(key, Key::Index(_)));
        let names = &entries[indexes.count()..];
        let indexes = &entries[..entries.len() - names.len()];
        let unique = indexes.windows(2).all(|pair| pair[0].0 != pair[1].0) && are_unique(names);
        if unique { Ok(Self { entries }) } else { Err(entries) }
    }

    /// Sets a property, and gives the value that it had.
    ///
    /// It takes as long as there are properties: for many, collect them.
    pub fn insert(&mut self, key: impl Into<Key>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.0 == key) {
            return Some(std::mem::replace(&mut entry.1, value));
        }
        let place = self.entries.partition_point(|entry| order(&entry.0) <= order(&key));
        self.entries.insert(place, (key, value));
        None
    }

    /// The value of a property.
    #[must_use]
    pub fn get<'a>(&self, name: impl Into<JsStr<'a>>) -> Option<&Value> {
        let name = name.into();
        if let Some(index) = name.as_str().and_then(Key::index) {
            return self.at(index);
        }
        let is = |key: &Key| matches!(key, Key::Name(found) if found.as_js_str().as_wtf8() == name.as_wtf8());
        self.entries.iter().find(|(key, _)| is(key)).map(|(_, value)| value)
    }

    /// The value of the property that has an index for its key.
    #[must_use]
    pub fn at(&self, index: u32) -> Option<&Value> {
        let place = self
            .entries
            .binary_search_by_key(&order(&Key::Index(index)), |(key, _)| order(key));
        place.ok().map(|place| &self.entries[place].1)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Keys and values, in order.
    #[doc(alias = "Object.entries")]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Key, &Value)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    pub(crate) fn into_entries(self) -> Vec<(Key, Value)> {
        self.entries
    }
}

/// Indexes by size, names behind them and alike.
fn order(key: &Key) -> u32 {
    match *key {
        Key::Index(index) => index,
        Key::Name(_) => u32::MAX,
    }
}

/// Few names are compared with each other, many are sorted: no hash whose seed a peer might guess.
fn are_unique(names: &[(Key, Value)]) -> bool {
    const FEW: usize = 12;
    if names.len() <= FEW {
        let mut rest = names;
        while let [(name, _), behind @ ..] = rest {
            if behind.iter().any(|(other, _)| other == name) {
                return false;
            }
            rest = behind;
        }
        return true;
    }
    let bytes = |(key, _): &'_ (Key, Value)| match key {
        Key::Name(name) => name.as_js_str().as_wtf8().to_vec(),
        Key::Index(_) => Vec::new(),
    };
    let mut sorted: Vec<_> = names.iter().map(bytes).collect();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| pair[0] != pair[1])
}

/// Later values replace earlier ones, as in an object literal.
impl<K: Into<Key>, V: Into<Value>> FromIterator<(K, V)> for Properties {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value.into()));
        Self::from_entries(entries.collect()).unwrap_or_else(|entries| {
            let mut properties = Self::new();
            for (key, value) in entries {
                properties.insert(key, value);
            }
            properties
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(keys: &[&str], expected: &[&str]) {
        let collected: Properties = keys.iter().map(|&key| (key, 0)).collect();
        let mut inserted = Properties::new();
        for &key in keys {
            inserted.insert(key, 0);
        }
        assert_eq!(collected, inserted);
        let found: Vec<_> = collected.iter().map(|(key, _)| key.to_string()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn indexes_come_first_by_size() {
        check(&["b", "10", "a", "9"], &["9", "10", "b", "a"]);
        check(
            &["4294967295", "4294967294", "-1", "01"],
            &["4294967294", "4294967295", "-1", "01"],
        );
    }

    #[test]
    fn a_key_twice_keeps_its_place_and_its_last_value() {
        check(&["a", "b", "a"], &["a", "b"]);
        let properties: Properties = [("a", 1), ("b", 2), ("a", 3)].into_iter().collect();
        assert_eq!(properties.get("a"), Some(&3.into()));
    }

    #[test]
    fn many_names_are_compared_too() {
        let entry = |number: u32| (Key::Name(format!("k{number}").into()), Value::Null);
        assert!(Properties::from_entries((0..1000).map(entry).collect()).is_ok());
        assert!(Properties::from_entries((0..1000).chain([500]).map(entry).collect()).is_err());
    }

    #[test]
    fn only_javascripts_spelling_is_an_index() {
        for name in ["", "-0", "+1", "1.0", " 1", "4294967295", "99999999999", "1e3"] {
            assert!(matches!(Key::from(name), Key::Name(_)), "{name:?}");
        }
    }

    #[test]
    fn a_number_is_the_key_that_javascript_makes_of_it() {
        assert_eq!(Key::from_number(-0.0), Some(Key::Index(0)));
        assert_eq!(Key::from_number(-1.0), Some(Key::Name("-1".into())));
        assert_eq!(Key::from_number(4_294_967_295.0), Some(Key::Name("4294967295".into())));
        assert_eq!(Key::from_number(1.5), None);
        assert_eq!(Key::from_number(f64::NAN), None);
    }
}
