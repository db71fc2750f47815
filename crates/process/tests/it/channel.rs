//! The channel of a forked child, with real Node as the parent, in both of its modes.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ferronode_process::{
    DISCONNECT, EXIT, MESSAGE, NoLoop, SendErrorKind, connected, disconnect, keep_alive_for_channel, on, once, send,
    set_timeout,
};
use fixtures::{node, with_node};
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use crate::case::{cases, check, looped};

cases! {
    without_a_channel_nothing_is_sent = "" => "false true ERR_IPC_DISCONNECTED", 0;
    forked_echo = "" => "-", 0;
    forked_sender = "" => "-", 0;
    forked_late_listener = "" => "-", 0;
    forked_flooded = "" => "-", 0;
    forked_with_handles = "" => "-", 0;
    forked_disconnect = "" => "-", 0;
    forked_unref = "" => "-", 0;
    forked_exit_after_much = "" => "-", 0;
}

fn without_a_channel_nothing_is_sent() -> ExitCode {
    looped(|| {
        let refused = send("x").unwrap_err();
        let is_closed = matches!(refused.kind, SendErrorKind::Closed);
        println!("{} {is_closed} {}", connected(), disconnect().unwrap_err().code());
    })
}

/// Sends each message back, until the parent disconnects; then it ends by itself.
fn forked_echo() -> ExitCode {
    looped(|| {
        on(MESSAGE, |message| {
            let value: Value = message.to().unwrap();
            send(json!({ "echo": value, "connected": connected() })).unwrap();
        });
        on(EXIT, |_| assert!(!connected()));
    })
}

/// Has no listener, so that it ends when it has sent.
fn forked_sender() -> ExitCode {
    looped(|| send(json!({ "hello": "parent", "variables": variables() })).map_err(|error| error.to_string()))
}

/// What a grandchild would take for its own.
fn variables() -> usize {
    std::env::vars_os()
        .filter(|(name, _)| name.to_string_lossy().starts_with("NODE_CHANNEL"))
        .count()
}

/// Listens only when the messages have long been here.
fn forked_late_listener() -> ExitCode {
    looped(|| {
        send("ready").unwrap();
        set_timeout(Duration::from_millis(50), || {
            on(MESSAGE, |message| send(message.to::<Value>().unwrap()).unwrap());
        })
    })
}

/// The number of the message that is next.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Listens when more has been sent than waits here: the rest has waited in the kernel, and with the parent.
fn forked_flooded() -> ExitCode {
    looped(|| {
        send("ready").unwrap();
        set_timeout(Duration::from_millis(100), || {
            on(MESSAGE, |message| {
                let number: u64 = message.to::<Vec<Value>>().unwrap()[0].as_u64().unwrap();
                assert_eq!(number, NEXT.fetch_add(1, Ordering::Relaxed), "in order");
                if number == 4999 {
                    send("all").unwrap();
                }
            });
        })
    })
}

/// Listens when more handles have been sent than may wait here: what a program has of descriptors is not all the parent's.
fn forked_with_handles() -> ExitCode {
    let descriptors = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    looped(move || {
        let before = descriptors();
        send("ready").unwrap();
        set_timeout(Duration::from_millis(200), move || {
            let held = descriptors() - before;
            send((1..=64).contains(&held)).unwrap();
            on(MESSAGE, |message| {
                let is_there = message.take_handle().is_some();
                assert_eq!(message.to::<u64>().ok(), Some(NEXT.fetch_add(1, Ordering::Relaxed)));
                if !is_there || NEXT.load(Ordering::Relaxed) == 300 {
                    send(is_there).unwrap();
                }
            });
        })
    })
}

fn forked_disconnect() -> ExitCode {
    looped(|| {
        once(MESSAGE, |_| {
            send("the last").unwrap();
            disconnect().unwrap();
            assert!(!connected() && disconnect().is_err());
        });
        on(DISCONNECT, |()| ferronode_process::set_exit_code(4));
        on(EXIT, |_| {
            // It happened once, and is kept: a listener that is too late is too late only for the loop.
            assert_eq!(ferronode_process::exit_code(), Some(4));
        });
    })
}

