//! What an event is: a value that knows its name and the type of its payload.
//!
//! Three kinds of value name an event, and every method of an emitter takes any of them:
//! [`Event`] is a constant of the program, [`Named`] is made from text at run time, [`Symbol`] is equal to nothing else.
//! The rule: two values name the same event when both name and payload type agree,
//! so `Event::<u32>::new("tick")` and `Named::<u32>::new("tick")` are one event, and `Event::<str>::new("tick")` is another.

use std::any::TypeId;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use crate::serial;

pub(crate) use sealed::Name;

/// An event named by a constant: its text, and the type that its listeners are lent.
///
/// ```
/// use ferronode_events::Event;
///
/// struct ExitStatus(i32);
/// const EXIT: Event<ExitStatus> = Event::new("exit");
/// assert_eq!(EXIT.name(), "exit");
/// ```
pub struct Event<P: ?Sized> {
    name: Name<'static>,
    payload: PhantomData<fn(&P)>,
}

impl<P: ?Sized> Event<P> {
    /// Names the event `name` whose listeners are lent a `P`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        let constant = Some(name);
        Self {
            name: Name {
                constant,
                ..Name::text(name)
            },
            payload: PhantomData,
        }
    }

    /// Returns the text of the name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name.text
    }
}

/// An event whose name is made at run time.
///
/// It borrows the text, so that naming an event costs no allocation; an emitter copies it at the first registration.
///
/// ```
/// use ferronode_events::{EventEmitter, Named};
///
/// let emitter = EventEmitter::new();
/// let name = format!("job {}", 7);
/// emitter.on(Named::<u32>::new(&name), |percent| assert_eq!(*percent, 50));
/// assert!(emitter.emit(Named::<u32>::new("job 7"), &50));
/// ```
pub struct Named<'a, P: ?Sized> {
    name: Name<'a>,
    payload: PhantomData<fn(&P)>,
}

impl<'a, P: ?Sized> Named<'a, P> {
    /// Names the event `name` whose listeners are lent a `P`.
    #[must_use]
    pub const fn new(name: &'a str) -> Self {
        Self {
            name: Name::text(name),
            payload: PhantomData,
        }
    }
}

/// An event that no other code can name: equal to its own copies and to nothing else, whatever the description says.
pub struct Symbol<P: ?Sized> {
    name: Name<'static>,
    payload: PhantomData<fn(&P)>,
}

impl<P: ?Sized> Symbol<P> {
    /// Makes a new symbol; `description` is for people and may be shared with others.
    #[must_use]
    pub fn new(description: &'static str) -> Self {
        Self::reserved(description, serial::next())
    }

    /// Makes one of the crate's own symbols, whose numbers lie below every serial number.
    pub(crate) const fn reserved(description: &'static str, number: u64) -> Self {
        Self {
            name: Name {
                text: description,
                constant: Some(description),
                symbol: number,
                hash: number,
            },
            payload: PhantomData,
        }
    }
}

impl<P: ?Sized> PartialEq for Symbol<P> {
    fn eq(&self, other: &Self) -> bool {
        self.name.symbol == other.name.symbol
    }
}

impl<P: ?Sized> Eq for Symbol<P> {}

/// A value that names an event: [`Event`], [`Named`] or [`Symbol`]; no other type can.
pub trait EventName: sealed::Sealed + Copy {
    /// What the listeners of this event are lent.
    type Payload: ?Sized + 'static;
}

pub(crate) mod sealed {
    /// Closes [`EventName`](super::EventName) and hides what only emitters need.
    pub trait Sealed {
        fn as_name(&self) -> Name<'_>;
    }

    /// A name without its payload type: what a slot is looked up by.
    #[derive(Clone, Copy)]
    pub struct Name<'a> {
        pub(crate) text: &'a str,
        /// The same text, where it is a constant of the program.
        pub(crate) constant: Option<&'static str>,
        /// Zero for text; a number of its own for each symbol.
        pub(crate) symbol: u64,
        pub(crate) hash: u64,
    }
}

macro_rules! names_an_event {
    ($($kind:ident $(<$life:lifetime>)?),*) => {$(
        impl<$($life,)? P: ?Sized> Clone for $kind<$($life,)? P> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$($life,)? P: ?Sized> Copy for $kind<$($life,)? P> {}

        impl<$($life,)? P: ?Sized> fmt::Debug for $kind<$($life,)? P> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($kind), self.name.text)
            }
        }

        impl<$($life,)? P: ?Sized> sealed::Sealed for $kind<$($life,)? P> {
            #[inline(always)]
            fn as_name(&self) -> Name<'_> {
                self.name
            }
        }

        impl<$($life,)? P: ?Sized + 'static> EventName for $kind<$($life,)? P> {
            type Payload = P;
        }
    )*};
}

