//! Real Node on a pipe: `conformance/vectors/live.mjs`, with OpenSSL's legacy provider for DES, where Node has it.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::thread;

use ferronode_crypto_demo::cipher_info;
use libtest_mimic::Failed;
use serde_json::{Value as Json, json};

use crate::cases::Case;

/// Whether Node has single DES: it may be built without, and then refuses the flag or the cipher.
pub(crate) fn has_legacy_provider() -> bool {
    static HAS: LazyLock<bool> = LazyLock::new(|| {
        let script = "require('crypto').createCipheriv('des-ecb', Buffer.alloc(8), null)";
        let output = Command::new("node").args([LEGACY, "-e", script]).output();
        output.is_ok_and(|output| output.status.success())
    });
    *HAS
}

const LEGACY: &str = "--openssl-legacy-provider";

/// Puts all questions, and gives the answers in the same order.
pub(crate) fn ask(cases: &[Case]) -> Result<Vec<Json>, Failed> {
    let script: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "..",
        "..",
        "conformance",
        "vectors",
        "live.mjs",
    ]
    .iter()
    .collect();
    let mut node = Command::new("node")
        .args(has_legacy_provider().then_some(LEGACY))
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = node.stdin.take().ok_or("no pipe to Node")?;
    let output = node.stdout.take().ok_or("no pipe from Node")?;
    let questions: Vec<Json> = cases.iter().map(Case::question).collect();
    // Both pipes are finite: whoever only writes waits for ever.
    let writer = thread::spawn(move || questions.iter().try_for_each(|question| writeln!(input, "{question}")));
    let mut answers = Vec::new();
    for line in BufReader::new(output).lines() {
        let mut answer: Json = serde_json::from_str(&line?)?;
        answers.push(answer["expect"].take());
    }
    node.wait()?;
    writer.join().map_err(|_| "the writer panicked")??;
    Ok(answers)
}

/// Compares the table of ciphers with `getCipherInfo` of every name that Node lists.
pub(crate) fn knows_the_same_ciphers() -> Result<(), Failed> {
    let script = "
        const crypto = require('crypto');
        const known = crypto.getCiphers().map((name) => [name, crypto.getCipherInfo(name)]);
        console.log(JSON.stringify(known));";
    let output = Command::new("node").args(["-e", script]).output()?;
    let listed: Vec<(String, Json)> = serde_json::from_slice(&output.stdout)?;
    if listed.len() < 100 {
        return Err(format!("Node lists only {} ciphers", listed.len()).into());
    }
    for (name, expected) in listed {
        let info = cipher_info(&name).ok_or_else(|| format!("{name} is not known"))?;
        let mut found = json!({
            "mode": info.mode.name(), "name": info.name, "nid": info.nid, "keyLength": info.key_length,
        });
        for (field, length) in [("blockSize", info.block_size), ("ivLength", info.iv_length)] {
            if length != 0 {
                found[field] = length.into();
            }
        }
        if found != expected {
            return Err(format!("{name}\n  Node: {expected}\n  ours: {found}").into());
        }
    }
    Ok(())
}
