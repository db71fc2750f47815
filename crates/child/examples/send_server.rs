//! One port for several processes: the listener is made by the parent, sent to its children, and closed at home.
//!
//! `cargo run -p ferronode-child --example send_server`
//!
//! What travels is the descriptor: every child has the same queue of connections, and the kernel gives each connection to
//! whoever accepts first. A child listens nowhere; it serves what it is given.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeMap;
use std::error::Error;
use std::net::TcpListener as StdListener;

use ferronode_child::Fork;
use ferronode_ipc::{Inherited, Mode, Outgoing};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

type Anyhow<T> = Result<T, Box<dyn Error>>;

const CHILDREN: usize = 2;

fn main() -> Anyhow<()> {
    match Inherited::take()? {
        Some(inherited) => child(inherited),
        None => parent(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn parent() -> Anyhow<()> {
    let listener = StdListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let mut children = Vec::new();
    for _ in 0..CHILDREN {
        // In Node's mode a handle is acknowledged: a Node script could be the child as well.
        let child = Fork::this_program()?.serialization(Mode::Json).spawn()?;
        child
            .send(Outgoing::new("server").with_handle(listener.try_clone()?))
            .await?;
        children.push(child);
    }
    drop(listener);
    println!("the parent listens no more; its {CHILDREN} children do");

    let mut answers: BTreeMap<String, u32> = BTreeMap::new();
    // The kernel chooses who answers: ask until each child has.
    while answers.len() < CHILDREN {
        *answers.entry(ask(address).await?).or_default() += 1;
    }
    for (answer, times) in answers {
        println!("{answer}: {times}");
    }
    for child in children {
        child.disconnect();
        child.closed().await;
    }
    Ok(())
}

async fn ask(address: std::net::SocketAddr) -> Anyhow<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer.lines().last().unwrap_or_default().to_owned())
}

#[tokio::main(flavor = "current_thread")]
async fn child(inherited: Inherited) -> Anyhow<()> {
    let mut channel = inherited.open()?;
    let message = channel.recv().await?.ok_or("the parent sends a server")?;
    let server = message
        .take_handle()
        .ok_or("the server is a handle")?
        .into_tcp_listener()?;
    server.set_nonblocking(true)?;
    let server = TcpListener::from_std(server)?;
    loop {
        tokio::select! {
            accepted = server.accept() => answer(accepted?.0).await?,
            received = channel.recv() => if received?.is_none() { return Ok(()) },
        }
    }
}

/// As much of HTTP as one answer needs.
async fn answer(mut stream: TcpStream) -> Anyhow<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") && stream.read_buf(&mut request).await? > 0 {}
    let body = format!("handled by child {}", std::process::id());
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length";
    stream
        .write_all(format!("{head}: {}\r\n\r\n{body}", body.len()).as_bytes())
        .await?;
    Ok(stream.shutdown().await?)
}
