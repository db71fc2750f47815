//! What this program does as a worker: a part for every need of the tests.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use ferronode_cluster::proto::{Frame, Message, Query};
use ferronode_cluster::{Connection, Listener, bind_udp, listen, worker};
use ferronode_ipc::{Inherited, Outgoing};
use futures_util::StreamExt;
use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn play() -> ExitCode {
    let part = std::env::var("PART").unwrap_or_default();
    if part == "udp" {
        return echo_datagrams().await;
    }
    let mut listener = match listen_somewhere().await {
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
        "" | "everywhere" => while accept_one(&mut listener).await {},
        "stream" => {
            let mut incoming = listener.into_incoming();
            while let Some(connection) = incoming.next().await {
                tokio::spawn(serve(connection.unwrap()));
            }
            return ExitCode::SUCCESS;
        }
        "axum" => return serve_axum(listener).await,
        "most-one" => {
            listener.set_max_connections(Some(1));
            while accept_one(&mut listener).await {}
        }
        "leave-after-one" => {
            accept_one(&mut listener).await;
            worker().unwrap().disconnect();
            while accept_one(&mut listener).await {}
        }
        "close-after-one" => {
            worker().unwrap().recv().await;
            let connection = listener.accept().await.unwrap().unwrap();
            drop(listener);
            serve(connection).await;
            std::future::pending::<()>().await;
        }
        "kill-itself" => {
            accept_one(&mut listener).await;
            worker().unwrap().kill().await;
        }
        "never-accept" => std::future::pending().await,
        "accept-when-told" => {
            let worker = worker().unwrap();
            while worker.recv().await.is_some() {
                accept_one(&mut listener).await;
            }
        }
        "no-descriptors" => no_descriptors(&mut listener).await,
        "two-ports" => {
            let second = listen_somewhere().await.unwrap();
            let ports = (
                listener.local_addr().unwrap().port(),
                second.local_addr().unwrap().port(),
            );
            worker().unwrap().send(ports).await.unwrap();
            std::future::pending::<()>().await;
        }
        "count-messages" => {
            // The word to leave comes behind all that is to be counted.
            let worker = worker().unwrap();
            worker.leaving().await;
            let mut count = 0;
            while worker.recv().await.is_some() {
                count += 1;
            }
            return ExitCode::from(count);
        }
        "echo-messages" => {
            let worker = worker().unwrap();
            while let Some(message) = worker.recv().await {
                worker.send(message.to::<String>().unwrap()).await.unwrap();
            }
        }
        other => panic!("no such part: {other}"),
    }
    ExitCode::SUCCESS
}

/// Has all descriptors in use until it is told to go on; says how often `accept` has failed meanwhile.
async fn no_descriptors(listener: &mut Listener) {
    let worker = worker().unwrap();
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, 64, hard).unwrap();
    let mut files: Vec<_> = std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect();
    let mut failed = 0;
    loop {
        tokio::select! {
            biased;
            message = worker.recv() => match message {
                Some(_) => {
                    files.clear();
                    worker.send(failed).await.unwrap();
                }
                None => return,
            },
            accepted = listener.accept() => match accepted {
                Ok(Some(connection)) => drop(tokio::spawn(serve(connection))),
                Ok(None) => return,
                Err(error) => {
                    assert_eq!(error.raw_os_error(), Some(Errno::EMFILE as i32));
                    failed += 1;
                    tokio::task::yield_now().await;
                }
            },
        }
    }
}

/// Asks the primary again and again, and reads no answer.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn never_read() -> ExitCode {
    let inherited = Inherited::take().unwrap().unwrap();
    let (sender, _receiver) = inherited.open().unwrap().split();
    let nowhere = Query {
        address: Some("nowhere".to_owned()),
        ..Query::tcp(([127, 0, 0, 1], 1).into())
    };
    for seq in 0.. {
        let frame = Frame {
            seq,
            ack: None,
            message: Message::Query(nowhere.clone()),
        };
        if sender.send(Outgoing::internal(frame)).await.is_err() {
            break;
        }
    }
    ExitCode::SUCCESS
}

/// Listens where `ADDRESS` says: a path, or a TCP address.
async fn listen_somewhere() -> io::Result<Listener> {
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:0".to_owned());
    if std::env::var("PART").as_deref() == Ok("everywhere") {
        listen(0).await
    } else if address.starts_with('/') {
        listen(Path::new(&address)).await
    } else {
        listen(address).await
    }
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

/// Answers a datagram with who has got it.
async fn echo_datagrams() -> ExitCode {
    let socket = bind_udp("127.0.0.1:0").await.unwrap();
    let mut buffer = [0; 64];
    while let Some((_, client)) = socket.recv_from(&mut buffer).await.unwrap() {
        let answer = std::process::id().to_string();
        socket.send_to(answer.as_bytes(), client).await.unwrap();
    }
    ExitCode::SUCCESS
}

/// Says back the body of a request, when it has come whole.
async fn serve_axum(listener: Listener) -> ExitCode {
    let app = axum::Router::new().route("/", axum::routing::post(|body: String| async { body }));
    let closed = listener.closed();
    axum::serve(listener, app).with_graceful_shutdown(closed).await.unwrap();
    ExitCode::SUCCESS
}
