//! All workers have as many connections as they take, and more clients come: they wait, and nobody works.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use ferronode_cluster::Primary;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::clients::connect;
use crate::storms::{node, ours, start, start_with, stop};

/// How many workers, and how many connections each takes.
const WORKERS: usize = 2;
const EACH: usize = 3;
/// How long the primary is watched.
const WATCHED: Duration = Duration::from_secs(3);
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// An unmodified Node server that takes three. It answers at once and keeps the connection.
const SCRIPT: &str = "const net = require('node:net');
    const server = net.createServer((socket) => socket.on('error', () => {}).on('data', () => socket.end('served')));
    server.maxConnections = 3;
    server.listen(0, '127.0.0.1')";

pub(crate) async fn of_ours() {
    let (primary, address) = start_with(ours(), WORKERS, &[("MAX_CONNECTIONS", &EACH.to_string())]).await;
    let waited = watch(&primary, address, "ours").await;
    assert!(waited < Duration::from_millis(100), "the next waited {waited:?}");
    stop(&primary).await;
}

pub(crate) async fn of_node_workers() {
    let (settings, script) = node("full", SCRIPT);
    let (primary, address) = start(settings, WORKERS).await;
    let waited = watch(&primary, address, "Node's").await;
    // Node's workers do not say when a connection ends: they are asked again, every 100 ms at last.
    assert!(waited < Duration::from_millis(400), "the next waited {waited:?}");
    stop(&primary).await;
    std::fs::remove_file(script).unwrap();
}

/// Fills the workers, lets others wait, and says how long the next one waits when a place becomes free.
async fn watch(primary: &Primary, address: SocketAddr, whose: &str) -> Duration {
    let mut inside = Vec::new();
    for _ in 0..WORKERS * EACH {
        let client = connect(address, HERE).await.unwrap();
        inside.push(client);
    }
    let full = u64::try_from(inside.len()).unwrap();
    while primary.taken() < full {
        tokio::task::yield_now().await;
    }
    let waiting: Vec<_> = (0..10).map(|_| tokio::spawn(be_served(address))).collect();
    // not a wait: who refuses is asked less and less often, and that is how it shall be when it is watched
    tokio::time::sleep(Duration::from_millis(300)).await;

    let before = cpu();
    // not a wait: so long the primary is watched
    tokio::time::sleep(WATCHED).await;
    let percent = (cpu() - before).as_secs_f64() / WATCHED.as_secs_f64() * 100.0;
    assert_eq!(
        (primary.taken(), waiting.iter().filter(|it| it.is_finished()).count()),
        (full, 0)
    );

    let begin = Instant::now();
    drop(inside.pop());
    while primary.taken() == full {
        tokio::task::yield_now().await;
    }
    let waited = begin.elapsed();
    println!(
        "{whose}: two workers full, ten clients wait: the primary has {percent:.2} % of a CPU; then the next waits {waited:?}"
    );
    // Code that is not optimised takes some times as long.
    let most = if cfg!(debug_assertions) { 3.0 } else { 1.0 };
    assert!(percent < most, "{percent} %");
    drop(inside);
    for client in waiting {
        client.await.unwrap();
    }
    waited
}

async fn be_served(address: SocketAddr) {
    let mut stream: TcpStream = connect(address, HERE).await.unwrap();
    stream.write_all(b"?").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.ends_with(b"served"));
}

/// The CPU time of this process.
fn cpu() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let nanoseconds = tasks.map(|task| -> u64 {
        let text = std::fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap();
        text.split_whitespace().next().unwrap().parse().unwrap()
    });
    Duration::from_nanos(nanoseconds.sum())
}
