//! A parent and a child that greet each other: the documents' `parent.js` and `sub.js`.
//!
//! The parent sends `{ hello: "child" }`, the child answers `{ hello: "parent" }` and says which argument it was given;
//! then the parent disconnects, the child sees it and exits, and the parent sees that.
#![allow(clippy::print_stdout)]

use std::error::Error;

use ferronode_child::{Fork, MESSAGE};
use ferronode_ipc::Inherited;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct Greeting {
    hello: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    match Inherited::take()? {
        Some(inherited) => child(inherited),
        None => parent(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn parent() -> Result<(), Box<dyn Error>> {
    let child = Fork::this_program()?.arg("an argument").spawn()?;
    let sender = child.sender().clone();
    child.on(MESSAGE, move |message| match message.to::<Greeting>() {
        Ok(greeting) => {
            println!("parent got message: {greeting:?}");
            sender.disconnect();
        }
        Err(error) => println!("parent got something else: {error}"),
    });
    child
        .send(Greeting {
            hello: "child".to_owned(),
        })
        .await?;
    println!("child ended with {}", child.closed().await);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn child(inherited: Inherited) -> Result<(), Box<dyn Error>> {
    println!(
        "child was started with {:?}",
        std::env::args().nth(1).unwrap_or_default()
    );
    let mut channel = inherited.open()?;
    while let Some(message) = channel.recv().await? {
        println!("child got message: {:?}", message.to::<Greeting>()?);
        channel
            .send(Greeting {
                hello: "parent".to_owned(),
            })
            .await?;
    }
    Ok(())
}
