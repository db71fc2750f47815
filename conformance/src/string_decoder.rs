//! `node:string_decoder`: a program of writes and ends against one decoder.

use ferronode_buffer::{Encoding, StringDecoder};
use serde_json::Value as Json;

use crate::answer::{Refusal, Thrown};
use crate::buffer::text_out;
use crate::value::{Args, Value, bytes_from_hex, unreadable};

pub(crate) fn answer(op: &str, args: &Args) -> Result<Json, Refusal> {
    if op != "program" {
        return Err(Refusal::Malformed(format!("string_decoder has no operation {op}")));
    }
    let encoding = match args.value("enc")? {
        Value::Undefined => Encoding::default(),
        Value::Text(name) => name
            .parse()
            .map_err(|error: ferronode_buffer::UnknownEncoding| Thrown {
                name: "TypeError",
                code: Some(error.code()),
                message: error.to_string(),
            })?,
        other => return Err(unreadable("an encoding", &other.into())),
    };
    let mut decoder = StringDecoder::new(encoding);
    let steps = args.json("steps").and_then(Json::as_array).cloned().unwrap_or_default();
    steps
        .iter()
        .map(|step| run(&mut decoder, step))
        .collect::<Result<_, _>>()
        .map(Json::Array)
}

fn run(decoder: &mut StringDecoder, step: &Json) -> Result<Json, Refusal> {
    let bytes = step[1]
        .as_str()
        .map(|hex| bytes_from_hex(hex).ok_or_else(|| unreadable("hex", step)));
    let text = match (step[0].as_str(), bytes.transpose()?) {
        (Some("w"), Some(bytes)) => decoder.write(&bytes),
        (Some("e"), Some(bytes)) => decoder.end_with(&bytes),
        (Some("e"), None) => decoder.end(),
        _ => return Err(unreadable("a write or an end", step)),
    };
    Ok(text_out(&text).into())
}
