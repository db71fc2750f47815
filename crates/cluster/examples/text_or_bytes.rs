//! An HTTP server that answers from a string, and from a buffer.
//!
//! The document says: turn a string into a Buffer once, before it is sent, and the server is much faster. In Node it is,
//! since a JavaScript string is no bytes: it is encoded anew for every answer. A Rust string is UTF-8 already. What is left
//! is a copy of it for every answer, where clones of a buffer share one memory: of 10 KiB a hundred nanoseconds or two, of a
//! request that takes hundreds of times as long.
//!
//! `cargo run --release -p ferronode-cluster --example text_or_bytes [-- REQUESTS]`
//!
//! To be seen: what an answer costs to make, and that requests per second of both are the same but for chance.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use ferronode_cluster::{Connection, listen};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

/// As in the document: 10 KiB of the letter a.
const LENGTH: usize = 10 * 1024;

/// The string and the buffer take turns: what disturbs the machine meanwhile disturbs both.
const TURNS: usize = 7;

type Anyhow<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The same text in both shapes.
struct Page {
    text: String,
    bytes: Bytes,
}

/// A body that is here as a whole.
struct Whole(Option<Bytes>);

impl Body for Whole {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

impl Page {
    fn new() -> Self {
        let text = "a".repeat(LENGTH);
        Self {
            bytes: Bytes::from(text.clone()),
            text,
        }
    }

    fn answer(&self, path: &str) -> Whole {
        Whole(Some(match path {
            "/buffer" => self.bytes.clone(),
            _ => Bytes::from(self.text.clone()),
        }))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Anyhow<()> {
    let requests = std::env::args().nth(1).map_or(Ok(3000), |text| text.parse())?;
    let mut listener = listen("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let page = Arc::new(Page::new());
    for path in ["/string", "/buffer"] {
        println!("{path}: {:.0} ns to make an answer", time_to_make(&page, path));
    }
    let client = thread::spawn(move || compare(address, requests));
    // One client, and then nobody.
    if let Some(connection) = listener.accept().await? {
        answer_all(connection, &page).await?;
    }
    client.join().map_err(|_| "the client has failed")?
}

fn time_to_make(page: &Page, path: &str) -> f64 {
    const ANSWERS: u32 = 10_000;
    let start = Instant::now();
    for _ in 0..ANSWERS {
        drop(std::hint::black_box(page.answer(path)));
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(ANSWERS)
}

async fn answer_all(connection: Connection, page: &Arc<Page>) -> Result<(), hyper::Error> {
    let service = service_fn(|request: Request<Incoming>| async move {
        Ok::<_, hyper::Error>(Response::new(page.answer(request.uri().path())))
    });
    http1::Builder::new()
        .serve_connection(TokioIo::new(connection), service)
        .await
}

/// Asks for both, turn and turn about, and prints the median of each.
fn compare(address: SocketAddr, requests: u32) -> Anyhow<()> {
    let mut stream = BufReader::new(TcpStream::connect(address)?);
    stream.get_ref().set_nodelay(true)?;
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        for (path, rates) in ["/string", "/buffer"].iter().zip(&mut rates) {
            let took = ask(&mut stream, path, requests)?;
            rates.push(f64::from(requests) / took.as_secs_f64());
        }
    }
    for (path, mut rates) in ["/string", "/buffer"].iter().zip(rates) {
        rates.sort_by(f64::total_cmp);
        println!("{path}: {:.0} requests per second", rates[TURNS / 2]);
    }
    Ok(())
}

/// Asks so many times, on one connection, and reads each answer before the next.
fn ask(stream: &mut BufReader<TcpStream>, path: &str, requests: u32) -> Anyhow<Duration> {
    let start = Instant::now();
    let mut body = vec![0; LENGTH];
    for _ in 0..requests {
        write!(stream.get_mut(), "GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            if stream.read_line(&mut line)? == 0 {
                return Err("the server has gone".into());
            }
        }
        stream.read_exact(&mut body)?;
        assert!(body.iter().all(|byte| *byte == b'a'), "both are the same text");
    }
    Ok(start.elapsed())
}
