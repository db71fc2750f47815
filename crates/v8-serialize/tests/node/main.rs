//! Real Node at the other end: random values go through both, and come back equal.
//!
//! Each case needs `node`: without it the cases are ignored, or fail if `FERRONODE_REQUIRE` names it.
#![allow(clippy::unwrap_used)]

mod random;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use ferronode_v8_serialize::{Dialect, Graph, Options, from_slice, to_vec};
use fixtures::with_node;
use libtest_mimic::{Arguments, Failed};
use random::Random;

/// Values a case.
const COUNT: usize = 2500;

type Case = fn(Dialect) -> Result<(), Failed>;

fn main() -> ExitCode {
    let cases: [(&str, Case); 3] = [
        ("nodes_values_come_back_byte_for_byte", nodes_values),
        ("our_graphs_come_back_from_node", our_graphs),
        ("what_serde_says_is_what_node_hears", json),
    ];
    let dialects = [("channel", Dialect::Channel), ("module", Dialect::Module)];
    let trials = dialects.into_iter().flat_map(|(name, dialect)| {
        cases.map(|(case, run)| with_node(format!("{name}::{case}"), move || run(dialect)))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn options(dialect: Dialect) -> Options {
    Options {
        dialect,
        ..Options::default()
    }
}

/// Runs a task of `peer.js` over frames, and gives the frames that it answers with.
fn node(dialect: Dialect, task: &str, seed: u32, frames: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, Failed> {
    let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "node", "peer.js"]
        .iter()
        .collect();
    let dialect = match dialect {
        Dialect::Channel => "channel",
        Dialect::Module => "module",
    };
    let mut child = Command::new("node")
        .arg(script)
        .args([dialect, task, &seed.to_string(), &COUNT.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    // Node reads all before it answers, and a task that reads nothing is given nothing.
    let mut input = child.stdin.take().unwrap();
    for frame in frames {
        input.write_all(&u32::try_from(frame.len())?.to_be_bytes())?;
        input.write_all(frame)?;
    }
    drop(input);
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("node {dialect} {task} {seed}: {}", output.status).into());
    }
    Ok(frames_of(&output.stdout))
}

fn frames_of(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let (frame, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
        frames.push(frame.to_vec());
        bytes = rest;
    }
    frames
}

#[track_caller]
fn same(index: usize, what: &str, found: &[u8], expected: &[u8]) -> Result<(), Failed> {
    if found == expected {
        return Ok(());
    }
    Err(format!("value {index}, {what}:\n{found:02x?}\nis not\n{expected:02x?}").into())
}

/// Node's values, through a graph, and back to Node, which compares them with the same values made again.
fn nodes_values(dialect: Dialect) -> Result<(), Failed> {
    let options = options(dialect);
    for seed in [1, 2] {
        let said = node(dialect, "say", seed, &[])?;
        assert_eq!(said.len(), COUNT);
        let mut ours = Vec::new();
        for (index, payload) in said.iter().enumerate() {
            let graph = Graph::decode(payload, &options).map_err(|error| format!("value {index}: {error}"))?;
            let written = graph.encode(&options)?;
            same(index, "written again", &written, payload)?;
            ours.push(written);
        }
        node(dialect, "hear", seed, &ours)?;
    }
    Ok(())
}

/// Our graphs, through Node. It has every array for a sparse one then, and gives a list back as it is.
fn our_graphs(dialect: Dialect) -> Result<(), Failed> {
    let options = options(dialect);
    let mut random = Random::new(7);
    let mut ours = Vec::new();
    for _ in 0..COUNT {
        ours.push(random.graph().encode(&options)?);
    }
    let echoed = node(dialect, "echo", 0, &ours)?;
    assert_eq!(echoed.len(), COUNT);
    for (index, (payload, echo)) in ours.iter().zip(&echoed).enumerate() {
        let back = Graph::decode(echo, &options).map_err(|error| format!("value {index}: {error}"))?;
        same(index, "echoed", &back.encode(&options)?, payload)?;
    }
    Ok(())
}

/// What JSON can say is the same value by serde and by JSON, both ways.
fn json(dialect: Dialect) -> Result<(), Failed> {
    let options = options(dialect);
    let mut random = Random::new(11);
    let values: Vec<serde_json::Value> = (0..COUNT).map(|_| random.json(4)).collect();
    let mut frames = Vec::new();
    for value in &values {
        frames.push(to_vec(value, &options)?);
        frames.push(value.to_string().into_bytes());
    }
    let answers = node(dialect, "json", 0, &frames)?;
    assert_eq!(answers.len(), COUNT);
    for (value, answer) in values.iter().zip(&answers) {
        let found: serde_json::Value = from_slice(answer, &options)?;
        assert_eq!(&found, value);
    }
    Ok(())
}
