//! The two examples that others drive: `node_workers` and `rust_worker`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

use ferronode_cluster::Signal;
use ferronode_sys::PidFd;
use fixtures::{example, node};
use libtest_mimic::Failed;

use crate::program::Program;

fn word(line: &str, nth: usize) -> Result<String, Failed> {
    let word = line.split_whitespace().nth(nth);
    Ok(word.ok_or_else(|| format!("no word {nth} in {line:?}"))?.to_owned())
}

fn get(address: &str) -> Result<String, Failed> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    Ok(body.trim().to_owned())
}

/// A worker that is killed is replaced; SIGTERM ends all, and the exit code is 0.
pub(crate) fn node_workers(policy: &str, mode: &str) -> Result<(), Failed> {
    let name = format!("ferronode-node-workers-{policy}-{mode}-{}.js", std::process::id());
    let script: PathBuf = std::env::temp_dir().join(name);
    std::fs::write(
        &script,
        "require('http').createServer((_, answer) => answer.end('' + process.pid)).listen(0, '127.0.0.1')",
    )?;
    let mut command = Command::new(example("node_workers"));
    command
        .args(["--workers", "2", "--policy", policy, "--mode", mode])
        .arg(&script);
    let mut program = Program::start(&mut command)?;
    let address = word(&program.line("listens on")?, 4)?;
    program.line("listens on")?;
    let victim = get(&address)?;
    PidFd::open(victim.parse()?)?.send_signal(Signal::KILL)?;
    assert_eq!(word(&program.line("ended: SIGKILL")?, 1)?, victim);
    assert_ne!(word(&program.line("listens on")?, 1)?, victim);
    for _ in 0..4 {
        assert_ne!(get(&address)?, victim);
    }
    let status = program.end()?;
    std::fs::remove_file(script)?;
    if status.code() == Some(0) {
        Ok(())
    } else {
        Err(format!("it ended with {status}").into())
    }
}

/// Node's cluster has a Rust worker and a Node worker behind one port.
pub(crate) fn rust_worker_beside_node() -> Result<(), Failed> {
    let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "examples", "node_primary.js"]
        .iter()
        .collect();
    let mut command = node();
    command.env("PORT", "0").arg(script).arg(example("rust_worker"));
    let mut program = Program::start(&mut command)?;
    let port = word(&program.line("listens on")?, 4)?;
    program.line("listens on")?;
    let mut said: Vec<String> = (0..4)
        .map(|_| get(&format!("127.0.0.1:{port}")))
        .collect::<Result<_, _>>()?;
    said.sort();
    assert_eq!(
        said,
        ["hello from Node", "hello from Node", "hello world", "hello world"]
    );
    // Connections that are open and idle hold nobody: either kind of worker ends them.
    let mut idle = [keep_alive(&port)?, keep_alive(&port)?];
    let status = program.end()?;
    for stream in &mut idle {
        assert_eq!(stream.read(&mut [0; 1])?, 0);
    }
    if status.code() == Some(0) {
        Ok(())
    } else {
        Err(format!("it ended with {status}").into())
    }
}

/// Asks once, and keeps the connection.
fn keep_alive(port: &str) -> Result<TcpStream, Failed> {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}"))?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n")?;
    let mut answer = String::new();
    while !answer.contains("hello") {
        let mut buffer = [0; 512];
        let length = stream.read(&mut buffer)?;
        assert_ne!(length, 0, "it is cut off");
        answer += &String::from_utf8_lossy(&buffer[..length]);
    }
    Ok(stream)
}
