//! Node and Rust in one cluster, both ways: unmodified Node workers under our primary, our workers under Node's.
//!
//! Each case needs `node`: without it the cases are ignored, or fail if `FERRONODE_REQUIRE` names it.
#![allow(clippy::unwrap_used)]

mod examples;
mod program;
mod ways;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use ferronode_cluster::{LISTENING, Policy, Primary, Settings};
use ferronode_ipc::Mode;
use fixtures::{example, node, which, with_node};
use libtest_mimic::{Arguments, Failed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for mode in [Mode::Json, Mode::Advanced] {
        for (policy, called) in [(Policy::RoundRobin, "rr"), (Policy::Shared, "none")] {
            let name = |what| format!("{}::{called}::{what}", mode.name());
            trials.extend([
                with_node(
                    name("rust_workers_serve_under_a_node_primary_and_leave_when_told"),
                    move || rust_under_node(mode, called),
                ),
                with_node(
                    name("node_workers_serve_under_our_primary_and_leave_when_told"),
                    move || node_under_rust(mode, policy),
                ),
            ]);
        }
    }
    for (policy, mode) in [("rr", "json"), ("shared", "advanced")] {
        trials.push(with_node(
            format!("{mode}::{policy}::a_node_worker_that_dies_is_replaced"),
            move || examples::node_workers(policy, mode),
        ));
    }
    for way in ways::WAYS {
        for (policy, mode) in [
            ("rr", "json"),
            ("rr", "advanced"),
            ("shared", "json"),
            ("shared", "advanced"),
        ] {
            if policy == "shared" && ways::IN_TURN_ONLY.contains(&way) {
                continue;
            }
            let name = format!("{mode}::{policy}::a_node_worker_finds_the_same_under_our_primary::{way}");
            trials.push(with_node(name, move || ways::same_under_both(way, policy, mode)));
        }
    }
    trials.push(with_node(
        "a_rust_worker_serves_beside_a_node_worker_in_nodes_cluster",
        examples::rust_worker_beside_node,
    ));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn rust_under_node(mode: Mode, policy: &str) -> Result<(), Failed> {
    let script = "
        const cluster = require('cluster'), http = require('http');
        process.execPath = process.argv[1];
        cluster.setupPrimary({ exec: '-', args: [], serialization: process.argv[2] });
        const get = (port) => new Promise((done, failed) =>
            http.get({ port, agent: false }, (answer) => {
                let text = '';
                answer.on('data', (piece) => text += piece).on('end', () => done(text));
            }).on('error', failed));
        let up = 0;
        cluster.on('listening', async (worker, { port }) => {
            if (++up < 2) return;
            const counts = {};
            for (let i = 0; i < 10; i++) { const who = await get(port); counts[who] = (counts[who] || 0) + 1; }
            const all = Object.values(counts);
            // By SCHED_NONE the kernel decides who gets how many.
            console.log('served ' + (cluster.schedulingPolicy === cluster.SCHED_RR ? all : all.reduce((a, b) => a + b)));
            cluster.disconnect();
        });
        cluster.on('exit', (worker, code, signal) => console.log('exit', code, signal, worker.exitedAfterDisconnect));
        cluster.fork({ PORT: '0' });
        cluster.fork({ PORT: '0' });";
    let output = node()
        .env("NODE_CLUSTER_SCHED_POLICY", policy)
        .args(["-e", script])
        .arg(example("hello"))
        .arg(mode.name())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let served = if policy == "rr" { "5,5" } else { "10" };
    if output.status.success() && text == format!("served {served}\nexit 0 null true\nexit 0 null true\n") {
        return Ok(());
    }
    Err(format!("{}: {text}\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into())
}

#[tokio::main]
async fn node_under_rust(mode: Mode, policy: Policy) -> Result<(), Failed> {
    tokio::time::timeout(Duration::from_secs(60), serve_with_node_workers(mode, policy)).await?;
    Ok(())
}

async fn serve_with_node_workers(mode: Mode, policy: Policy) {
    let app = "require('http').createServer((_, answer) => answer.end('' + process.pid)).listen(0, '127.0.0.1')";
    let script = std::env::temp_dir().join(format!(
        "ferronode-cluster-{}-{policy:?}-{}.js",
        mode.name(),
        std::process::id()
    ));
    std::fs::write(&script, app).unwrap();
    let settings = Settings {
        args: vec![script.clone().into_os_string()],
        serialization: mode,
        policy,
        ..Settings::new(which("node"))
    };
    let primary = Primary::with_settings(settings);
    let (sender, mut listening) = mpsc::unbounded_channel();
    primary.on(LISTENING, move |told| _ = sender.send(told.address.socket().unwrap()));
    let workers = [primary.fork().unwrap(), primary.fork().unwrap()];
    let address = listening.recv().await.unwrap();
    assert_eq!(listening.recv().await.unwrap(), address);
    let mut counts = BTreeMap::new();
    for _ in 0..10 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let pid: u32 = answer.rsplit_once("\r\n\r\n").unwrap().1.parse().unwrap();
        *counts.entry(pid).or_insert(0) += 1;
    }
    if matches!(policy, Policy::RoundRobin) {
        assert_eq!(counts, workers.iter().map(|worker| (worker.pid(), 5)).collect());
    }
    assert_eq!(counts.values().sum::<i32>(), 10);
    primary.disconnect().await;
    for worker in &workers {
        assert_eq!(
            (worker.exited().await.code(), worker.exited_after_disconnect()),
            (Some(0), Some(true))
        );
    }
    std::fs::remove_file(script).unwrap();
}
