//! A primary whose descriptors have run out loses nothing, and is well again when there are some.

use std::fs::File;

use ferronode_cluster::Signal;
use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;

use crate::serving::{ask, primary, start, stop, until_under_way};

fixtures::trials! {
    what_a_dead_worker_had_not_taken_may_be_more_than_there_are_descriptors,
}

/// Hardly any descriptor is left to this process, until this is dropped.
struct Shortage {
    files: Vec<File>,
    before: (rlim_t, rlim_t),
}

impl Shortage {
    fn but_for(left: usize) -> Self {
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        setrlimit(Resource::RLIMIT_NOFILE, 256, hard).unwrap();
        let mut files: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
        files.truncate(files.len() - left);
        Self {
            files,
            before: (soft, hard),
        }
    }
}

impl Drop for Shortage {
    fn drop(&mut self) {
        self.files.clear();
        let (soft, hard) = self.before;
        setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();
    }
}

/// Who serves a client.
async fn served_by(client: TcpStream) -> u32 {
    let mut line = String::new();
    BufReader::new(client).read_line(&mut line).await.unwrap();
    line.trim().parse().unwrap()
}

async fn what_a_dead_worker_had_not_taken_may_be_more_than_there_are_descriptors() {
    const CLIENTS: usize = 20;
    let (primary, address) = primary();
    let one_at_a_time = start(&primary, "most-one").await;
    let (_, first) = ask(address).await;
    // They wait in the kernel, and are given all at once to the worker that comes.
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(TcpStream::connect(address).await.unwrap());
    }
    let dies = start(&primary, "never-accept").await;
    until_under_way(&primary, CLIENTS).await;
    let waiting: Vec<_> = clients
        .into_iter()
        .map(|client| tokio::spawn(served_by(client)))
        .collect();
    let shortage = Shortage::but_for(8);
    dies.kill(Signal::KILL).unwrap();
    drop(first);
    for client in waiting {
        assert_eq!(client.await.unwrap(), one_at_a_time.pid());
    }
    drop(shortage);
    stop(&primary).await;
}
