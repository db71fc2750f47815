//! Views on bytes: the typed arrays, `DataView`, and Node's `Buffer`.
//!
//! In Node: `arrayBufferViewTypeToIndex` in `lib/v8.js`, whose numbers these are.
//! Only the bytes that a view shows travel; two views on the same bytes do not share them any more.

use ferronode_buffer::Buffer;

/// What a view takes its bytes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)] // JavaScript's names say it.
pub enum ViewKind {
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    DataView,
    Buffer,
    BigInt64Array,
    BigUint64Array,
}

impl ViewKind {
    /// All of them, in the order of Node's numbers.
    pub const ALL: [Self; 13] = [
        Self::Int8Array,
        Self::Uint8Array,
        Self::Uint8ClampedArray,
        Self::Int16Array,
        Self::Uint16Array,
        Self::Int32Array,
        Self::Uint32Array,
        Self::Float32Array,
        Self::Float64Array,
        Self::DataView,
        Self::Buffer,
        Self::BigInt64Array,
        Self::BigUint64Array,
    ];

    pub(crate) fn from_index(index: u32) -> Option<Self> {
        Self::ALL.get(index as usize).copied()
    }

    pub(crate) fn index(self) -> u32 {
        self as u32
    }

    /// How many bytes an element has: JavaScript's `BYTES_PER_ELEMENT`, and 1 for a `DataView`.
    #[must_use]
    #[doc(alias = "BYTES_PER_ELEMENT")]
    pub fn bytes_per_element(self) -> usize {
        match self {
            Self::Int8Array | Self::Uint8Array | Self::Uint8ClampedArray | Self::DataView | Self::Buffer => 1,
            Self::Int16Array | Self::Uint16Array => 2,
            Self::Int32Array | Self::Uint32Array | Self::Float32Array => 4,
            Self::Float64Array | Self::BigInt64Array | Self::BigUint64Array => 8,
        }
    }

    /// Whether the elements are plain bytes.
    pub(crate) fn is_bytes(self) -> bool {
        matches!(
            self,
            Self::Uint8Array | Self::Uint8ClampedArray | Self::DataView | Self::Buffer
        )
    }
}

/// A view and the bytes that it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    kind: ViewKind,
    bytes: Buffer,
}

impl View {
    /// Makes a view, if the bytes are whole elements.
    #[must_use]
    pub fn new(kind: ViewKind, bytes: impl Into<Buffer>) -> Option<Self> {
        let bytes = bytes.into();
        (bytes.len() % kind.bytes_per_element() == 0).then_some(Self { kind, bytes })
    }

    /// What it takes its bytes for.
    #[must_use]
    pub fn kind(&self) -> ViewKind {
        self.kind
    }

    /// The bytes. Elements of several have the low byte first.
    #[must_use]
    pub fn bytes(&self) -> &Buffer {
        &self.bytes
    }

    /// The bytes, to keep.
    #[must_use]
    pub fn into_bytes(self) -> Buffer {
        self.bytes
    }
}

impl From<Buffer> for View {
    fn from(bytes: Buffer) -> Self {
        let kind = ViewKind::Buffer;
        Self { kind, bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_the_numbers_of_node() {
        for (index, kind) in ViewKind::ALL.into_iter().enumerate() {
            assert_eq!(kind.index() as usize, index);
            assert_eq!(ViewKind::from_index(kind.index()), Some(kind));
        }
        assert_eq!(ViewKind::Buffer.index(), 10);
        assert_eq!(ViewKind::from_index(13), None);
    }

    #[test]
    fn a_view_has_whole_elements() {
        assert_eq!(View::new(ViewKind::Int32Array, &[0; 6]), None);
        assert!(View::new(ViewKind::Int32Array, &[0; 8]).is_some());
    }
}
