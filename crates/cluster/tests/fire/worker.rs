//! What this program does as a worker: it answers each request after a moment, or holds so many connections and no more.

use std::process::ExitCode;
use std::time::Duration;

use ferronode_cluster::{Connection, listen, worker};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// How long an answer takes: so that whoever is killed has something in hand.
const WORK: Duration = Duration::from_millis(2);

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn play() -> ExitCode {
    let most = std::env::var("MAX_CONNECTIONS").map(|most| most.parse().unwrap());
    let mut listener = listen("127.0.0.1:0").await.unwrap();
    listener.set_max_connections(most.ok());
    while let Some(connection) = listener.accept().await.unwrap() {
        tokio::spawn(answer(connection));
    }
    drop(listener);
    worker().unwrap().left().await;
    ExitCode::SUCCESS
}

/// One request, one answer; then whatever the client has to say until it goes.
async fn answer(mut connection: Connection) {
    let mut request = [0; 256];
    // A client may go away at any time: that is its own business.
    if !matches!(connection.read(&mut request).await, Ok(1..)) {
        return;
    }
    // not a wait: the work
    tokio::time::sleep(WORK).await;
    _ = connection
        .write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nserved")
        .await;
}
