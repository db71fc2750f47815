//! Servers of a greeting under `wrk`, in one table: `cargo bench -p benches --bench cluster_http`.
//!
//! Two patterns: kept connections (64 of them), and a connection for each request. Two workers, or what comes next to it.
//! The servers take turns, round for round, each started anew; a figure is the median, a ratio the median of each round's.
//! Since `wrk` shares the processors with them, CPU time per request tells servers apart, and rates only go along.
//!
//! `-- --rounds N --seconds N --only TEXT` narrows it down. Without `wrk`, Node or nginx their rows are left out, and that is said.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a table for people")]

use std::convert::Infallible;
use std::error::Error;
use std::io::Write;
use std::net::{TcpListener as StdTcpListener, TcpStream as StdTcpStream};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use benches::cluster_processes::{Server, hand_over, is_wanted, median, role, rounds_and_load};
use ferronode_cluster::{LISTENING, Policy, Primary, Settings, give_way, is_worker};
use ferronode_ipc::{HandOff, Mode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

type Anyhow<T> = Result<T, Box<dyn Error>>;

const NODE_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cluster_node.mjs");
/// What the others are measured by.
const LIMIT: &str = "hyper, two processes";

/// A server: what it is called, what must be installed for it, and how it is started.
type Row = (&'static str, &'static str, fn() -> Anyhow<Command>);

const ROWS: &[Row] = &[
    (LIMIT, "", || Ok(role("inherited"))),
    ("the same again", "", || Ok(role("inherited"))),
    ("hyper, one process, two threads", "", || Ok(role("threads"))),
    ("hyper, two processes behind a raw SCM_RIGHTS loop", "", || {
        Ok(role("raw"))
    }),
    ("ferronode, round robin", "", || Ok(role("round robin"))),
    ("the same, giving way", "", || Ok(role("round robin, giving way"))),
    ("ferronode, shared", "", || Ok(role("shared"))),
    ("ferronode, least connections", "", || Ok(role("least connections"))),
    ("ferronode, sticky (one client)", "", || Ok(role("sticky"))),
    ("nginx, two workers", "nginx", nginx),
    ("Node, round robin", "node", || Ok(node("rr"))),
    ("Node, none", "node", || Ok(node("none"))),
    ("Node workers, our primary, round robin", "node", || Ok(role("node"))),
    ("Node workers, our primary giving way", "node", || {
        Ok(role("node, giving way"))
    }),
];

fn main() -> Anyhow<()> {
    if is_worker() {
        return worker();
    }
    match std::env::var("BENCH_ROLE").as_deref() {
        Ok("threads") => threads(),
        Ok("inherited") => parent_of_two(),
        Ok("inherits") => inherits(),
        Ok("raw") => Ok(hand_over()?),
        Ok("receives") => receives(),
        Ok("node, giving way") => {
            give_way()?;
            primary("node")
        }
        Ok("round robin, giving way") => {
            give_way()?;
            primary("round robin")
        }
        Ok(policy) => primary(policy),
        Err(_) => table(),
    }
}

/// What one run has shown.
struct Run {
    rate: f64,
    p99: f64,
    cpu: f64,
    primary: f64,
    memory: f64,
    memory_of_primary: f64,
}

fn table() -> Anyhow<()> {
    if !is_there("wrk") {
        eprintln!("cluster_http: wrk is not installed (apt-get install wrk): nothing is measured");
        return Ok(());
    }
    let (rounds, load) = rounds_and_load();
    let rows: Vec<&Row> = ROWS
        .iter()
        .filter(|(name, needs, _)| {
            let there = needs.is_empty() || is_there(needs);
            if !there {
                eprintln!("cluster_http: {needs} is not installed: left out is {name:?}");
            }
            there && (*name == LIMIT || is_wanted(name))
        })
        .collect();
    for (pattern, header) in [
        ("kept connections", None),
        ("a connection per request", Some("connection: close")),
    ] {
        let mut runs: Vec<Vec<Run>> = rows.iter().map(|_| Vec::new()).collect();
        for _ in 0..rounds {
            for ((_, _, start), runs) in rows.iter().zip(&mut runs) {
                runs.push(run(&mut start()?, header, load)?);
            }
        }
        println!(
            "\n{pattern}\n\n| server | requests/s | p99, ms | CPU µs per request, all | to the first | first process alone | \
             PSS all, MiB | PSS first process |\n|---|---|---|---|---|---|---|---|"
        );
        for ((name, ..), mine) in rows.iter().zip(&runs) {
            let of = |figure: fn(&Run) -> f64| median(mine.iter().map(figure).collect());
            let ratio = median(
                mine.iter()
                    .zip(&runs[0])
                    .map(|(run, limit)| run.cpu / limit.cpu)
                    .collect(),
            );
            println!(
                "| {name} | {:.0} | {:.2} | {:.1} | {ratio:.2} | {:.2} | {:.1} | {:.1} |",
                of(|run| run.rate),
                of(|run| run.p99),
                of(|run| run.cpu),
                of(|run| run.primary),
                of(|run| run.memory),
                of(|run| run.memory_of_primary),
            );
        }
    }
    Ok(())
}

fn run(command: &mut Command, header: Option<&str>, load: Duration) -> Anyhow<Run> {
    let server = Server::start(command)?;
    wrk(server.port, header, Duration::from_secs(1))?;
    let before = server.cpu()?;
    let said = wrk(server.port, header, load)?;
    let (after, memory) = (server.cpu()?, server.memory()?);
    let requests: f64 = before_word(&said, "requests in")
        .ok_or("wrk says how many requests")?
        .parse()?;
    let rate = said.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:"));
    let p99 = said.lines().find_map(|line| line.trim().strip_prefix("99%"));
    if let Some(errors) = said
        .lines()
        .find(|line| line.contains("Socket errors") || line.contains("Non-2xx"))
    {
        eprintln!("cluster_http: {command:?}: {errors}");
    }
    Ok(Run {
        rate: rate.ok_or("wrk says the rate")?.trim().parse()?,
        p99: milliseconds(p99.ok_or("wrk says the latency")?.trim())?,
        cpu: (after.all - before.all) / requests,
        primary: (after.first - before.first) / requests,
        memory: memory.all,
        memory_of_primary: memory.first,
    })
}

fn wrk(port: u16, header: Option<&str>, load: Duration) -> Anyhow<String> {
    let mut wrk = Command::new("wrk");
    wrk.args(["-t1", "-c64", "--latency", &format!("-d{}s", load.as_secs())]);
    wrk.args(header.map(|header| format!("-H{header}")));
    let output = wrk.arg(format!("http://127.0.0.1:{port}/")).output()?;
    Ok(String::from_utf8(output.stdout)?)
}

/// The word that stands before some others.
fn before_word<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    text.lines()
        .find_map(|line| line.split_once(words)?.0.split_whitespace().next())
}

