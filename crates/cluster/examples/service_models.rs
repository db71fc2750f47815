//! One service that blocks for N milliseconds, served in four ways: the ages of the document.
//!
//! | age | model | requests per second, as the document has it |
//! | --- | --- | --- |
//! | stone | one at a time | 1/N |
//! | bronze | a process for each request, at most M | M/N, and memory is wasted |
//! | silver | a thread for each request, which takes 1/L of a process | M * L/N, and switching costs |
//! | gold | event-driven | no memory and no switching for those who wait |
//!
//! `cargo run --release -p ferronode-cluster --example service_models [-- MILLISECONDS [HOW LONG]]`
//!
//! To be seen: the rates are the document's as long as waiting is all that a service does. M and L are limits that somebody
//! sets: here 4 and 16, for 64 clients. What tells thread and event apart is no rate, but the memory that those who wait take.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ferronode_child::{Fork, MESSAGE, Signal};
use ferronode_ipc::{Inherited, Outgoing};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Semaphore, mpsc};

type Anyhow<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The document's M: how many processes there may be at a time.
const PROCESSES: usize = 4;
/// The document's L: how many threads take the place of a process.
const THREADS: usize = 16;
/// How many clients ask at the same time.
const CLIENTS: usize = PROCESSES * THREADS;

const MODELS: [&str; 4] = ["one-at-a-time", "process", "thread", "events"];
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\nread";

fn main() -> Anyhow<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: u64| arguments.get(index).map_or(Ok(default), |text| text.parse());
    // First of all, while this process has one thread.
    let Some(inherited) = Inherited::take()? else {
        return compare(number(0, 50)?, number(1, 1000)?);
    };
    let wait = Duration::from_millis(number(1, 0)?);
    match arguments[0].as_str() {
        "one-at-a-time" => one_at_a_time(inherited, wait),
        "process" => process_a_request(inherited, wait),
        "thread" => thread_a_request(inherited, wait),
        "events" => event_driven(inherited, wait),
        _ => one_request(inherited, wait),
    }
}

/// The service: it reads what is asked, waits (for a disk, for a database), and answers. Meanwhile its thread does nothing else.
fn serve(mut connection: TcpStream, wait: Duration) -> io::Result<()> {
    _ = connection.read(&mut [0; 1024])?;
    thread::sleep(wait);
    connection.write_all(ANSWER)
}

fn one_at_a_time(inherited: Inherited, wait: Duration) -> Anyhow<()> {
    let listener = announced(inherited)?;
    for connection in listener.incoming() {
        serve(connection?, wait)?;
    }
    Ok(())
}

/// Each connection is sent to a process that is started for it.
#[tokio::main(flavor = "current_thread")]
async fn process_a_request(inherited: Inherited, wait: Duration) -> Anyhow<()> {
    let listener = tokio_listener(inherited).await?;
    let room = Arc::new(Semaphore::new(PROCESSES));
    loop {
        let permit = Arc::clone(&room).acquire_owned().await?;
        let connection = listener.accept().await?.0.into_std()?;
        let child = Fork::this_program()?
            .arg("one-request")
            .arg(wait.as_millis().to_string())
            .spawn()?;
        child.send(Outgoing::new(()).with_handle(connection)).await?;
        tokio::spawn(async move {
            child.closed().await;
            drop(permit);
        });
    }
}

#[tokio::main(flavor = "current_thread")]
async fn one_request(inherited: Inherited, wait: Duration) -> Anyhow<()> {
    let message = inherited.open()?.recv().await?;
    let handle = message.and_then(|message| message.take_handle());
    let connection = handle.ok_or("no connection has come")?.into_tcp_stream()?;
    connection.set_nonblocking(false)?;
    Ok(serve(connection, wait)?)
}

fn thread_a_request(inherited: Inherited, wait: Duration) -> Anyhow<()> {
    let listener = announced(inherited)?;
    let running = Arc::new(AtomicUsize::new(0));
    for connection in listener.incoming() {
        let connection = connection?;
        while running.load(Ordering::Acquire) >= PROCESSES * THREADS {
            thread::yield_now();
        }
        running.fetch_add(1, Ordering::AcqRel);
        let running = Arc::clone(&running);
        thread::spawn(move || {
            let served = serve(connection, wait);
            running.fetch_sub(1, Ordering::AcqRel);
            served
        });
    }
    Ok(())
}

