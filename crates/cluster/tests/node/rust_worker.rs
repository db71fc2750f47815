//! This program as a worker: it says who it is, echoes, and ends in the way that a message names. The twin of `ends.js`.

use std::path::Path;
use std::process::ExitCode;

use ferronode_cluster::{Connection, bind_udp, listen, worker};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn play() -> ExitCode {
    let address = std::env::var("ADDRESS").unwrap();
    if let Some(address) = address.strip_prefix("udp ") {
        return answer_datagrams(address).await;
    }
    let listening = if address.starts_with('/') {
        listen(Path::new(&address)).await
    } else {
        listen(address).await
    };
    let mut listener = match listening {
        Ok(listener) => listener,
        Err(error) => {
            let worker = worker().unwrap();
            worker.send(format!("{:?}", error.kind())).await.unwrap();
            worker.kill().await
        }
    };
    if std::env::var_os("ONE_AT_A_TIME").is_some() {
        listener.set_max_connections(Some(1));
    }
    tokio::spawn(obey());
    while let Some(connection) = listener.accept().await.unwrap() {
        tokio::spawn(serve(connection));
    }
    ExitCode::SUCCESS
}

async fn answer_datagrams(address: &str) -> ExitCode {
    let socket = bind_udp(address).await.unwrap();
    let mut buffer = [0; 64];
    while let Some((_, client)) = socket.recv_from(&mut buffer).await.unwrap() {
        let answer = format!("rust {}\n", std::process::id());
        socket.send_to(answer.as_bytes(), client).await.unwrap();
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
