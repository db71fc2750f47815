//! A connection that the parent has accepted is served by a child: the socket itself is sent.
//!
//! `cargo run -p ferronode-child --example send_socket`
//!
//! `send` takes the socket, and the channel holds it until the child has said that it has it. Only then is the parent's copy
//! closed: before, a closed copy could be the last one, and the client would see its connection end.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use ferronode_child::Fork;
use ferronode_ipc::{Inherited, Mode, Outgoing};

type Anyhow<T> = Result<T, Box<dyn Error>>;

fn main() -> Anyhow<()> {
    match Inherited::take()? {
        Some(inherited) => child(inherited),
        None => parent(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn parent() -> Anyhow<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    let (accepted, _) = listener.accept()?;

    let child = Fork::this_program()?.serialization(Mode::Json).spawn()?;
    let before = sockets()?;
    child.send(Outgoing::new("a client").with_handle(accepted)).await?;
    println!("sent, and the parent still has {} of {before} sockets", sockets()?);
    child.sender().flush().await;
    println!("the child has acknowledged it, and the parent has {}", sockets()?);
    child.disconnect();
    child.closed().await;

    let mut answer = String::new();
    client.read_to_string(&mut answer)?;
    println!("the client reads: {answer}");
    println!("the child was {}", child.pid());
    Ok(())
}

/// How many sockets this process has.
fn sockets() -> Anyhow<usize> {
    let mut count = 0;
    for entry in std::fs::read_dir("/proc/self/fd")? {
        // A descriptor may be gone by the time one looks.
        let link = std::fs::read_link(entry?.path()).unwrap_or_default();
        count += usize::from(link.to_string_lossy().starts_with("socket:"));
    }
    Ok(count)
}

#[tokio::main(flavor = "current_thread")]
async fn child(inherited: Inherited) -> Anyhow<()> {
    let mut channel = inherited.open()?;
    let message = channel.recv().await?.ok_or("the parent sends a client")?;
    let mut client = message
        .take_handle()
        .ok_or("the client is a handle")?
        .into_tcp_stream()?;
    client.set_nonblocking(false)?;
    client.write_all(format!("served by {}", std::process::id()).as_bytes())?;
    drop(client);
    channel.recv().await?;
    Ok(())
}
