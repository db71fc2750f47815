//! How the demonstration ends: nobody is cut off who can finish, and nobody is left behind.

use std::fs;
use std::io::{Read, Write};
use std::process::Command;
use std::thread;

use crate::program::{Demo, ask, connect, pid, runs, signal};

#[test]
fn sigterm_and_sigint_end_it_with_code_0_and_leave_nobody() {
    for name in ["TERM", "INT"] {
        let mut demo = Demo::start(3);
        let mut idle = connect(demo.address).unwrap();
        ask(&mut idle).unwrap();
        signal(name, demo.pid());
        let rest = demo.rest();
        assert_eq!(demo.wait().code(), Some(0), "{name}");
        assert_eq!(
            rest.iter()
                .filter(|event| event["event"] == "exit" && event["code"] == 0)
                .count(),
            3,
            "{rest:?}"
        );
        assert!(demo.listening.iter().all(|pid| !runs(*pid)));
        assert_eq!(idle.read(&mut [0; 16]).unwrap(), 0, "an idle connection is closed");
    }
}

#[test]
fn a_request_under_way_is_finished_first() {
    let mut demo = Demo::start(1);
    let mut stream = connect(demo.address).unwrap();
    // The worker waits for the rest of this request when it is told to leave.
    stream.write_all(b"GET / HTTP/1.1\r\nhost: te").unwrap();
    while unread(demo.address.port(), &stream) > 0 {
        thread::yield_now();
    }
    signal("TERM", demo.pid());
    // The listener closes at once: from then on the worker is leaving.
    while connect(demo.address).is_ok() {
        thread::yield_now();
    }
    stream.write_all(b"st\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200 OK") && answer.contains("hello from worker"),
        "{answer}"
    );
    assert_eq!(demo.rest().last().unwrap()["code"], 0);
    assert_eq!(demo.wait().code(), Some(0));
}

/// How many bytes of `stream` its server has not yet read.
fn unread(port: u16, stream: &std::net::TcpStream) -> u32 {
    let places = format!("{:04X} 0100007F:{:04X}", port, stream.local_addr().unwrap().port());
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let line = table.lines().find(|line| line.contains(&places)).unwrap();
    let queues = line.split_whitespace().nth(4).unwrap();
    u32::from_str_radix(queues.split_once(':').unwrap().1, 16).unwrap()
}

#[test]
fn who_does_not_finish_within_five_seconds_is_cut_off() {
    let mut demo = Demo::start(2);
    let mut slow = connect(demo.address).unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    while unread(demo.address.port(), &slow) > 0 {
        thread::yield_now();
    }
    let told = std::time::Instant::now();
    signal("TERM", demo.pid());
    let rest = demo.rest();
    assert_eq!(demo.wait().code(), Some(0));
    assert!((4..8).contains(&told.elapsed().as_secs()), "{:?}", told.elapsed());
    let signals = rest.iter().filter(|event| event["signal"] == "SIGKILL").count();
    assert_eq!(signals, 1, "the other had nothing to finish: {rest:?}");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut demo = Demo::start(1);
    let mut slow = connect(demo.address).unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    while unread(demo.address.port(), &slow) > 0 {
        thread::yield_now();
    }
    let told = std::time::Instant::now();
    signal("TERM", demo.pid());
    while connect(demo.address).is_ok() {
        thread::yield_now();
    }
    signal("INT", demo.pid());
    assert_eq!(demo.wait().code(), Some(0));
    assert!(told.elapsed().as_secs() < 4, "{:?}", told.elapsed());
}

#[test]
fn a_worker_told_to_end_finishes_and_is_replaced() {
    let mut demo = Demo::start(2);
    let leaver = demo.listening[0];
    signal("TERM", leaver);
    let exit = demo.until("exit");
    assert_eq!((pid(&exit), exit["code"].as_i64()), (leaver, Some(0)));
    demo.until("listening");
    assert_eq!(demo.children().len(), 2);
}

#[test]
fn workers_do_not_outlive_a_primary_that_is_killed() {
    let mut demo = Demo::start(2);
    signal("KILL", demo.pid());
    demo.wait();
    // Its standard output is theirs too: at its end they are as good as gone.
    demo.rest();
    while demo.listening.iter().any(|pid| runs(*pid)) {
        thread::yield_now();
    }
}

#[test]
fn nobody_reading_its_report_is_no_reason_to_end() {
    let program = env!("CARGO_BIN_EXE_ferronode");
    let script = format!("{program} demo --port 0 --workers 1 --json | {{ read primary; echo $primary; }}; echo end");
    let mut shell = Command::new("sh");
    let mut child = shell
        .args(["-c", &script])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut output, &mut line).unwrap();
    let primary: serde_json::Value = serde_json::from_str(&line).unwrap();
    let port = u16::try_from(primary["port"].as_u64().unwrap()).unwrap();
    assert!(crate::program::ask_once(([127, 0, 0, 1], port).into()).is_ok());
    signal("TERM", pid(&primary));
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "end\n");
    assert!(child.wait().unwrap().success());
}
