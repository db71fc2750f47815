//! What this program does when it is forked: a part for every need of the tests.

use std::io::Write;
use std::net::TcpListener;
use std::process::ExitCode;

use ferronode_ipc::{Channel, Inherited, Outgoing};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn play(inherited: Inherited) -> ExitCode {
    let mut channel = inherited.open().unwrap();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments[0].as_str() {
        "echo" => echo(&mut channel).await,
        "say-and-exit" => {
            let count: u32 = arguments[1].parse().unwrap();
            for number in 0..count {
                channel.send(number).await.unwrap();
            }
            channel.sender().flush().await;
            return ExitCode::from(7);
        }
        "send-much" => {
            let (count, length): (u32, usize) = (arguments[1].parse().unwrap(), arguments[2].parse().unwrap());
            for number in 0..count {
                let message = Outgoing::new(number).with_body(vec![7; length]);
                channel.send(message).await.unwrap();
            }
            channel.sender().flush().await;
        }
        "send-handles" => {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            for number in 0..arguments[1].parse().unwrap() {
                let message = Outgoing::<u32>::new(number).with_handle(listener.try_clone().unwrap());
                channel.send(message).await.unwrap();
            }
            channel.sender().flush().await;
        }
        "environment" => {
            let names = [
                "NODE_CHANNEL_FD",
                "NODE_CHANNEL_SERIALIZATION_MODE",
                "NODE_UNIQUE_ID",
                "COLOR",
                "HOME",
            ];
            channel.send(names.map(|name| std::env::var(name).ok())).await.unwrap();
            channel.send(std::env::current_dir().unwrap()).await.unwrap();
            channel.sender().flush().await;
        }
        "disconnect-and-stay" => {
            // Stays until a signal ends it.
            channel.close().await;
            std::future::pending::<()>().await;
        }
        "abort" => std::process::abort(),
        "serve-one" => {
            let message = channel.recv().await.unwrap().unwrap();
            let stream = message.take_handle().unwrap().into_tcp_stream().unwrap();
            stream.set_nonblocking(false).unwrap();
            (&stream)
                .write_all(format!("hello from {}", std::process::id()).as_bytes())
                .unwrap();
        }
        part => {
            eprintln!("no such part: {part}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

async fn echo(channel: &mut Channel) {
    while let Some(message) = channel.recv().await.unwrap() {
        channel.send(message.to::<String>().unwrap()).await.unwrap();
    }
}
