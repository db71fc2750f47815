//! What this program does as a worker: it answers each request after a moment, and accepts no more than so many at once. It
//! says no word about that to the cluster: it does not accept while it has as many. Or it stops as a whole again and again.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use ferronode_cluster::{Connection, listen, worker};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;

/// How long an answer takes: so that whoever is killed has something in hand.
const WORK: Duration = Duration::from_millis(2);

/// How long nothing runs in a worker that pauses, and after how many connections: about as long as it takes until others are
/// given what it has been given.
const PAUSE: Duration = Duration::from_millis(30);
const BEFORE_A_PAUSE: u32 = 20;

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn play() -> ExitCode {
    let most = std::env::var("MAX_CONNECTIONS").map_or(Semaphore::MAX_PERMITS, |most| most.parse().unwrap());
    let room = Arc::new(Semaphore::new(most));
    let pauses = std::env::var_os("PAUSES").is_some();
    let mut listener = listen("127.0.0.1:0").await.unwrap();
    for accepted in 1_u32.. {
        if pauses && accepted.is_multiple_of(BEFORE_A_PAUSE) {
            // not a wait: the program's own fault, that nothing else runs meanwhile
            std::thread::sleep(PAUSE);
        }
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
