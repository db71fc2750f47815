//! Law: nothing depends on listening in time. In every way in which a child can end, whoever begins to listen when all is
//! over hears the same as whoever has listened from the beginning.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ferronode_child::{
    ABORTED, AbortHandle, CLOSE, ChildProcess, Command, DISCONNECT, ERROR, EXIT, MESSAGE, SPAWN, Signal, Stdio,
};
use ferronode_events::EventName;
use ferronode_stream::{DATA, END};

use crate::forking::fork;

fixtures::trials! {
    whoever_listens_late_hears_the_same_in_every_way_to_end,
}

type Log = Arc<Mutex<Vec<String>>>;

/// Writes down all that is told of a child; waits until its close was told, to this listener too.
async fn heard(child: &ChildProcess) -> Vec<String> {
    let log = Log::default();
    note(child, &log, SPAWN, |()| "spawn".to_owned());
    note(child, &log, MESSAGE, |said| {
        format!("message {:?}", said.to::<u32>().ok())
    });
    note(child, &log, ERROR, |error| format!("error {error}"));
    note(child, &log, ABORTED, |error| error.to_string());
    note(child, &log, DISCONNECT, |()| "disconnect".to_owned());
    note(child, &log, EXIT, |exit| format!("exit {exit}"));
    let (sender, closed) = tokio::sync::oneshot::channel();
    let sender = Mutex::new(Some(sender));
    let stream = listen_to_output(child);
    note(child, &log, CLOSE, move |exit| {
        // The last listener of the last event.
        sender.lock().unwrap().take().unwrap().send(()).unwrap();
        format!("close {exit}")
    });
    closed.await.unwrap();
    let mut told = log.lock().unwrap().clone();
    told.push(format!("output {}", stream.await));
    told
}

fn note<E>(child: &ChildProcess, log: &Log, event: E, text: impl Fn(&E::Payload) -> String + Send + Sync + 'static)
where
    E: EventName,
{
    let (log, pid) = (Arc::clone(log), child.pid().to_string());
    child.on(event, move |payload| {
        log.lock().unwrap().push(text(payload).replace(&pid, "PID"));
    });
}

/// What comes by DATA until END.
fn listen_to_output(child: &ChildProcess) -> impl Future<Output = String> + use<> {
    let text = Log::default();
    let (sender, ended) = tokio::sync::oneshot::channel();
    let sender = Mutex::new(Some(sender));
    let stdout = child.stdout().cloned();
    if let Some(stdout) = &stdout {
        let to = Arc::clone(&text);
        stdout.on(DATA, move |chunk| {
            to.lock().unwrap().push(String::from_utf8_lossy(chunk).into_owned());
        });
        stdout.on(END, move |()| sender.lock().unwrap().take().unwrap().send(()).unwrap());
    }
    async move {
        if stdout.is_some() {
            ended.await.unwrap();
        }
        text.lock().unwrap().concat()
    }
}

fn shell(line: &str) -> ChildProcess {
    Command::shell(line).spawn().unwrap()
}

/// A way to end, and a child that ends so.
type Way = (&'static str, fn() -> ChildProcess);

fn ways() -> Vec<Way> {
    vec![
        ("by itself", || shell("exit 0")),
        ("with a code", || shell("echo said; exit 3")),
        ("by a signal of its own", || shell("kill -9 $$")),
        ("by a signal of ours", || {
            let child = shell("exec sleep 60");
            child.kill(Signal::TERM).unwrap();
            child
        }),
        ("by its timeout", || {
            let mut command = Command::shell("echo said; exec sleep 60");
            command.timeout(Duration::from_millis(150)).spawn().unwrap()
        }),
        ("aborted", || {
            let handle = AbortHandle::new();
            handle.abort();
            Command::new("sleep").arg("60").abort_by(&handle).spawn().unwrap()
        }),
        ("with no pipe", || {
            let ignored = [Stdio::Ignore, Stdio::Ignore, Stdio::Ignore];
            Command::new("true").stdio(ignored).spawn().unwrap()
        }),
        ("before a grandchild that holds its output", || {
            shell("(sleep 0.1; echo late) & exit 4")
        }),
        ("detached", || Command::new("true").detached(true).spawn().unwrap()),
        ("with its input unread", || {
            // It waits for one line, and leaves the others.
            let child = shell("read line");
            child.stdin().unwrap().try_write(vec![b'\n'; 100_000]).unwrap();
            child
        }),
        ("with messages", || fork("say-and-exit").arg("3").spawn().unwrap()),
        ("by our disconnect", || {
            let child = fork("echo").spawn().unwrap();
            child.disconnect();
            child
        }),
        ("killed with an open channel", || {
            let child = fork("echo").spawn().unwrap();
            child.kill(Signal::KILL).unwrap();
            child
        }),
        ("by abort", || fork("abort").spawn().unwrap()),
        ("with a channel that it has broken", || {
            let ignored = [Stdio::Ignore, Stdio::Ignore, Stdio::Ignore, Stdio::Ipc];
            let mut command = Command::shell("echo '{no message' >&3; exit 5");
            command.stdio(ignored).spawn().unwrap()
        }),
    ]
}

async fn whoever_listens_late_hears_the_same_in_every_way_to_end() {
    for (way, child) in ways() {
        let mut early = heard(&child()).await;
        let child = child();
        child.closed().await;
        let mut late = heard(&child).await;
        assert!(late.len() >= 4, "{way}: {late:?}");
        // The channel's end and the process's own are told as they are seen: one and the other may be first.
        for told in [&mut early, &mut late] {
            // Messages that wait are told before what is kept, the start included.
            let start = told.iter().position(|told| told == "spawn").unwrap();
            told[..=start].rotate_right(1);
            let ends = |told: &String| told.starts_with("exit") || told == "disconnect";
            let first = told.iter().position(ends).unwrap();
            let last = told.iter().rposition(ends).unwrap();
            told[first..=last].sort();
        }
        assert_eq!(late, early, "{way}");
    }
}
