//! Warnings: said on standard error, and told to whoever listens.

use std::fmt;
use std::io::Write;

use crate::events::{WARNING, emitter};
use crate::schedule::next_tick;

/// Something that somebody should know, and that stops nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    message: String,
    name: String,
    code: Option<String>,
    detail: Option<String>,
}

impl Warning {
    /// A warning, named `Warning`.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            name: "Warning".to_owned(),
            code: None,
            detail: None,
        }
    }

    /// Sets its name: `"DeprecationWarning"`. Node's option `type`.
    #[doc(alias = "type")]
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets a code that programs can know it by.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Adds more text, which is printed below.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// What it says.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// More text.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }
}

impl From<&str> for Warning {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

/// As Node prints it: `[CODE] Name: message`, the detail below.
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = &self.code {
            write!(f, "[{code}] ")?;
        }
        write!(f, "{}: {}", self.name, self.message)?;
        match &self.detail {
            Some(detail) => write!(f, "\n{detail}"),
            None => Ok(()),
        }
    }
}

/// Warns: prints it on standard error and tells listeners of [`WARNING`], on the loop's next tick; where no loop is, now.
///
/// In Node: [`process.emitWarning`](https://nodejs.org/docs/latest-v20.x/api/process.html#processemitwarningwarning-options).
#[doc(alias = "emitWarning")]
pub fn emit_warning(warning: impl Into<Warning>) {
    let warning = warning.into();
    let later = warning.clone();
    if next_tick(move || say(&later)).is_err() {
        say(&warning);
    }
}

fn say(warning: &Warning) {
    let text = format!("({}) {warning}\n", std::process::id());
    // Where there is no standard error, there are the listeners still.
    _ = std::io::stderr().write_all(text.as_bytes());
    emitter().emit(WARNING, warning);
}
