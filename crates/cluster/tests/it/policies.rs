//! Who gets a connection, by each policy.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use ferronode_cluster::{Balance, Candidate, EXIT, Policy, Primary, Settings, Signal, WorkerId};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;

use crate::serving::{ask, start, stop};

fixtures::trials! {
    by_the_shared_policy_the_workers_accept_by_themselves,
    by_least_connections_what_ends_is_made_up_for,
    by_the_sticky_policy_a_client_keeps_its_worker_until_that_dies,
    a_policy_of_ones_own_chooses,
    a_policy_that_panics_or_names_nobody_stops_no_connection,
    the_example_of_a_policy_gives_the_oldest_worker_twice_as_much,
}

fn primary(policy: Policy) -> (Primary, SocketAddr) {
    let mut settings = Settings::this_program().unwrap();
    settings.policy = policy;
    let primary = Primary::with_settings(settings);
    let address = primary.bind("127.0.0.1:0").unwrap();
    (primary, address)
}

/// As [`ask`], from another address of this machine.
async fn ask_from(client: IpAddr, address: SocketAddr) -> u32 {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((client, 0).into()).unwrap();
    let mut line = String::new();
    let mut stream: BufReader<TcpStream> = BufReader::new(socket.connect(address).await.unwrap());
    stream.read_line(&mut line).await.unwrap();
    line.trim().parse().unwrap()
}

async fn by_the_shared_policy_the_workers_accept_by_themselves() {
    let (primary, address) = primary(Policy::Shared);
    let workers = [start(&primary, "").await, start(&primary, "").await];
    for _ in 0..50 {
        let (pid, _) = ask(address).await;
        assert!(workers.iter().any(|worker| worker.pid() == pid));
    }
    // The listener is the primary's too: it stays when a worker goes, and the other serves.
    workers[0].disconnect();
    assert_eq!(workers[0].exited().await.code(), Some(0));
    for _ in 0..10 {
        assert_eq!(ask(address).await.0, workers[1].pid());
    }
    stop(&primary).await;
}

async fn by_least_connections_what_ends_is_made_up_for() {
    let (primary, address) = primary(Policy::LeastConnections);
    let workers = [start(&primary, "").await, start(&primary, "").await];
    let mut open: BTreeMap<u32, Vec<_>> = BTreeMap::new();
    for _ in 0..20 {
        let (pid, stream) = ask(address).await;
        open.entry(pid).or_default().push(stream);
    }
    let count = |open: &BTreeMap<u32, Vec<_>>| workers.each_ref().map(|worker| open[&worker.pid()].len());
    assert_eq!(count(&open), [10, 10]);
    open.get_mut(&workers[0].pid()).unwrap().clear();
    // The reports come when they come; by the end they have, and nothing but them makes the two equal.
    for _ in 0..30 {
        let (pid, stream) = ask(address).await;
        open.get_mut(&pid).unwrap().push(stream);
    }
    assert_eq!(count(&open), [20, 20]);
    stop(&primary).await;
}

async fn by_the_sticky_policy_a_client_keeps_its_worker_until_that_dies() {
    let (primary, address) = primary(Policy::Sticky);
    let workers = [
        start(&primary, "").await,
        start(&primary, "").await,
        start(&primary, "").await,
    ];
    let clients: Vec<IpAddr> = (1..=40).map(|last| IpAddr::from([127, 0, 0, last])).collect();
    let mut theirs = BTreeMap::new();
    for client in &clients {
        theirs.insert(client, ask_from(*client, address).await);
    }
    for client in &clients {
        assert_eq!(ask_from(*client, address).await, theirs[client]);
    }
    let (sender, mut ended) = mpsc::unbounded_channel();
    primary.on(EXIT, move |told| _ = sender.send(told.worker.pid()));
    let victim = &workers[1];
    assert!(
        theirs.values().any(|pid| *pid == victim.pid()),
        "it has some of forty clients"
    );
    victim.kill(Signal::KILL).unwrap();
    assert_eq!(ended.recv().await, Some(victim.pid()));
    for client in &clients {
        let now = ask_from(*client, address).await;
        assert!(
            now == theirs[client] || theirs[client] == victim.pid(),
            "{client} has moved"
        );
    }
    stop(&primary).await;
}

/// All to the youngest.
#[derive(Debug)]
struct Youngest;

impl Balance for Youngest {
    fn choose(&mut self, _: Option<IpAddr>, workers: &[Candidate]) -> Option<WorkerId> {
        workers.iter().map(|candidate| candidate.worker).max()
    }
}

async fn a_policy_of_ones_own_chooses() {
    let (primary, address) = primary(Policy::Own(|| Box::new(Youngest)));
    start(&primary, "").await;
    let youngest = start(&primary, "").await;
    for _ in 0..10 {
        assert_eq!(ask(address).await.0, youngest.pid());
    }
    stop(&primary).await;
}

async fn the_example_of_a_policy_gives_the_oldest_worker_twice_as_much() {
    let output = tokio::process::Command::new(fixtures::example("own_policy"))
        .output()
        .await
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "worker 1: 20\nworker 2: 10\nworker 3: 10\n"
    );
    assert!(output.status.success());
}

/// A policy that fails is not the end of its port.
#[derive(Debug)]
struct Broken;

impl Balance for Broken {
    fn choose(&mut self, _: Option<IpAddr>, _: &[Candidate]) -> Option<WorkerId> {
        panic!("this policy always does")
    }
}

async fn a_policy_that_panics_or_names_nobody_stops_no_connection() {
    for policy in [Policy::Own(|| Box::new(Broken)), Policy::Own(|| Box::new(Nobody))] {
        let (primary, address) = primary(policy);
        let worker = start(&primary, "").await;
        for _ in 0..5 {
            assert_eq!(ask(address).await.0, worker.pid());
        }
        stop(&primary).await;
    }
}

#[derive(Debug)]
struct Nobody;

impl Balance for Nobody {
    fn choose(&mut self, _: Option<IpAddr>, _: &[Candidate]) -> Option<WorkerId> {
        Some(WorkerId(999))
    }
}
