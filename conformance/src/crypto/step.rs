//! One step of a program of a hash, an HMAC or a cipher.

use ferronode_buffer::{Encoding, JsString};
use ferronode_crypto_demo::Data;
use serde_json::Value as Json;

use super::{into_bytes, into_text};
use crate::answer::Refusal;
use crate::value::{Args, Value, unreadable};

/// Runs the steps of a program and collects what each gave.
pub(super) fn run(args: &Args, mut step: impl FnMut(Step<'_>) -> Result<Json, Refusal>) -> Result<Json, Refusal> {
    let steps = args.json("steps").and_then(Json::as_array);
    let steps = steps.ok_or_else(|| Refusal::Malformed("there are no steps".to_owned()))?;
    let answers: Result<_, _> = steps.iter().map(|json| step(Step(json))).collect();
    answers.map(Json::Array)
}

/// One step: its kind, then its arguments.
#[derive(Clone, Copy)]
pub(super) struct Step<'a>(&'a Json);

impl<'a> Step<'a> {
    pub(super) fn kind(self) -> &'a str {
        self.0[0].as_str().unwrap_or_default()
    }

    pub(super) fn unknown(self) -> Refusal {
        unreadable("a step", self.0)
    }

    pub(super) fn truth(self) -> bool {
        self.0[1] == true
    }

    pub(super) fn bytes(self, at: usize) -> Result<Vec<u8>, Refusal> {
        into_bytes(Value::decode(&self.0[at])?)
    }

    /// The encoding of the output: none, if it has no name or an unknown one.
    pub(super) fn encoding(self, at: usize) -> Option<Encoding> {
        self.0[at].as_str().and_then(Encoding::parse)
    }

    /// The data of an update, in its encoding.
    pub(super) fn input(self) -> Result<Input, Refusal> {
        match Value::decode(&self.0[1])? {
            Value::Bytes(bytes) => Ok(Input::Bytes(bytes)),
            text => Ok(Input::Text(into_text(text)?, self.encoding(2).unwrap_or_default())),
        }
    }

    /// The associated data, and the length of the text if the step has it.
    pub(super) fn aad(self) -> Result<(Vec<u8>, Option<usize>), Refusal> {
        let length = self.0[2]["plaintextLength"].as_u64();
        Ok((self.bytes(1)?, length.map(|length| length as usize)))
    }
}

pub(super) enum Input {
    Bytes(Vec<u8>),
    Text(JsString, Encoding),
}

impl Input {
    pub(super) fn data(&self) -> Data<'_> {
        match self {
            Self::Bytes(bytes) => bytes.into(),
            Self::Text(text, encoding) => (text, *encoding).into(),
        }
    }
}
