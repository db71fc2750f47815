//! Children that are Node scripts, which know nothing of Rust.
//!
//! Each case needs `node`: without it the cases are ignored, or fail if `FERRONODE_REQUIRE` names it.
#![allow(clippy::unwrap_used)]

use std::net::TcpListener;
use std::process::ExitCode;

use ferronode_child::{ChildProcess, EXIT, Exit, Fork, MESSAGE, Signal};
use ferronode_ipc::{Mode, Outgoing};
use fixtures::with_node;
use libtest_mimic::{Arguments, Failed};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;

fn main() -> ExitCode {
    let trials = vec![
        with_node("typed_messages_go_to_a_script_and_come_back", || run(messages())),
        with_node("a_script_in_a_file_is_told_its_arguments", || run(script_in_a_file())),
        with_node("a_listener_is_served_by_a_script", || run(listener())),
        with_node("what_a_script_says_before_it_fails_is_heard", || run(failure())),
        with_node("a_signal_that_a_script_listens_to_does_not_end_it", || run(signal())),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn run(case: impl Future<Output = ()>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { tokio::time::timeout(std::time::Duration::from_secs(30), case).await })?;
    Ok(())
}

/// A child that runs `script`.
fn node(script: &str) -> Fork {
    let mut fork = Fork::new("node");
    fork.args(["-e", script, "a word"]);
    fork
}

fn messages_of<T: DeserializeOwned + Send + 'static>(child: &ChildProcess) -> mpsc::UnboundedReceiver<T> {
    let (sender, receiver) = mpsc::unbounded_channel();
    child.on(MESSAGE, move |message| {
        // The test may have seen enough.
        let _ = sender.send(message.to().unwrap());
    });
    receiver
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Question {
    text: String,
    numbers: Vec<f64>,
}

async fn messages() {
    let script = "process.on('message', (m) => process.send({ text: m.text + '!', numbers: m.numbers.reverse() }))";
    for mode in [Mode::Json, Mode::Advanced] {
        let child = node(script).serialization(mode).spawn().unwrap();
        questions_to(&child).await;
        child.disconnect();
        assert_eq!(child.closed().await, Exit::Code(0));
    }
}

async fn questions_to(child: &ChildProcess) {
    let mut answers = messages_of::<Question>(child);
    for text in ["€uro", "line\nfeed", ""] {
        let numbers = vec![1.0, -0.5, 1e21];
        let text = text.to_owned();
        child
            .send(Question {
                text: text.clone(),
                numbers,
            })
            .await
            .unwrap();
        let numbers = vec![1e21, -0.5, 1.0];
        let expected = Question {
            text: text + "!",
            numbers,
        };
        assert_eq!(answers.recv().await.unwrap(), expected);
    }
}

async fn script_in_a_file() {
    let file = std::env::temp_dir().join(format!("ferronode-script-{}.js", std::process::id()));
    std::fs::write(&file, "process.send([...process.argv.slice(2), process.env.COLOR])").unwrap();
    let child = Fork::script(&file)
        .args(["one", "two words"])
        .env("COLOR", "red")
        .spawn()
        .unwrap();
    let mut words = messages_of::<[String; 3]>(&child);
    assert_eq!(words.recv().await.unwrap(), ["one", "two words", "red"]);
    assert_eq!(child.closed().await, Exit::Code(0));
    std::fs::remove_file(&file).unwrap();
}

async fn listener() {
    let script = "process.on('message', (m, server) => server.on('connection', (socket) => socket.end('from Node')))";
    let child = node(script).spawn().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    child.send(Outgoing::new("server").with_handle(listener)).await.unwrap();
    let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
    let mut text = String::new();
    client.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "from Node");
    child.kill(Signal::KILL).unwrap();
    child.closed().await;
}

async fn failure() {
    let child = node("console.log('about to fail'); process.send(1); throw new Error('on purpose')")
        .silent()
        .spawn()
        .unwrap();
    let mut numbers = messages_of::<u32>(&child);
    let mut lines = child.stdout().unwrap().lines();
    assert_eq!(lines.next().await.unwrap().as_deref(), Some("about to fail"));
    assert_eq!(numbers.recv().await, Some(1));
    assert_eq!(child.closed().await, Exit::Code(1));
    let mut errors = child.stderr().unwrap().lines();
    let mut is_named = false;
    while let Some(line) = errors.next().await.unwrap() {
        is_named |= line.contains("Error: on purpose");
    }
    assert!(is_named);
}

async fn signal() {
    let script = "
        const stays = setInterval(() => {}, 1000);
        process.on('SIGTERM', () => {
            clearInterval(stays);
            process.send('heard it', () => process.disconnect());
        });
        process.send('ready')";
    let child = node(script).spawn().unwrap();
    let mut words = messages_of::<String>(&child);
    assert_eq!(words.recv().await.as_deref(), Some("ready"));
    assert!(child.kill(Signal::TERM).unwrap());
    assert_eq!(words.recv().await.as_deref(), Some("heard it"));
    let (sender, mut ended) = mpsc::unbounded_channel();
    child.on(EXIT, move |exit| sender.send(*exit).unwrap());
    assert_eq!(ended.recv().await, Some(Exit::Code(0)));
}
