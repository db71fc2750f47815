//! What a module says to a question: a result, an error as Node throws it, or that it has no answer.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

/// Why a question has no plain result.
#[derive(Debug, PartialEq)]
pub(crate) enum Refusal {
    /// The call failed, as calls do: this is an answer, and is compared with Node's own error.
    Throws(Thrown),
    /// Not built, or left out on purpose; the text says which.
    Skip(String),
    /// The vector itself cannot be read; the text says what was expected and what came.
    Malformed(String),
}

/// An error with the names that Node gives it.
#[derive(Debug, PartialEq)]
pub(crate) struct Thrown {
    /// The class of the error: `"RangeError"`.
    pub(crate) name: &'static str,
    /// Node's code, as `"ERR_OUT_OF_RANGE"`; some errors of Node have none.
    pub(crate) code: Option<&'static str>,
    /// The text, compared at `--level message` only.
    pub(crate) message: String,
}

impl From<Thrown> for Refusal {
    fn from(thrown: Thrown) -> Self {
        Self::Throws(thrown)
    }
}

impl From<&Thrown> for Json {
    /// Writes the vectors' form of an error, for steps that fail in the middle of a program.
    fn from(thrown: &Thrown) -> Self {
        let mut fields = json!({ "name": thrown.name, "message": thrown.message });
        if let Some(code) = thrown.code {
            fields["code"] = code.into();
        }
        json!({ "throws": fields })
    }
}

/// Makes the line that answers the question `id`.
///
/// # Errors
///
/// What is wrong with the vector, when it is malformed: then there is no answer.
pub(crate) fn reply(id: &str, outcome: Result<Box<RawValue>, Refusal>) -> Result<String, String> {
    let line = match outcome {
        Ok(got) => serde_json::to_string(&Answer { id, got }),
        Err(Refusal::Throws(thrown)) => Ok(json!({ "id": id, "got": Json::from(&thrown) }).to_string()),
        Err(Refusal::Skip(why)) => Ok(json!({ "id": id, "skip": why }).to_string()),
        Err(Refusal::Malformed(what)) => return Err(what),
    };
    line.map_err(|error| error.to_string())
}

/// A line with a result, which may hold what JSON can say and Rust's `String` cannot.
#[derive(Serialize)]
struct Answer<'a> {
    id: &'a str,
    got: Box<RawValue>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_with_a_code_is_an_answer() {
        let thrown = Thrown {
            name: "RangeError",
            code: Some("ERR_OUT_OF_RANGE"),
            message: "9 of 8".to_owned(),
        };
        let line = reply("b1", Err(thrown.into())).unwrap();
        let expected = json!({"id": "b1", "got": {"throws":
            {"name": "RangeError", "code": "ERR_OUT_OF_RANGE", "message": "9 of 8"}}});
        assert_eq!(line, expected.to_string());
    }

    #[test]
    fn an_error_without_a_code_has_no_such_field() {
        let thrown = Thrown {
            name: "Error",
            code: None,
            message: String::new(),
        };
        assert_eq!(Json::from(&thrown), json!({"throws": {"name": "Error", "message": ""}}));
    }
}
