//! The two examples that others drive: `node_workers` and `rust_worker`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use ferronode_cluster::Signal;
use ferronode_sys::PidFd;
use fixtures::example;
use libtest_mimic::Failed;

/// A program whose lines are read. It is killed if the case fails before its end.
struct Program {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Program {
    fn start(command: &mut Command) -> Result<Self, Failed> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("it is piped")?).lines();
        Ok(Self { child, lines })
    }

    /// The next line that has `text` in it, word by word.
    fn line(&mut self, text: &str) -> Result<Vec<String>, Failed> {
        for line in &mut self.lines {
            let line = line?;
            if line.contains(text) {
                return Ok(line.split_whitespace().map(str::to_owned).collect());
            }
        }
        Err(format!("it ended before it said {text:?}").into())
    }

    fn end(mut self) -> Result<ExitStatus, Failed> {
        PidFd::open(self.child.id())?.send_signal(Signal::TERM)?;
        Ok(self.child.wait()?)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Nothing to do for one that has ended.
        _ = self.child.kill();
        _ = self.child.wait();
    }
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
    let address = program.line("listens on")?.remove(4);
    program.line("listens on")?;
    let victim = get(&address)?;
    PidFd::open(victim.parse()?)?.send_signal(Signal::KILL)?;
    assert_eq!(program.line("ended: SIGKILL")?[1], victim);
    let successor = program.line("listens on")?;
    assert_ne!(successor[1], victim);
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
    let mut command = Command::new("node");
    command.env("PORT", "0").arg(script).arg(example("rust_worker"));
    let mut program = Program::start(&mut command)?;
    let port = program.line("listens on")?.remove(4);
    program.line("listens on")?;
    let mut said: Vec<String> = (0..4)
        .map(|_| get(&format!("127.0.0.1:{port}")))
        .collect::<Result<_, _>>()?;
    said.sort();
    assert_eq!(
        said,
        ["hello from Node", "hello from Node", "hello world", "hello world"]
    );
    let status = program.end()?;
    if status.code() == Some(0) {
        Ok(())
    } else {
        Err(format!("it ended with {status}").into())
    }
}
