//! This program as a worker: it says who it is, echoes, and ends in the way that a message names. The twin of `ends.js`.

use std::path::Path;
use std::process::ExitCode;

use ferronode_cluster::{Connection, listen, worker};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn play() -> ExitCode {
    let address = std::env::var("ADDRESS").unwrap();
    let listening = if address.starts_with('/') {
        listen(Path::new(&address)).await
    } else {
        listen(address).await
    };
    let mut listener = listening.unwrap();
    tokio::spawn(obey());
    while let Some(connection) = listener.accept().await.unwrap() {
        tokio::spawn(serve(connection));
    }
    ExitCode::SUCCESS
}

async fn obey() {
    let worker = worker().unwrap();
    while let Some(message) = worker.recv().await {
        let way = message.to::<String>().unwrap();
        worker.send(way.as_str()).await.unwrap();
        match way.as_str() {
            "disconnect" => worker.disconnect(),
            "kill" => worker.kill().await,
            other => panic!("no such way: {other}"),
        }
    }
}

async fn serve(mut connection: Connection) {
    // A client may go away at any time: that is its own business.
    let _ = connection
        .write_all(format!("rust {}\n", std::process::id()).as_bytes())
        .await;
    let mut buffer = [0; 1024];
    while let Ok(length @ 1..) = connection.read(&mut buffer).await {
        let _ = connection.write_all(&buffer[..length]).await;
    }
}
