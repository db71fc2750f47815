//! What a worker may listen with, and how it ends.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ferronode_cluster::proto::Query;
use ferronode_cluster::{Address, Policy, Primary, Settings, bind_udp, listen};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UdpSocket, UnixStream};
use tokio::sync::mpsc;

use crate::serving::{ask, start, stop};

fixtures::trials! {
    workers_share_a_unix_socket,
    a_unix_socket_that_the_primary_has_bound_waits_for_its_workers,
    a_worker_may_listen_at_every_address_and_with_options,
    workers_share_a_udp_socket,
    a_listener_ends_when_its_connections_have_ended,
    connections_come_as_a_stream,
    axums_server_finishes_what_it_has_and_ends_what_is_idle,
    a_worker_gets_as_many_connections_as_it_wants_and_no_more,
    alone_it_listens_everywhere_that_workers_do,
    alone_a_listener_takes_as_many_connections_as_it_wants,
}

const POLICIES: [Policy; 2] = [Policy::RoundRobin, Policy::Shared];

fn primary(policy: Policy) -> Primary {
    let mut settings = Settings::this_program().unwrap();
    settings.policy = policy;
    Primary::with_settings(settings)
}

/// Starts a worker that plays a part, and says where it listens.
async fn start_at(primary: &Primary, env: &[(&str, &str)]) -> Address {
    let (sender, mut listening) = mpsc::unbounded_channel();
    let id = primary.on(ferronode_cluster::LISTENING, move |told| {
        _ = sender.send(told.address.clone());
    });
    primary.fork_with_env(env.iter().copied()).unwrap();
    let address = listening.recv().await.unwrap();
    primary.remove(id);
    address
}

async fn ask_unix(path: &Path) -> (u32, BufReader<UnixStream>) {
    let mut stream = BufReader::new(UnixStream::connect(path).await.unwrap());
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    (line.trim().parse().unwrap(), stream)
}

fn free_path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("ferronode-{name}-{}", std::process::id()))
}

async fn workers_share_a_unix_socket() {
    let path = free_path("shared");
    for policy in POLICIES {
        let primary = primary(policy);
        let env = [("ADDRESS", path.to_str().unwrap())];
        for _ in 0..2 {
            assert_eq!(start_at(&primary, &env).await, Address::Unix(path.clone()));
        }
        let mut counts = BTreeMap::new();
        for _ in 0..10 {
            let (pid, mut client) = ask_unix(&path).await;
            client.write_all(b"hello").await.unwrap();
            let mut answer = [0; 5];
            client.read_exact(&mut answer).await.unwrap();
            assert_eq!(&answer, b"hello");
            *counts.entry(pid).or_insert(0) += 1;
        }
        if matches!(policy, Policy::RoundRobin) {
            assert_eq!(counts.values().collect::<Vec<_>>(), [&5, &5]);
        }
        let workers = primary.workers();
        primary.disconnect().await;
        for worker in workers {
            assert_eq!(worker.exited().await.code(), Some(0));
        }
        assert!(!path.exists(), "as Node does");
    }
}

