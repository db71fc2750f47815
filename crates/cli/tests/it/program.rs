//! The program under test, and a client of it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;

/// No wait is longer than this: what takes longer has failed.
const SOON: Duration = Duration::from_secs(20);

/// A demonstration that runs, on a port of its own. Dropping it kills it.
pub(crate) struct Demo {
    child: Child,
    events: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
    /// The pids of workers that have said that they listen, in that order.
    pub(crate) listening: Vec<u32>,
}

pub(crate) fn ferronode() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ferronode"))
}

impl Demo {
    /// Starts it, and waits until all its workers listen.
    pub(crate) fn start(workers: usize) -> Self {
        let mut command = ferronode();
        command.args(["demo", "--port", "0", "--json", "--workers", &workers.to_string()]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let events = BufReader::new(child.stdout.take().unwrap());
        let mut demo = Self {
            child,
            events,
            address: ([127, 0, 0, 1], 0).into(),
            listening: Vec::new(),
        };
        let primary = demo.until("primary");
        assert_eq!(primary["pid"], demo.pid());
        demo.address
            .set_port(u16::try_from(primary["port"].as_u64().unwrap()).unwrap());
        while demo.listening.len() < workers {
            demo.until("listening");
        }
        demo
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Reads what it reports until this event comes.
    pub(crate) fn until(&mut self, name: &str) -> Value {
        loop {
            let mut line = String::new();
            self.events.read_line(&mut line).unwrap();
            let event: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line:?}"));
            if event["event"] == "listening" {
                self.listening.push(pid(&event));
            }
            if event["event"] == name {
                return event;
            }
        }
    }

    /// What it reports from now to its end.
    pub(crate) fn rest(&mut self) -> Vec<Value> {
        let mut text = String::new();
        self.events.read_to_string(&mut text).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// How many descriptors the primary has open.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.pid())).unwrap().count()
    }

    /// The primary's children, zombies included.
    pub(crate) fn children(&self) -> BTreeSet<u32> {
        let text = fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.pid())).unwrap();
        text.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended: all that matters is that it is gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn pid(event: &Value) -> u32 {
    u32::try_from(event["pid"].as_u64().unwrap()).unwrap()
}

/// Sends a signal, by its name without SIG.
pub(crate) fn signal(name: &str, pid: u32) {
    assert!(
        Command::new("kill")
            .args(["-s", name, &pid.to_string()])
            .status()
            .unwrap()
            .success()
    );
}

/// Whether a process runs: not gone, and no zombie.
pub(crate) fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

pub(crate) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, SOON)?;
    stream.set_read_timeout(Some(SOON))?;
    Ok(stream)
}

/// Asks on a connection that is kept, and returns the body.
pub(crate) fn ask(stream: &mut TcpStream) -> io::Result<String> {
    stream.write_all(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n")?;
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        // A socket with a time limit is interrupted by whatever stops and continues this process.
        let length = match stream.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        answer.extend_from_slice(&buffer[..length]);
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let expected = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .unwrap();
        if body.len() == expected.parse::<usize>().unwrap() {
            return Ok(body.to_owned());
        }
    }
}

/// Opens a connection, asks, and returns the pid of the worker that answered.
pub(crate) fn ask_once(address: SocketAddr) -> io::Result<u32> {
    let body = ask(&mut connect(address)?)?;
    Ok(body.strip_prefix("hello from worker ").unwrap().parse().unwrap())
}
