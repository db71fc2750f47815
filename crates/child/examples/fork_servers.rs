//! A master and its workers, the documents' first step: one HTTP server for each core, each on a port of its own.
//!
//! `cargo run -p ferronode-child --example fork_servers`
//!
//! Each worker says on which port it listens; the master asks each of them once, and disconnects, which ends them.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::thread::available_parallelism;

use ferronode_child::{Fork, MESSAGE};
use ferronode_ipc::{Channel, Inherited};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

type Anyhow<T> = Result<T, Box<dyn Error>>;

fn main() -> Anyhow<()> {
    // First of all, while this process has one thread.
    match Inherited::take()? {
        Some(inherited) => worker(inherited),
        None => master(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn master() -> Anyhow<()> {
    let cores = available_parallelism()?.get();
    let mut workers = Vec::new();
    let (sender, mut ports) = mpsc::unbounded_channel();
    for _ in 0..cores {
        let worker = Fork::this_program()?.spawn()?;
        let sender = sender.clone();
        worker.on(MESSAGE, move |message| {
            // Whoever says no port is not asked.
            let _ = message.to::<u16>().map(|port| sender.send(port));
        });
        workers.push(worker);
    }
    for _ in 0..cores {
        let port = ports.recv().await.ok_or("the workers are gone")?;
        println!("port {port}: {}", ask(port).await?);
    }
    for worker in &workers {
        worker.disconnect();
        println!("worker {} ended with {}", worker.pid(), worker.closed().await);
    }
    Ok(())
}

async fn ask(port: u16) -> Anyhow<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer.lines().last().unwrap_or_default().to_owned())
}

#[tokio::main(flavor = "current_thread")]
async fn worker(inherited: Inherited) -> Anyhow<()> {
    let mut channel: Channel = inherited.open()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    channel.send(listener.local_addr()?.port()).await?;
    loop {
        tokio::select! {
            accepted = listener.accept() => answer(accepted?.0).await?,
            received = channel.recv() => if received?.is_none() { return Ok(()) },
        }
    }
}

/// As much of HTTP as one answer needs.
async fn answer(mut stream: TcpStream) -> Anyhow<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") && stream.read_buf(&mut request).await? > 0 {}
    let body = format!("hello from worker {}", std::process::id());
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length";
    stream
        .write_all(format!("{head}: {}\r\n\r\n{body}", body.len()).as_bytes())
        .await?;
    Ok(stream.shutdown().await?)
}
