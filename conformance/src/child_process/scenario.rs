//! A scenario as it stands in a vector.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

/// What is to be run, and what is to be done with it.
#[derive(Deserialize)]
pub(crate) struct Scenario<'a> {
    pub(crate) api: String,
    /// The program; or `command`, a line for a shell.
    #[serde(default)]
    pub(crate) file: String,
    pub(crate) command: Option<String>,
    #[serde(default)]
    pub(crate) args: Vec<String>,
    #[serde(default)]
    pub(crate) options: Map<String, Json>,
    #[serde(default, borrow)]
    pub(crate) actions: Vec<Action<'a>>,
    /// When the abort handle is used, in milliseconds after the start.
    pub(crate) abort_ms: Option<u64>,
    /// What every message is answered with.
    #[serde(borrow)]
    pub(crate) reply: Option<&'a RawValue>,
    #[serde(default)]
    pub(crate) disconnect_on_message: bool,
}

/// Something that the parent does.
#[derive(Deserialize)]
pub(crate) struct Action<'a> {
    #[serde(rename = "do")]
    pub(crate) what: String,
    /// Absent: at once. A number: after so many milliseconds. `"spawn"`, `"stdout"`: at that event.
    pub(crate) after_ms: Option<Json>,
    #[serde(default)]
    pub(crate) hex: String,
    pub(crate) fd: Option<usize>,
    pub(crate) signal: Option<Json>,
    #[serde(borrow)]
    pub(crate) msg: Option<&'a RawValue>,
}
