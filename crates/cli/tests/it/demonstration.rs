//! The demonstration at work: who answers, and what it costs those who are answered when a worker is killed.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use crate::program::{Demo, ask, ask_once, connect, pid, signal};

#[test]
fn two_hundred_connections_are_split_evenly_between_two_workers() {
    let demo = Demo::start(2);
    let mut counts = BTreeMap::new();
    for _ in 0..200 {
        *counts.entry(ask_once(demo.address).unwrap()).or_insert(0) += 1;
    }
    assert_eq!(counts.into_values().collect::<Vec<_>>(), [100, 100]);
}

#[test]
fn a_kept_connection_stays_with_its_worker() {
    let demo = Demo::start(2);
    let mut stream = connect(demo.address).unwrap();
    let first = ask(&mut stream).unwrap();
    for _ in 0..50 {
        assert_eq!(ask(&mut stream).unwrap(), first);
    }
}

#[test]
fn a_killed_worker_is_replaced_and_the_others_serve_meanwhile() {
    let mut demo = Demo::start(2);
    let victim = demo.listening[0];
    let killed = Instant::now();
    signal("KILL", victim);
    assert_eq!(ask_once(demo.address).unwrap(), demo.listening[1]);
    let exit = demo.until("exit");
    assert_eq!(
        (pid(&exit), exit["signal"].as_str(), exit["code"].as_i64()),
        (victim, Some("SIGKILL"), None)
    );
    let successor = pid(&demo.until("listening"));
    assert!(killed.elapsed().as_secs_f64() < 1.0, "a successor within a second");
    let answers: Vec<u32> = (0..4).map(|_| ask_once(demo.address).unwrap()).collect();
    assert!(answers.contains(&successor), "{answers:?}");
    assert_eq!(
        demo.children(),
        demo.listening[1..].iter().copied().collect(),
        "and no zombie"
    );
}

#[test]
fn ten_thousand_connections_leave_no_descriptor_with_the_primary() {
    let demo = Demo::start(2);
    let before = demo.descriptors();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2500 {
                    ask_once(demo.address).unwrap();
                }
            });
        }
    });
    while demo.descriptors() != before {
        thread::yield_now();
    }
}

/// Asks until it is over, and counts the connections that were reset with the worker that had taken them.
fn client(address: SocketAddr, served: &AtomicUsize, over: &AtomicBool) -> usize {
    let mut reset = 0;
    while !over.load(Ordering::Relaxed) {
        match ask_once(address) {
            Ok(_) => _ = served.fetch_add(1, Ordering::Relaxed),
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof) => reset += 1,
            // Refused, or hanging until the client gave up.
            Err(error) => panic!("{error}"),
        }
    }
    reset
}

#[test]
fn ten_kills_under_load_refuse_nobody_and_hang_nobody() {
    let mut demo = Demo::start(2);
    let address = demo.address;
    let (served, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (served, over) = (Arc::clone(&served), Arc::clone(&over));
            thread::spawn(move || client(address, &served, &over))
        })
        .collect();
    for nth in 0..10 {
        let before = served.load(Ordering::Relaxed);
        while served.load(Ordering::Relaxed) < before + 100 {
            thread::yield_now();
        }
        signal("KILL", demo.listening[nth]);
        demo.until("listening");
    }
    over.store(true, Ordering::Relaxed);
    let reset: usize = clients.into_iter().map(|client| client.join().unwrap()).sum();
    // A worker has taken at most as many connections as there are clients when it is killed.
    assert!(reset <= 40, "{reset} reset, {} served", served.load(Ordering::Relaxed));
    assert_eq!(demo.children().len(), 2, "and no zombie");
}
