//! A child that sends back everything that it is sent: values, handles, questions. Its parent may be a Node script.
//!
//! `{ hold }` keeps the connection that came with it until `"release"`; `{ ask }` is asked back.
//! The suite against real Node drives it (`tests/node/parent.js`).
#![allow(clippy::print_stderr)]

use std::process::ExitCode;
use std::time::Duration;

use ferronode_ipc::{Channel, Inherited, Message, Mode, Outgoing, Receiver, Sender};
use serde_json::{Value, json};

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    let inherited = match Inherited::take() {
        Ok(Some(inherited)) => inherited,
        Ok(None) => {
            eprintln!("mirror wants a parent that forks it");
            return ExitCode::from(2);
        }
        Err(error) => {
            eprintln!("mirror: {error}");
            return ExitCode::from(2);
        }
    };
    match echo(inherited) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mirror: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn echo(inherited: Inherited) -> Outcome {
    let channel: Channel = inherited.open()?;
    let (sender, mut receiver): (Sender, Receiver) = channel.split();
    sender.send("ready").await?;
    let mut held = Vec::new();
    while let Some(message) = receiver.recv().await? {
        let value: Value = message.to().unwrap_or_default();
        if let Some(request) = message.request() {
            request.reply(value).await?;
        } else if value.get("hold").is_some() {
            held.extend(message.take_handle());
            sender.send(json!({ "held": held.len() })).await?;
        } else if value == "release" {
            held.clear();
        } else if let Some(question) = value.get("ask") {
            tokio::spawn(ask(sender.clone(), question.clone()));
        } else {
            give_back(&sender, &message, value).await?;
        }
    }
    Ok(())
}

async fn give_back(sender: &Sender, message: &Message, value: Value) -> Outcome {
    match message.take_handle() {
        Some(handle) => sender.send(Outgoing::new(value).with_handle(handle)).await?,
        // What JSON cannot say is kept by the graph.
        None if message.mode() == Mode::Advanced => sender.send_graph(&message.value()?).await?,
        None => sender.send(value).await?,
    }
    Ok(())
}

async fn ask(sender: Sender, question: Value) -> Outcome {
    let answer: Value = sender.request(question, Duration::from_secs(10)).await?.to()?;
    sender.send(json!({ "answered": answer })).await?;
    Ok(())
}
