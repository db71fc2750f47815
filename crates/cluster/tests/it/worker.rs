//! What this program does as a worker: a part for every need of the tests.

use std::process::ExitCode;

use ferronode_cluster::{Connection, Listener, listen, worker};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn play() -> ExitCode {
    let part = std::env::var("PART").unwrap_or_default();
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:0".to_owned());
    let mut listener = match listen(address.as_str()).await {
        Ok(listener) => listener,
        Err(error) => {
            let worker = worker().unwrap();
            worker.send(format!("{:?}: {error}", error.kind())).await.unwrap();
            worker.disconnect();
            worker.left().await;
            return ExitCode::from(3);
        }
    };
    match part.as_str() {
        "" => while accept_one(&mut listener).await {},
        "leave-after-one" => {
            accept_one(&mut listener).await;
            worker().unwrap().disconnect();
            while accept_one(&mut listener).await {}
        }
        "never-accept" => std::future::pending().await,
        "two-ports" => {
            let second = listen(address.as_str()).await.unwrap();
            let ports = (
                listener.local_addr().unwrap().port(),
                second.local_addr().unwrap().port(),
            );
            worker().unwrap().send(ports).await.unwrap();
            std::future::pending::<()>().await;
        }
        "echo-messages" => {
            let worker = worker().unwrap();
            while let Some(message) = worker.recv().await {
                worker.send(message.to::<String>().unwrap()).await.unwrap();
            }
        }
        other => panic!("no such part: {other}"),
    }
    drop(listener);
    worker().unwrap().left().await;
    ExitCode::SUCCESS
}

async fn accept_one(listener: &mut Listener) -> bool {
    match listener.accept().await.unwrap() {
        Some(connection) => {
            tokio::spawn(serve(connection));
            true
        }
        None => false,
    }
}

/// Says who serves, then says back what the client says, until it has said everything.
async fn serve(mut connection: Connection) {
    // A client may go away at any time: that is its own business.
    let _ = connection
        .write_all(format!("{}\n", std::process::id()).as_bytes())
        .await;
    let mut buffer = [0; 1024];
    while let Ok(length @ 1..) = connection.read(&mut buffer).await {
        let _ = connection.write_all(&buffer[..length]).await;
    }
}
