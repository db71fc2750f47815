//! What all errors of this crate have in common: the words that Node has for them.
//!
//! Each operation has an enum of its own beside it, whose `Display` says what was expected and what was found.
//! [`NodeError`] gives the same failure as a program in JavaScript would see it.

use std::error::Error;

/// An error as Node throws it.
pub trait NodeError: Error {
    /// The class of the error: `"Error"`, `"TypeError"` or `"RangeError"`.
    fn name(&self) -> &'static str;

    /// Node's code, as `"ERR_CRYPTO_INVALID_IV"`. A few of Node's errors have none.
    fn code(&self) -> Option<&'static str>;

    /// Node's own text, word for word. Unlike `Display` it often does not say what was expected.
    fn message(&self) -> String;

    /// OpenSSL's own word for what went wrong, where Node passes it on.
    fn reason(&self) -> Option<&'static str> {
        None
    }
}