fn forked_unref() -> ExitCode {
    looped(|| {
        on(MESSAGE, |_| ());
        keep_alive_for_channel(false);
        set_timeout(Duration::from_millis(20), || send("unreffed").unwrap()).map(drop)?;
        Ok::<_, NoLoop>(())
    })
}

/// Node would lose most of this.
fn forked_exit_after_much() -> ExitCode {
    looped(|| -> () {
        send("x".repeat(5_000_000)).unwrap();
        ferronode_process::exit(3)
    })
}

/// What every parent does: fork the program named, log what happens to it, and print the log at its end.
const PARENT: &str = "
    const [program, mode, name] = process.argv.slice(1);
    const child = require('child_process').fork('--program', [name], { execPath: program, execArgv: [], serialization: mode });
    const log = [];
    const say = text => log.push(text);
    child.on('disconnect', () => say('disconnect'));
    child.on('exit', (code, signal) => { say('exit ' + (signal || code)); console.log(log.join('\\n')); });
";

pub(crate) fn trials() -> Vec<Trial> {
    let scenes: [(&str, &str, &str); 8] = [
        (
            "forked_echo",
            "let n = 0; child.on('message', m => { say(JSON.stringify(m)); if (++n === 3) child.disconnect(); });
             child.send('a'); child.send({ b: [1, null] }); child.send('好'.repeat(2));",
            "{\"connected\":true,\"echo\":\"a\"}, {\"connected\":true,\"echo\":{\"b\":[1,null]}}, {\"connected\":true,\"echo\":\"好好\"}, disconnect, exit 0",
        ),
        (
            "forked_sender",
            "child.on('message', m => say(m.hello + ' ' + m.variables));",
            "parent 0, disconnect, exit 0",
        ),
        (
            "forked_late_listener",
            "let n = 0; child.on('message', m => { say(m); if (m === 'ready') for (let i = 0; i < 3; i++) child.send(i); if (++n === 4) child.disconnect(); });",
            "ready, 0, 1, 2, disconnect, exit 0",
        ),
        (
            "forked_flooded",
            "child.on('message', m => { if (m === 'all') { say(m); child.disconnect(); } else for (let i = 0; i < 5000; i++) child.send([i, 'x'.repeat(500)]); });",
            "all, disconnect, exit 0",
        ),
        (
            "forked_with_handles",
            "const server = require('net').createServer().listen(0, '127.0.0.1', () => {
               const talk = m => { if (m === 'ready') for (let i = 0; i < 300; i++) child.send(i, server); else say(m); };
               child.on('message', m => { talk(m); if (log.length === 2) { server.close(); child.disconnect(); } });
             });",
            "true, true, disconnect, exit 0",
        ),
        (
            "forked_disconnect",
            "child.on('message', m => say(m)); child.send('go');",
            "the last, disconnect, exit 4",
        ),
        (
            "forked_unref",
            "child.on('message', m => say(m));",
            "unreffed, disconnect, exit 0",
        ),
        (
            "forked_exit_after_much",
            "child.on('message', m => say(m.length));",
            "5000000, disconnect, exit 3",
        ),
    ];
    let mut trials = Vec::new();
    for mode in ["json", "advanced"] {
        for (name, scene, expected) in scenes {
            trials.push(with_node(format!("node::{mode}::{name}"), move || {
                parent(mode, name, scene, expected)
            }));
        }
    }
    trials
}

fn parent(mode: &str, name: &str, scene: &str, expected: &str) -> Result<(), Failed> {
    let mut command = node();
    command.args(["-e", &format!("{PARENT}{scene}")]);
    command.arg(std::env::current_exe()?).args([mode, name]);
    check(&mut command, expected, 0)
}
