//! A long computation in the event loop, and in a forked child: who waits for it?
//!
//! The document's server adds up to ten billion when somebody asks for `/compute`, and says: everybody else waits for so
//! long too, since there is one thread. Its remedy is `fork`: a child computes, and sends its result as a message.
//! (There the sum is answered as the text `Sum is ${sum}`, in quotes that put nothing in; and `ok` is written after it.)
//!
//! `cargo run --release -p ferronode-cluster --example compute [-- MILLISECONDS]`
//!
//! To be seen: while `/compute` runs in the loop, `/` takes as long as it does; while a child computes, `/` takes no time.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use ferronode_child::{Fork, MESSAGE};
use ferronode_cluster::{Connection, listen};
use ferronode_ipc::Inherited;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

type Anyhow<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Anyhow<()> {
    // First of all, while this process has one thread.
    if let Some(inherited) = Inherited::take()? {
        return compute_for_parent(inherited);
    }
    let milliseconds = std::env::args().nth(1).map_or(Ok(1000), |text| text.parse())?;
    serve(Duration::from_millis(milliseconds))
}

/// The document counts to a number; here it is counted for a time, which is the same on every machine.
fn computation(time: Duration) -> u64 {
    let (start, mut sum) = (Instant::now(), 0_u64);
    while start.elapsed() < time {
        sum = (0..10_000).fold(sum, |sum, number| black_box(sum.wrapping_add(number)));
    }
    sum
}

#[tokio::main(flavor = "current_thread")]
async fn serve(time: Duration) -> Anyhow<()> {
    let mut listener = listen("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    // Clients are no part of the loop that they watch.
    let watch = thread::spawn(move || watch(address, time));
    while !watch.is_finished() {
        tokio::select! {
            connection = listener.accept() => if let Some(connection) = connection? {
                tokio::spawn(answer_all(connection, time));
            },
            // Somebody has to look whether the clients have gone.
            () = tokio::time::sleep(Duration::from_millis(50)) => {}
        }
    }
    watch.join().map_err(|_| "the clients have failed")?
}

async fn answer_all(connection: Connection, time: Duration) -> Result<(), hyper::Error> {
    let service = service_fn(move |request: Request<Incoming>| async move {
        let body = match request.uri().path() {
            "/compute" => format!("sum is {}", computation(time)),
            "/fork" => {
                let sum = computation_in_child(time).await.map_err(io::Error::other)?;
                format!("sum is {sum}")
            }
            _ => "ok".to_owned(),
        };
        Ok::<_, io::Error>(Response::new(body))
    });
    http1::Builder::new()
        .serve_connection(TokioIo::new(connection), service)
        .await
}

/// The parent's half: sends what is to be done, and waits for the result as for any other event.
async fn computation_in_child(time: Duration) -> Anyhow<u64> {
    let child = Fork::this_program()?.spawn()?;
    let (sender, result) = oneshot::channel();
    let sender = Mutex::new(Some(sender));
    child.once(MESSAGE, move |message| {
        let sender = sender.lock().ok().and_then(|mut sender| sender.take());
        _ = sender.map(|sender| sender.send(message.to::<u64>()));
    });
    child.send(time).await?;
    let sum = result.await??;
    child.disconnect();
    println!(
        "child {} has computed, and ended with {}",
        child.pid(),
        child.closed().await
    );
    Ok(sum)
}

/// The child's half.
#[tokio::main(flavor = "current_thread")]
async fn compute_for_parent(inherited: Inherited) -> Anyhow<()> {
    let mut channel = inherited.open()?;
    while let Some(message) = channel.recv().await? {
        channel.send(computation(message.to()?)).await?;
    }
    Ok(())
}

/// Asks for a computation, and soon after for something that needs none.
fn watch(address: SocketAddr, time: Duration) -> Anyhow<()> {
    for (path, place) in [("/compute", "in the event loop"), ("/fork", "in a forked child")] {
        let computing = thread::spawn(move || get(address, path));
        thread::sleep(time / 4);
        let (meanwhile, _) = get(address, "/")?;
        let (whole, sum) = computing.join().map_err(|_| "a client has failed")??;
        println!("{place}: {sum}, after {whole} ms; / took {meanwhile} ms meanwhile");
    }
    Ok(())
}

/// Asks for a path: how many milliseconds it took, and the answer.
fn get(address: SocketAddr, path: &str) -> io::Result<(u128, String)> {
    let start = Instant::now();
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.lines().last().unwrap_or_default();
    Ok((start.elapsed().as_millis(), body.to_owned()))
}
