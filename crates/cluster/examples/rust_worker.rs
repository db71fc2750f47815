//! A hello-world server that knows nothing of clusters but the word `listen`: `HOST` and `PORT` say where.
//!
//! Alone:                   `PORT=8000 cargo run --release -p ferronode-cluster --example rust_worker`
//! Under Node's cluster:    `node crates/cluster/examples/node_primary.js target/release/examples/rust_worker`
//! Under a primary of ours: as the program of its `Settings`.
//!
//! SIGTERM: it accepts no more, finishes what it has, and exits with 0.
#![allow(clippy::print_stderr)]

use std::convert::Infallible;
use std::env;
use std::io;
use std::process::ExitCode;

use ferronode_cluster::{Connection, Listener, listen, worker};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rust_worker: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> io::Result<()> {
    let host = env::var("HOST").unwrap_or_else(|_| "127.0.0.1".to_owned());
    let port = env::var("PORT").unwrap_or_else(|_| "8000".to_owned());
    let listener = listen(format!("{host}:{port}")).await?;
    if worker().is_none() {
        eprintln!("rust_worker: listens on {}", listener.local_addr()?);
    }
    accept_all(listener).await
}

/// Accepts until it is told to stop, then waits for the connections that are open.
async fn accept_all(mut listener: Listener) -> io::Result<()> {
    // Each connection has a receiver: when the last is gone, so are they.
    let ending = watch::Sender::new(());
    let mut terminate = signal(SignalKind::terminate())?;
    loop {
        tokio::select! {
            connection = listener.accept() => match connection? {
                Some(connection) => _ = tokio::spawn(answer_all(connection, listener.closed(), ending.subscribe())),
                None => break,
            },
            _ = terminate.recv() => match worker() {
                // The listener ends when all connections have.
                Some(worker) => worker.disconnect(),
                None => break,
            },
        }
    }
    drop(listener);
    _ = ending.send(());
    ending.closed().await;
    Ok(())
}

/// One connection, request after request, until its client or this program has had enough.
async fn answer_all(connection: Connection, closed: impl Future<Output = ()>, mut ending: watch::Receiver<()>) {
    let service =
        service_fn(|_: Request<Incoming>| async { Ok::<_, Infallible>(Response::new("hello world\n".to_owned())) });
    let serving = http1::Builder::new().serve_connection(TokioIo::new(connection), service);
    tokio::pin!(serving);
    let leaving = async {
        tokio::select! {
            () = closed => {}
            _ = ending.changed() => {}
        }
    };
    // How a client ends its connection is its own business.
    tokio::select! {
        _ = serving.as_mut() => {}
        () = leaving => {
            serving.as_mut().graceful_shutdown();
            _ = serving.await;
        }
    }
}
