//! Which of Node's two dialects, and how much is too much.

/// How values are read and written: the dialect, and bounds. Depth and bytes hold in both directions.
///
/// ```
/// use ferronode_v8_serialize::Options;
///
/// let options = Options { bytes: 4096, ..Options::default() };
/// assert!(ferronode_v8_serialize::to_vec(&"x".repeat(5000), &options).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Who is at the other end. A channel.
    pub dialect: Dialect,
    /// How many objects may lie within each other. 128, as in serde_json.
    ///
    /// Each level takes stack, 1 to 9 KiB in a debug build and more for large types, and a thread has 2 MiB.
    /// Node's own limit is its stack too: some thousands of levels.
    pub depth: usize,
    /// The longest payload, in bytes. 64 MiB.
    pub bytes: usize,
    /// How many values may be read from one payload. 1 Mi. For a type of serde's a hole in an array is one too, and what
    /// is referred to counts each time that it has to be read again.
    ///
    /// A byte of input can become far more in memory: a value in a graph takes 32 bytes, an object 56 more and what it
    /// holds. So this bounds what `bytes` alone would not: a peer that does its worst is given 216 MiB (measured, with a
    /// million empty errors). Numbers by the million travel as a typed array, which is one value.
    pub nodes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dialect: Dialect::Channel,
            depth: 128,
            bytes: 61 << 20,
            nodes: 1 << 20,
        }
    }
}

/// The one thing in which Node disagrees with itself: how a typed array or a Buffer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// What a child process's channel speaks with `serialization: 'advanced'`: a number says whether it is a view.
    Channel,
    /// What `v8.serialize` writes and `v8.deserialize` reads: it is always a view, and nothing says so.
    #[doc(alias = "v8.serialize")]
    Module,
}
