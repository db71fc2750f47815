//! What can go wrong with a cipher.

use std::fmt;

use ferronode_buffer::Encoding;

use crate::data::OddHexLength;
use crate::error::NodeError;

/// A cipher cannot be made, cannot do what was asked now, or will not vouch for the data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CipherError {
    /// No cipher has this name.
    UnknownCipher {
        /// The name asked for.
        name: String,
    },
    /// Node has this cipher, in a provider perhaps; this crate has not.
    Unsupported {
        /// The name asked for.
        name: String,
    },
    /// The key does not fit the cipher.
    KeyLength {
        /// Bytes that the cipher wants.
        expected: usize,
        /// Bytes that came.
        found: usize,
    },
    /// The initialization vector does not fit the cipher; none counts as 0 bytes.
    IvLength {
        /// Bytes that the cipher wants, as a rule; GCM and CCM take some others too.
        expected: usize,
        /// Bytes that came.
        found: usize,
    },
    /// There are no tags of this length.
    TagLength {
        /// Bytes asked for, or bytes that came.
        found: usize,
    },
    /// This mode must know the length of its tag from the start.
    TagLengthRequired {
        /// The name of the cipher.
        cipher: String,
    },
    /// CCM must know the length of the text before it takes associated data.
    PlaintextLengthRequired,
    /// The text is longer than the mode allows with this initialization vector.
    MessageLength {
        /// Bytes allowed.
        limit: usize,
        /// Bytes that came.
        found: usize,
    },
    /// It is too late, too early, or never possible to call this.
    InvalidState {
        /// Node's name of what was called.
        operation: &'static str,
    },
    /// The end was reached already.
    Finalized,
    /// No data can be added: after the end, or after all that CCM takes.
    UnsupportedState,
    /// The text does not end at the end of a block.
    WrongFinalBlockLength {
        /// Bytes of a block.
        block_size: usize,
        /// Bytes left over; a whole block is missing if it is 0.
        found: usize,
    },
    /// The padding is none: the key is wrong, or the text was changed.
    BadDecrypt,
    /// The tag does not fit, or is missing: the text, the associated data, the key, or the tag itself is wrong.
    Unauthenticated,
    /// Output had another encoding before, and a character may have been cut.
    EncodingChanged {
        /// The encoding that output began with.
        expected: Encoding,
        /// The encoding asked for now.
        found: Encoding,
    },
    /// Hexadecimal text of an odd length.
    OddHexLength(OddHexLength),
}

impl From<OddHexLength> for CipherError {
    fn from(error: OddHexLength) -> Self {
        Self::OddHexLength(error)
    }
}

impl NodeError for CipherError {
    fn name(&self) -> &'static str {
        match self {
            Self::KeyLength { .. } | Self::MessageLength { .. } => "RangeError",
            Self::IvLength { .. }
            | Self::TagLength { .. }
            | Self::TagLengthRequired { .. }
            | Self::PlaintextLengthRequired => "TypeError",
            Self::OddHexLength(error) => error.name(),
            _ => "Error",
        }
    }

    fn code(&self) -> Option<&'static str> {
        Some(match self {
            Self::UnknownCipher { .. } => "ERR_CRYPTO_UNKNOWN_CIPHER",
            Self::Unsupported { .. } => "ERR_OSSL_EVP_UNSUPPORTED",
            Self::KeyLength { .. } => "ERR_CRYPTO_INVALID_KEYLEN",
            Self::IvLength { .. } => "ERR_CRYPTO_INVALID_IV",
            Self::TagLength { .. } | Self::TagLengthRequired { .. } => "ERR_CRYPTO_INVALID_AUTH_TAG",
            Self::PlaintextLengthRequired => "ERR_MISSING_ARGS",
            Self::MessageLength { .. } => "ERR_CRYPTO_INVALID_MESSAGELEN",
            Self::InvalidState { .. } | Self::Finalized => "ERR_CRYPTO_INVALID_STATE",
            Self::WrongFinalBlockLength { .. } => "ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH",
            Self::BadDecrypt => "ERR_OSSL_BAD_DECRYPT",
            Self::EncodingChanged { .. } => "ERR_INTERNAL_ASSERTION",
            Self::OddHexLength(error) => return error.code(),
            Self::UnsupportedState | Self::Unauthenticated => return None,
        })
    }

    fn message(&self) -> String {
        match self {
            Self::UnknownCipher { .. } => "Unknown cipher",
            Self::Unsupported { .. } => "error:0308010C:digital envelope routines::unsupported",
            Self::KeyLength { .. } => "Invalid key length",
            Self::IvLength { .. } => "Invalid initialization vector",
            Self::TagLength { found } => return format!("Invalid authentication tag length: {found}"),
            Self::TagLengthRequired { cipher } => return format!("authTagLength required for {cipher}"),
            Self::PlaintextLengthRequired => "options.plaintextLength required for CCM mode with AAD",
            Self::MessageLength { .. } => "Invalid message length",
            Self::InvalidState { operation } => return format!("Invalid state for operation {operation}"),
            Self::Finalized => "Invalid state",
            Self::UnsupportedState => "Trying to add data in unsupported state",
            Self::WrongFinalBlockLength { .. } => "error:1C80006B:Provider routines::wrong final block length",
            Self::BadDecrypt => "error:1C800064:Provider routines::bad decrypt",
            Self::Unauthenticated => "Unsupported state or unable to authenticate data",
            Self::EncodingChanged { .. } => "Cannot change encoding",
            Self::OddHexLength(error) => return error.message(),
        }
        .to_owned()
    }

    fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Unsupported { .. } => Some("unsupported"),
            Self::WrongFinalBlockLength { .. } => Some("wrong final block length"),
            Self::BadDecrypt => Some("bad decrypt"),
            _ => None,
        }
    }
}

impl fmt::Display for CipherError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCipher { name } => write!(f, "no cipher is called {name:?}"),
            Self::Unsupported { name } => write!(f, "the cipher {name:?} is Node's and not built here"),
            Self::KeyLength { expected, found } => write!(f, "the key has {found} bytes instead of {expected}"),
            Self::IvLength { expected, found } => {
                write!(f, "the initialization vector has {found} bytes instead of {expected}")
            }
            Self::TagLength { found } => write!(f, "a tag of {found} bytes does not belong to this cipher"),
            Self::TagLengthRequired { cipher } => write!(f, "{cipher} must be told the length of its tag"),
            Self::PlaintextLengthRequired => {
                f.write_str("CCM must be told the length of the text before associated data")
            }
            Self::MessageLength { limit, found } => write!(f, "the text has {found} bytes, {limit} are the most"),
            Self::InvalidState { operation } => write!(f, "{operation} is not possible in this state"),
            Self::Finalized => f.write_str("the cipher has ended already"),
            Self::UnsupportedState => f.write_str("the cipher takes no more data"),
            Self::WrongFinalBlockLength { block_size, found } => {
                write!(f, "the text ends {found} bytes into a block of {block_size}")
            }
            Self::BadDecrypt => f.write_str("the padding is none: a wrong key, or a changed text"),
            Self::Unauthenticated => f.write_str("the tag does not vouch for this text"),
            Self::EncodingChanged { expected, found } => {
                write!(f, "output began in {expected} and cannot go on in {found}")
            }
            Self::OddHexLength(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CipherError {}