async fn a_unix_socket_that_the_primary_has_bound_waits_for_its_workers() {
    let path = free_path("bound");
    for policy in POLICIES {
        let primary = primary(policy);
        primary.bind_unix(&path).unwrap();
        let error = Primary::new().bind_unix(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        let early = tokio::spawn({
            let path = path.clone();
            async move { ask_unix(&path).await.0 }
        });
        start_at(&primary, &[("ADDRESS", path.to_str().unwrap())]).await;
        assert_eq!(early.await.unwrap(), primary.workers()[0].pid());
        primary.disconnect().await;
        assert!(!path.exists());
    }
}

async fn a_worker_may_listen_at_every_address_and_with_options() {
    let primary = primary(Policy::RoundRobin);
    let everywhere = primary.bind(0).unwrap();
    start(&primary, "everywhere").await;
    for client in [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)] {
        ask((client, everywhere.port()).into()).await;
    }
    stop(&primary).await;

    let query = Query {
        flags: Some(1), // IPv6 alone
        ..Query::tcp("[::]:0".parse().unwrap())
    };
    let alone = listen(query).await.unwrap();
    let port = alone.local_addr().unwrap().port();
    TcpStream::connect((Ipv6Addr::LOCALHOST, port)).await.unwrap();
    let refused = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

async fn workers_share_a_udp_socket() {
    let primary = primary(Policy::RoundRobin);
    let mut pids = Vec::new();
    let mut addresses = Vec::new();
    for _ in 0..2 {
        addresses.push(start_at(&primary, &[("PART", "udp")]).await);
    }
    pids.extend(primary.workers().iter().map(ferronode_cluster::Worker::pid));
    assert_eq!(addresses[0], addresses[1]);
    let Address::Udp(address) = addresses[0] else {
        panic!("no UDP address: {addresses:?}");
    };
    let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut buffer = [0; 64];
    for _ in 0..10 {
        client.send_to(b"who?", address).await.unwrap();
        let length = client.recv(&mut buffer).await.unwrap();
        let pid = String::from_utf8_lossy(&buffer[..length]).parse().unwrap();
        assert!(pids.contains(&pid));
    }
    let workers = primary.workers();
    primary.disconnect().await;
    for worker in workers {
        assert_eq!(
            (worker.exited().await.code(), worker.exited_after_disconnect()),
            (Some(0), Some(true))
        );
    }
}

async fn a_listener_ends_when_its_connections_have_ended() {
    for policy in POLICIES {
        let primary = primary(policy);
        let address = primary.bind("127.0.0.1:0").unwrap();
        let worker = start(&primary, "").await;
        let (_, mut client) = ask(address).await;
        worker.disconnect();
        // The worker returns from its main when the listener has ended, and looks after nothing else.
        for _ in 0..3 {
            client.write_all(b"there?").await.unwrap();
            let mut answer = [0; 6];
            client.read_exact(&mut answer).await.unwrap();
            assert_eq!(&answer, b"there?");
        }
        assert!(!worker.is_dead());
        drop(client);
        assert_eq!(worker.exited().await.code(), Some(0));
        primary.disconnect().await;
        assert_eq!(worker.exited_after_disconnect(), Some(true));
    }
}

async fn connections_come_as_a_stream() {
    for policy in POLICIES {
        let primary = primary(policy);
        let address = primary.bind("127.0.0.1:0").unwrap();
        let worker = start(&primary, "stream").await;
        for _ in 0..3 {
            assert_eq!(ask(address).await.0, worker.pid());
        }
        worker.disconnect();
        assert_eq!(worker.exited().await.code(), Some(0), "the stream ends");
        stop(&primary).await;
    }
}

/// Sends a request in two pieces, and does `meanwhile` between them; gives the connection back with its answer.
async fn post(mut client: TcpStream, meanwhile: impl FnOnce()) -> (TcpStream, String) {
    client
        .write_all(b"POST / HTTP/1.1\r\nhost: test\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\nha")
        .await
        .unwrap();
    meanwhile();
    client.write_all(b"lf").await.unwrap();
    let mut answer = String::new();
    while !answer.ends_with("half") {
        let mut buffer = [0; 512];
        let length = client.read(&mut buffer).await.unwrap();
        assert_ne!(length, 0, "cut off after {answer:?}");
        answer += std::str::from_utf8(&buffer[..length]).unwrap();
    }
    (client, answer)
}

async fn axums_server_finishes_what_it_has_and_ends_what_is_idle() {
    for policy in POLICIES {
        let primary = primary(policy);
        let address = primary.bind("127.0.0.1:0").unwrap();
        let worker = start(&primary, "axum").await;
        let connect = || async { TcpStream::connect(address).await.unwrap() };
        let (mut idle, answer) = post(connect().await, || {}).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let (busy, _) = post(connect().await, || {}).await;
        let (mut busy, answer) = post(busy, || worker.disconnect()).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        for client in [&mut idle, &mut busy] {
            assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0, "it is closed");
        }
        assert_eq!(worker.exited().await.code(), Some(0));
        primary.disconnect().await;
    }
}

async fn a_worker_gets_as_many_connections_as_it_wants_and_no_more() {
    for policy in POLICIES {
        let primary = primary(policy);
        let address = primary.bind("127.0.0.1:0").unwrap();
        for _ in 0..2 {
            start(&primary, "most-one").await;
        }
        let mut open: BTreeMap<_, _> = [ask(address).await, ask(address).await].into();
        assert_eq!(open.len(), 2, "one for each");
        for _ in 0..10 {
            let next = tokio::spawn(ask(address));
            // not a wait: the third is nowhere but in the kernel, and stays there for this moment too.
            tokio::time::sleep(Duration::from_millis(5)).await;
            assert_eq!((next.is_finished(), primary.under_way()), (false, 0));
            let (pid, leaves) = open.pop_first().unwrap();
            drop(leaves);
            let (served_by, client) = next.await.unwrap();
            assert_eq!(served_by, pid, "the one that has room");
            open.insert(served_by, client);
        }
        drop(open);
        primary.disconnect().await;
    }
}

async fn alone_it_listens_everywhere_that_workers_do() {
    let path = free_path("alone");
    let mut listener = listen(path.as_path()).await.unwrap();
    assert_eq!(listener.address(), &Address::Unix(path.clone()));
    assert_eq!(listener.local_addr().unwrap_err().kind(), ErrorKind::Unsupported);
    let (client, accepted) = tokio::join!(UnixStream::connect(&path), listener.accept());
    let accepted = accepted.unwrap().unwrap();
    assert_eq!(accepted.peer_addr().unwrap_err().kind(), ErrorKind::Unsupported);
    let error = listen(path.as_path()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    drop((client, listener));
    assert!(!path.exists());

    let everywhere = listen(0).await.unwrap();
    let port = everywhere.local_addr().unwrap().port();
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();

    let socket = bind_udp("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = socket.local_addr().unwrap();
    let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    client.send_to(b"datagram", address).await.unwrap();
    let mut buffer = [0; 64];
    let received = socket.recv_from(&mut buffer).await.unwrap();
    assert_eq!(received, Some((8, client.local_addr().unwrap())));
    assert_eq!(bind_udp(address).await.unwrap_err().kind(), ErrorKind::AddrInUse);
}

async fn alone_a_listener_takes_as_many_connections_as_it_wants() {
    let mut listener = listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_max_connections(Some(1));
    let _clients = [
        TcpStream::connect(address).await.unwrap(),
        TcpStream::connect(address).await.unwrap(),
    ];
    let first = listener.accept().await.unwrap();
    let second = tokio::spawn(async move { listener.accept().await.unwrap() });
    tokio::task::yield_now().await;
    assert!(!second.is_finished());
    drop(first);
    assert!(second.await.unwrap().is_some());
}