names_an_event!(Event, Named<'a>, Symbol);

impl<'a> Name<'a> {
    /// Says whether there are only so many names of this kind: text, and the crate's own symbols, in the program itself.
    pub(crate) fn is_constant(&self) -> bool {
        self.constant.is_some() && self.symbol < serial::FIRST
    }

    const fn text(text: &'a str) -> Self {
        Self {
            text,
            constant: None,
            symbol: 0,
            hash: hash(text.as_bytes()),
        }
    }
}

/// Mixes a name into a number, at compile time where the name is a constant.
///
/// It only spreads names over the few places of an emitter's first table, so it needs no defence against chosen names:
/// what does not fit there is found by a keyed hash.
const fn hash(text: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, tail) = text.as_chunks::<8>();
    let mut hash = text.len() as u64;
    let mut index = 0;
    while index < words.len() {
        hash = (hash ^ u64::from_le_bytes(words[index])).wrapping_mul(ODD);
        hash ^= hash >> 32;
        index += 1;
    }
    let mut last = 0;
    index = 0;
    while index < tail.len() {
        last = last << 8 | tail[index] as u64;
        index += 1;
    }
    hash = (hash ^ last).wrapping_mul(ODD);
    hash ^ hash >> 32
}

/// An event's identity as a value: what `event_names` lists.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventId {
    text: Cow<'static, str>,
    symbol: u64,
    payload: TypeId,
}

impl EventId {
    pub(crate) fn new<P: ?Sized + 'static>(name: Name<'_>) -> Self {
        Self {
            text: name
                .constant
                .map_or_else(|| Cow::Owned(name.text.to_owned()), Cow::Borrowed),
            symbol: name.symbol,
            payload: TypeId::of::<P>(),
        }
    }

    /// Returns the text of the name, or the description of a symbol.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.text
    }

    /// Says whether this event is named by a [`Symbol`].
    #[must_use]
    pub fn is_symbol(&self) -> bool {
        self.symbol != 0
    }

    /// Says whether `event` names this event: the same name and the same payload type.
    #[must_use]
    pub fn is<E: EventName>(&self, event: E) -> bool {
        self.payload == TypeId::of::<E::Payload>() && self.matches(event.as_name())
    }

    #[inline(always)]
    pub(crate) fn matches(&self, name: Name<'_>) -> bool {
        // The text of a constant is nearly always the same text at the same address, which is quickly seen.
        let text = &*self.text;
        self.symbol == name.symbol && (std::ptr::eq(text, name.text) || text == name.text)
    }

    /// Where Node lists this name: whole numbers first, by value; then text, then symbols, by registration.
    pub(crate) fn rank(&self) -> (u8, u32) {
        match array_index(&self.text) {
            _ if self.is_symbol() => (2, 0),
            Some(index) => (0, index),
            None => (1, 0),
        }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_symbol() {
            write!(f, "Symbol({})", self.text)
        } else {
            f.write_str(&self.text)
        }
    }
}

/// Reads what JavaScript calls an array index: a whole number below 2^32 - 1, written without leading zeros.
fn array_index(text: &str) -> Option<u32> {
    let index = text.parse::<u32>().ok().filter(|&index| index != u32::MAX)?;
    (index.to_string() == text).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_whole_numbers_are_array_indices() {
        for (text, expected) in [
            ("0", Some(0)),
            ("10", Some(10)),
            ("4294967294", Some(u32::MAX - 1)),
            ("4294967295", None),
            ("01", None),
            ("+1", None),
            ("-0", None),
            ("", None),
            ("a", None),
        ] {
            assert_eq!(array_index(text), expected, "{text:?}");
        }
    }

    #[test]
    fn identity_is_name_and_payload_type() {
        const TICK: Event<u32> = Event::new("tick");
        let id = EventId::new::<u32>(sealed::Sealed::as_name(&TICK));
        assert!(id.is(TICK));
        assert!(id.is(Named::<u32>::new("tick")));
        assert!(!id.is(Event::<str>::new("tick")));
        assert!(!id.is(Event::<u32>::new("tock")));
        assert!(!id.is(Symbol::<u32>::new("tick")));
    }

    #[test]
    fn a_symbol_is_equal_to_its_copies_only() {
        let symbol = Symbol::<u32>::new("s");
        let id = EventId::new::<u32>(sealed::Sealed::as_name(&symbol));
        assert!(id.is(symbol));
        assert!(!id.is(Symbol::<u32>::new("s")));
    }
}
