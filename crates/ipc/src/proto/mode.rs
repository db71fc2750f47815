//! How messages are written on the wire: chosen by the parent for each child, said to the child in its environment.

use std::fmt;
use std::str::FromStr;

use super::encode::About;
use super::handle::Answer;
use super::limits::Limits;

/// A wire mode, by the name that `NODE_CHANNEL_SERIALIZATION_MODE` has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Mode {
    /// One JSON text a line: Node's default, byte for byte.
    #[default]
    Json,
    /// Length and V8's own serialization: Node's other one, byte for byte.
    Advanced,
    /// Length and bincode, from one Rust program to another.
    #[cfg(feature = "bincode")]
    Bincode,
}

impl Mode {
    /// The name that stands in the environment of a child.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Advanced => "advanced",
            #[cfg(feature = "bincode")]
            Self::Bincode => "bincode",
        }
    }

    /// What each side of a channel writes first of all, where a mode has that.
    pub(crate) fn hello(self) -> Option<&'static [u8]> {
        match self {
            Self::Json | Self::Advanced => None,
            #[cfg(feature = "bincode")]
            Self::Bincode => Some(&super::bincode::HELLO_FRAME),
        }
    }

    /// The frame that answers a handle. Mode `bincode` never asks for one.
    pub(crate) fn answer(self, answer: Answer) -> Vec<u8> {
        let mut frame = Vec::new();
        let said = super::encode(self, &answer, &About::default(), &Limits::default(), &mut frame);
        debug_assert!(said.is_ok(), "two words are always written");
        frame
    }

    /// How many handles and how many bodies one message may have with it.
    pub(crate) fn company(self) -> (usize, usize) {
        match self {
            Self::Json | Self::Advanced => (1, 0),
            #[cfg(feature = "bincode")]
            Self::Bincode => (super::bincode::MAX_HANDLES, super::bincode::MAX_BODIES),
        }
    }

    /// Whether handles travel as Node has it: one with a message, each answered.
    pub(crate) fn is_nodes(self) -> bool {
        matches!(self, Self::Json | Self::Advanced)
    }
}

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(name: &str) -> Result<Self, UnknownMode> {
        match name {
            "json" => Ok(Self::Json),
            "advanced" => Ok(Self::Advanced),
            #[cfg(feature = "bincode")]
            "bincode" => Ok(Self::Bincode),
            _ => Err(UnknownMode { found: name.to_owned() }),
        }
    }
}

/// No mode has this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownMode {
    /// The name that was found.
    pub found: String,
}

impl fmt::Display for UnknownMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = if cfg!(feature = "bincode") {
            "\"json\", \"advanced\" or \"bincode\""
        } else {
            "\"json\" or \"advanced\""
        };
        write!(
            f,
            "unknown serialization mode: expected {known}, found {:?}",
            self.found
        )
    }
}

impl std::error::Error for UnknownMode {}
