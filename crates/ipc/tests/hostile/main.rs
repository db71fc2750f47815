//! What hostile peers cost a whole process: each case is a process of its own, so that its memory and its limits are.
//!
//! A case runs this program again, with the name of the case, under the limit of open files that it is about, and not as
//! the superuser, whom the kernel lets pass where it stops others.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::env;
use std::fs::{self, File};
use std::future::poll_fn;
use std::io::{ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use ferronode_ipc::proto::{About, HandleKind, Part, encode};
use ferronode_ipc::{Channel, Limits, Mode, Outgoing, RecvError, SendErrorKind};
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::time::timeout;

/// What the peer that never reads may cost, and all others: 5 MB.
const MOST: usize = 5_000;
/// The user that is nobody in particular.
const NOBODY: u32 = 65_534;

type Case = fn(Mode);

const CASES: [(&str, usize, Case); 6] = [
    ("a_peer_that_never_reads_costs_less_than_5_mb", 256, never_reads),
    ("questions_without_end_cost_less_than_5_mb", 256, asks_without_end),
    ("handles_without_descriptors_cost_less_than_5_mb", 256, sends_nothing),
    ("what_is_announced_and_never_sent_costs_nothing", 256, announces),
    ("handles_that_find_no_room_are_lost_with_a_word", 64, out_of_descriptors),
    (
        "more_handles_in_flight_than_the_kernel_allows_wait",
        64,
        too_many_in_flight,
    ),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    if let [_, flag, name, mode] = &arguments[..]
        && flag == "--case"
    {
        let (_, _, case) = CASES.iter().find(|(known, ..)| known == name).unwrap();
        case(mode.parse().unwrap());
        return ExitCode::SUCCESS;
    }
    let mut trials = Vec::new();
    for mode in [Mode::Json, Mode::Advanced, Mode::Bincode] {
        for (name, files, _) in CASES {
            // Mode bincode has no answers to handles, and so nothing that could fill up.
            if mode == Mode::Bincode && name.starts_with("handles_without") {
                continue;
            }
            let name_of_trial = format!("{}::{name}", mode.name());
            trials.push(Trial::test(name_of_trial, move || run(name, mode, files)));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn run(name: &str, mode: Mode, files: usize) -> Result<(), Failed> {
    let mut command = Command::new("sh");
    // By its descriptor, since nobody may not be let into the folder where it lies.
    let script = format!(
        "ulimit -n {files} && exec /proc/self/fd/0 --case {name} {}",
        mode.name()
    );
    command.args(["-c", &script]).stdin(File::open(env::current_exe()?)?);
    if fs::metadata("/proc/self")?.uid() == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output()?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}

/// Runs a case in a runtime, and not for ever.
fn alone(case: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let within = async { timeout(Duration::from_secs(30), case).await.expect("this ends") };
    runtime.unwrap().block_on(within);
}

/// Resident memory, in kB.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[track_caller]
fn check_memory(idle: usize) {
    let grown = resident().saturating_sub(idle);
    println!("{grown} kB over {idle} kB");
    assert!(grown < MOST, "{grown} kB over {idle} kB");
}

/// A channel that has been used, so that what it needs once is there, and its peer's socket.
async fn used_channel(mode: Mode) -> (Channel, UnixStream) {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    if mode == Mode::Bincode {
        theirs.write_all(&[4, 0, 0, 0, 0, 0, 0, 0, b'F', b'N', 1, 1]).unwrap();
    }
    theirs.write_all(&frame_of(mode, Part::Message, 0)).unwrap();
    let mut channel = Channel::new(ours.into(), mode).unwrap();
    assert!(channel.recv().await.unwrap().is_some());
    channel.send("x".repeat(64 << 10)).await.unwrap();
    (channel, theirs)
}

fn frame_of(mode: Mode, part: Part, handles: usize) -> Vec<u8> {
    let about = About {
        part,
        handles: &vec![HandleKind::Native; handles],
        ..About::default()
    };
    let mut bytes = Vec::new();
    encode(mode, "?", &about, &Limits::default(), &mut bytes).unwrap();
    bytes
}

/// Sends what there is room for, then a thousand times what there is none for.
fn never_reads(mode: Mode) {
    alone(async {
        for length in [1, 1 << 10, 60 << 10] {
            let (channel, _theirs) = used_channel(mode).await;
            let idle = resident();
            let mut sent = 0;
            while channel.sender().try_send("x".repeat(length)).is_ok() {
                sent += 1;
            }
            for _ in 0..1_000 {
                let error = channel.sender().try_send("x".repeat(length)).unwrap_err();
                assert!(matches!(error.kind, SendErrorKind::Full));
                let waiting = timeout(Duration::ZERO, channel.send("x".repeat(length))).await;
                assert!(waiting.is_err(), "send waits");
            }
            print!("{sent} messages of {length} bytes: ");
            check_memory(idle);
        }
    });
}

/// Writes `bytes` again and again until the peer takes no more of them, and no more than 64 MB.
async fn flood(channel: &mut Channel, mut theirs: &UnixStream, bytes: &[u8]) {
    theirs.set_nonblocking(true).unwrap();
    let mut written = 0;
    loop {
        let before = written;
        while written < 64_000_000 {
            match theirs.write(bytes) {
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
        // What is let in is dropped: a question is refused by that.
        while timeout(Duration::ZERO, channel.recv()).await.is_ok() {}
        if written == before {
            break;
        }
    }
    print!("{written} bytes: ");
    assert!(written < 64_000_000, "no end");
}

fn asks_without_end(mode: Mode) {
    alone(async {
        let (mut channel, theirs) = used_channel(mode).await;
        let idle = resident();
        flood(
            &mut channel,
            &theirs,
            &frame_of(mode, Part::Request(1), 0).repeat(1_000),
        )
        .await;
        check_memory(idle);
    });
}

fn sends_nothing(mode: Mode) {
    alone(async {
        let (mut channel, theirs) = used_channel(mode).await;
        let idle = resident();
        let handle = frame_of(mode, Part::Message, 1);
        flood(&mut channel, &theirs, &handle.repeat(1_000)).await;
        check_memory(idle);
    });
}

/// As much as the limit allows is announced, fifty times, and a few bytes of it come.
fn announces(mode: Mode) {
    alone(async {
        let idle = resident();
        let length = 63u32 << 20;
        let announced = match mode {
            Mode::Bincode => [&5u32.to_le_bytes()[..], &[1, 0, 1, 0], &length.to_le_bytes(), b"?"].concat(),
            _ => length.to_be_bytes().to_vec(),
        };
        let mut open = Vec::new();
        for _ in 0..50 {
            let (mut channel, mut theirs) = used_channel(mode).await;
            theirs.write_all(&announced).unwrap();
            theirs.write_all(&[b' '; 1_000]).unwrap();
            assert!(timeout(Duration::ZERO, channel.recv()).await.is_err());
            open.push((channel, theirs));
        }
        check_memory(idle);
    });
}

/// Drives `channel` until `done`, however much it says meanwhile.
async fn receive_until_lost(channel: &mut Channel) {
    loop {
        match channel.recv().await {
            Err(RecvError::HandleNotReceived { internal: false }) => return,
            Ok(Some(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn out_of_descriptors(mode: Mode) {
    alone(async {
        let (mut parent, mut child) = Channel::pair(mode).unwrap();
        let handle = Arc::new(OwnedFd::from(UnixStream::pair().unwrap().0));
        for _ in 0..3 {
            let mut fillers: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
            parent
                .send(Outgoing::new("lost").with_handle(Arc::clone(&handle)))
                .await
                .unwrap();
            if mode == Mode::Bincode {
                let message = child.recv().await.unwrap().unwrap();
                assert!(message.handles_lost() && message.take_handle().is_none());
            } else {
                tokio::select! {
                    () = receive_until_lost(&mut parent) => {}
                    received = child.recv() => panic!("{received:?}"),
                }
            }
            fillers.clear();
            parent
                .send(Outgoing::new("found").with_handle(Arc::clone(&handle)))
                .await
                .unwrap();
            let message = child.recv().await.unwrap().unwrap();
            assert_eq!(message.to::<String>().unwrap(), "found");
            assert!(message.take_handle().is_some());
            child.send("thanks").await.unwrap();
            assert!(parent.recv().await.unwrap().is_some());
        }
    });
}

fn too_many_in_flight(mode: Mode) {
    alone(async {
        let (mut parent, mut child) = Channel::pair(mode).unwrap();
        let handle = Arc::new(OwnedFd::from(UnixStream::pair().unwrap().0));
        for number in 0..200 {
            parent
                .send(Outgoing::new(number).with_handle(Arc::clone(&handle)))
                .await
                .unwrap();
        }
        let mut number = 0;
        poll_fn(|context| {
            // In Node's modes the acknowledgements are among what the parent receives.
            assert!(parent_is_pending(&mut parent, context));
            while let Poll::Ready(message) = Box::pin(child.recv()).as_mut().poll(context) {
                let message = message.unwrap().expect("the channel lives");
                assert_eq!(message.to::<i32>().unwrap(), number);
                assert!(message.take_handle().is_some() && !message.handles_lost());
                number += 1;
            }
            if number == 200 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        assert!(parent.sender().is_connected());
    });
}

fn parent_is_pending(parent: &mut Channel, context: &mut std::task::Context<'_>) -> bool {
    Box::pin(parent.recv()).as_mut().poll(context).is_pending()
}
