//! One worker per core behind one port: the documents' first cluster.
//!
//! `cargo run -p ferronode-cluster --example hello`, then `curl http://127.0.0.1:8000` a few times.
//! The workers' code is the module [`server`], which knows nothing of clusters: run alone it would just listen.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::thread::available_parallelism;

use ferronode_cluster::{EXIT, LISTENING, Primary, is_primary};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    if !is_primary() {
        return Ok(server::run().await?);
    }
    let primary = Primary::new();
    primary.on(LISTENING, |told| {
        println!("worker {} listens on {}", told.worker.pid(), told.address);
    });
    primary.on(EXIT, |told| {
        println!("worker {} ended: {}", told.worker.pid(), told.exit);
    });
    let workers = available_parallelism().map_or(1, usize::from);
    let workers = (0..workers).map(|_| primary.fork()).collect::<Result<Vec<_>, _>>()?;
    for worker in workers {
        worker.exited().await;
    }
    Ok(())
}

/// A server of one's own: `HOST` and `PORT` say where it listens.
mod server {
    use std::{env, io, process};

    use ferronode_cluster::{Connection, listen};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    pub(crate) async fn run() -> io::Result<()> {
        let host = env::var("HOST").unwrap_or_else(|_| "127.0.0.1".to_owned());
        let port = env::var("PORT").unwrap_or_else(|_| "8000".to_owned());
        let mut listener = listen(format!("{host}:{port}")).await?;
        while let Some(connection) = listener.accept().await? {
            tokio::spawn(serve(connection));
        }
        Ok(())
    }

    /// One request, one answer: enough HTTP for a greeting.
    async fn serve(mut connection: Connection) -> io::Result<()> {
        let mut request = [0; 4096];
        if connection.read(&mut request).await? > 0 {
            let body = format!("hello from worker {}", process::id());
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            connection.write_all((head + &body).as_bytes()).await?;
        }
        Ok(())
    }
}