/// `1.83ms`, `660.00us`, `1.20s`.
fn milliseconds(text: &str) -> Anyhow<f64> {
    let (number, factor) = match text {
        text if text.ends_with("us") => (&text[..text.len() - 2], 1e-3),
        text if text.ends_with("ms") => (&text[..text.len() - 2], 1.0),
        text => (text.trim_end_matches('s'), 1e3),
    };
    Ok(number.parse::<f64>()? * factor)
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn node(policy: &str) -> Command {
    let mut command = Command::new("node");
    command
        .args([NODE_SCRIPT, "http"])
        .env("NODE_CLUSTER_SCHED_POLICY", policy);
    command
}

/// nginx with a configuration of its own. A shell says its port when it answers, and becomes it.
fn nginx() -> Anyhow<Command> {
    let folder: PathBuf = std::env::temp_dir().join(format!("ferronode-bench-nginx-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let port = StdTcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let configuration = format!(
        "worker_processes 2; pid nginx.pid; error_log stderr crit;
         events {{ worker_connections 1024; }}
         http {{ access_log off; keepalive_requests 100000000;
             server {{ listen 127.0.0.1:{port}; location / {{ return 200 'hello world\\n'; }} }} }}"
    );
    std::fs::write(folder.join("nginx.conf"), configuration)?;
    // It has no word for "I listen": it is asked until it answers.
    let mut command = Command::new("/bin/bash");
    let script = format!(
        "(until true 2> /dev/null < /dev/tcp/127.0.0.1/{port}; do sleep 0.01; done; echo {port}) & \
         exec nginx -p {} -c nginx.conf -g 'daemon off;' 2> /dev/null",
        folder.display()
    );
    command.args(["-c", &script]);
    Ok(command)
}

/// A primary of ours, with two workers.
#[tokio::main(flavor = "current_thread")]
async fn primary(policy: &str) -> Anyhow<()> {
    let mut settings = Settings::this_program()?;
    settings.policy = match policy {
        "shared" => Policy::Shared,
        "least connections" => Policy::LeastConnections,
        "sticky" => Policy::Sticky,
        _ => Policy::RoundRobin,
    };
    if policy == "node" {
        settings.program = fixtures::which("node");
        settings.args = vec![NODE_SCRIPT.into(), "http".into()];
        settings.serialization = Mode::Json;
    }
    let primary = Primary::with_settings(settings);
    let (sender, mut listening) = tokio::sync::mpsc::unbounded_channel();
    primary.on(LISTENING, move |told| _ = sender.send(told.address.socket()));
    let workers = [primary.fork()?, primary.fork()?];
    let address = listening.recv().await.flatten().ok_or("it listens on TCP")?;
    listening.recv().await;
    println!("{}", address.port());
    for worker in workers {
        worker.exited().await;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn worker() -> Anyhow<()> {
    let mut listener = ferronode_cluster::listen("127.0.0.1:0").await?;
    while let Some(connection) = listener.accept().await? {
        tokio::spawn(greet(connection));
    }
    Ok(())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn threads() -> Anyhow<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    // What `main` runs is no task of the workers': it would be woken across threads for each connection.
    tokio::spawn(serve(listener)).await?;
    Ok(())
}

/// Opens a listener and lets two processes accept from it.
fn parent_of_two() -> Anyhow<()> {
    let listener = StdTcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    let start = || {
        let stdin = Stdio::from(listener.as_fd().try_clone_to_owned()?);
        role("inherits").stdin(stdin).stdout(Stdio::piped()).spawn()
    };
    let mut children = [start()?, start()?];
    // Each ends a line when it serves.
    for child in &mut children {
        std::io::BufRead::read_line(
            &mut std::io::BufReader::new(child.stdout.take().ok_or("it is piped")?),
            &mut String::new(),
        )?;
    }
    println!("{port}");
    for mut child in children {
        child.wait()?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn inherits() -> Anyhow<()> {
    let listener = StdTcpListener::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    let listener = TcpListener::from_std(listener)?;
    println!("serving");
    std::io::stdout().flush()?;
    serve(listener).await;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn receives() -> Anyhow<()> {
    let from = HandOff::new(std::io::stdin().as_fd().try_clone_to_owned()?)?;
    while let Some(handed) = from.take(&mut [0; 4]).await? {
        let connection = StdTcpStream::from(handed.descriptor.ok_or("a connection")?);
        tokio::spawn(greet(TcpStream::from_std(connection)?));
    }
    Ok(())
}

async fn serve(listener: TcpListener) {
    loop {
        // Two accept from one listener: the other may have been faster.
        if let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(greet(connection));
        }
    }
}

async fn greet(connection: impl AsyncRead + AsyncWrite + Unpin) {
    let service =
        service_fn(|_: Request<Incoming>| async { Ok::<_, Infallible>(Response::new("hello world\n".to_owned())) });
    // How a client ends its connection is its own business.
    _ = http1::Builder::new()
        .serve_connection(TokioIo::new(connection), service)
        .await;
}
