//! What this program does as a worker: it answers each request after a moment, and accepts no more than so many at once. It
//! says no word about that to the cluster: it does not accept while it has as many.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use ferronode_cluster::{Connection, listen, worker};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;

/// How long an answer takes: so that whoever is killed has something in hand.
const WORK: Duration = Duration::from_millis(2);

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn play() -> ExitCode {
    let most = std::env::var("MAX_CONNECTIONS").map_or(Semaphore::MAX_PERMITS, |most| most.parse().unwrap());
    let room = Arc::new(Semaphore::new(most));
    let mut listener = listen("127.0.0.1:0").await.unwrap();
    loop {
        let place = Arc::clone(&room).acquire_owned().await.unwrap();
        let Some(connection) = listener.accept().await.unwrap() else {
            break;
        };
        tokio::spawn(async move {
            answer(connection).await;
            drop(place);
        });
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