/// Who waits takes no thread: the loop goes on with others.
#[tokio::main(flavor = "current_thread")]
async fn event_driven(inherited: Inherited, wait: Duration) -> Anyhow<()> {
    let listener = tokio_listener(inherited).await?;
    loop {
        let (mut connection, _) = listener.accept().await?;
        tokio::spawn(async move {
            _ = connection.read(&mut [0; 1024]).await?;
            tokio::time::sleep(wait).await;
            connection.write_all(ANSWER).await
        });
    }
}

async fn tokio_listener(inherited: Inherited) -> Anyhow<tokio::net::TcpListener> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    say_port(inherited, listener.local_addr()?.port()).await?;
    Ok(listener)
}

fn announced(inherited: Inherited) -> Anyhow<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(say_port(inherited, listener.local_addr()?.port()))?;
    Ok(listener)
}

async fn say_port(inherited: Inherited, port: u16) -> Anyhow<()> {
    let channel = inherited.open()?;
    channel.send(port).await?;
    channel.sender().flush().await;
    Ok(())
}

/// Starts a server of each model, asks it for so long, and kills it.
#[tokio::main(flavor = "current_thread")]
async fn compare(wait: u64, how_long: u64) -> Anyhow<()> {
    println!("a service of {wait} ms, {CLIENTS} clients, each model for {how_long} ms");
    println!("| model | requests per second | the document | most memory, KiB (PSS) |\n|---|---|---|---|");
    let formulas = ["1/N", "M/N", "M * L/N", "all who ask/N"];
    let at_a_time = [1, PROCESSES, PROCESSES * THREADS, CLIENTS];
    for ((model, formula), at_a_time) in MODELS.into_iter().zip(formulas).zip(at_a_time) {
        let server = Fork::this_program()?.args([model, &wait.to_string()]).spawn()?;
        let (sender, mut ports) = mpsc::unbounded_channel();
        server.on(MESSAGE, move |message| {
            _ = message.to::<u16>().map(|port| sender.send(port));
        });
        let port = ports.recv().await.ok_or("the server has gone")?;
        let (address, pid) = (SocketAddr::from(([127, 0, 0, 1], port)), server.pid());
        let time = Duration::from_millis(how_long);
        let (answers, memory) = tokio::task::spawn_blocking(move || ask_all(address, time, pid)).await?;
        server.kill_tree(Signal::KILL, Duration::from_secs(5)).await;
        let rate = answers as f64 / time.as_secs_f64();
        let expected = at_a_time as f64 * 1000.0 / wait as f64;
        println!("| {model} | {rate:.0} | {formula} = {expected:.0} | {memory} |");
    }
    Ok(())
}

/// All clients together, for a time: how many answers they get, and the most memory that the server had meanwhile.
fn ask_all(address: SocketAddr, time: Duration, server: u32) -> (usize, u64) {
    let answers = Arc::new(AtomicUsize::new(0));
    for _ in 0..CLIENTS {
        let answers = Arc::clone(&answers);
        // Each asks until its server has gone.
        thread::spawn(move || {
            while ask(address).is_ok() {
                answers.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let (start, mut memory) = (Instant::now(), 0);
    while start.elapsed() < time {
        memory = memory.max(memory_of_family(server));
        thread::sleep(Duration::from_millis(5));
    }
    (answers.load(Ordering::Relaxed), memory)
}

fn ask(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    if answer == ANSWER {
        Ok(())
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// What a process and its children hold of the memory, in KiB, with what is shared by several counted in parts.
fn memory_of_family(pid: u32) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let children = children.collect::<Vec<_>>().join(" ");
    let family: BTreeSet<u32> = children
        .split_whitespace()
        .filter_map(|child| child.parse().ok())
        .chain([pid])
        .collect();
    family.into_iter().filter_map(proportional).sum()
}

/// Who has gone meanwhile holds nothing.
fn proportional(pid: u32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
