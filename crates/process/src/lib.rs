//! Node's `process` for Rust: identity, signals, standard streams, the event loop's order, the end, the parent's channel.
//!
//! ```no_run
//! use ferronode_process::{self as process, EXIT, NoLoop};
//!
//! fn main() -> std::process::ExitCode {
//!     process::run(|| {
//!         process::on(EXIT, |code| println!("exit {code}"));
//!         process::set_immediate(|| println!("third"))?;
//!         process::next_tick(|| println!("second"))?;
//!         println!("first");
//!         Ok::<_, NoLoop>(())
//!     })
//! }
//! ```
//!
//! # How it works
//!
//! ```text
//!   run(main)
//!     │  takes the parent's channel out of the environment, while there is one thread
//!     v
//!   main, ticks
//!     ┌─> timers that are due ──> poll ──────────────────> immediates ─┐      after each callback: ticks
//!     │                            ├─ tasks, sockets (tokio's driver)  │      an error or a panic in one:
//!     │                            ├─ messages of the parent           │        UNCAUGHT, or the end with 1
//!     │                            └─ signals                          │
//!     └───────────── while something is alive <────────────────────────┘
//!   BEFORE_EXIT ── more to do? up again
//!   EXIT ── what was written is written ──> the exit code
//! ```
//!
//! There is one process, so there is no object: its methods are the functions of this crate, its events are constants, and
//! `use ferronode_process as process` makes it read as in Node. Listeners are called on the loop's thread; what is
//! scheduled there need not be `Send`.
//!
//! # Reading order
//!
//! 1. `event_loop.rs`, `callback.rs` — [`run`]: one turn after another, each in the same order, a callback at a time
//! 2. `schedule.rs`, `timers.rs` — [`next_tick`], [`set_immediate`], [`set_timeout`], [`spawn`], and which timer is next
//! 3. `exit.rs`, `uncaught.rs`, `unhandled.rs` — how it ends, and what of errors that nobody caught
//! 4. `events.rs`, `signals.rs`, `wake.rs` — who listens: [`on`], [`on_signal`]; how the loop is woken
//! 5. `messages.rs` — the forked child's end of the channel: [`send`], [`MESSAGE`], [`disconnect`]
//! 6. `stdio.rs` — [`stdin`], [`stdout`], [`stderr`]
//! 7. `identity.rs`, `env.rs`, `directory.rs`, `usage.rs`, `machine.rs`, `kill.rs`, `warning.rs` — the rest, a page each
//!
//! # Node and Rust
//!
//! | Node | here |
//! | --- | --- |
//! | a script | [`run`] |
//! | `process.on('exit', f)`, `off` | [`on`] with [`EXIT`], [`remove`] |
//! | `process.on('SIGHUP', f)` | [`on_signal`]`(Signal::HUP, f)?`, a signal from text is `"SIGHUP".parse()?` |
//! | `process.nextTick`, `setImmediate`, `setTimeout`, `setInterval` | [`next_tick`], [`set_immediate`], [`set_timeout`], [`set_interval`] |
//! | `async` functions | [`spawn`] |
//! | `throw`, a rejection, `'uncaughtException'` | an `Err` or a panic of a callback or task, [`UNCAUGHT`] |
//! | `process.exit(3)`, `process.exitCode = 3` | [`exit`], [`set_exit_code`] |
//! | `process.send`, `'message'`, `disconnect`, `channel.ref` | [`send`], [`MESSAGE`], [`disconnect`], [`keep_alive_for_channel`] |
//! | `process.stdin`, `stdout`, `stderr` | [`stdin`], [`stdout`], [`stderr`] |
//! | `process.env.A = '1'` | [`env()`]`.set("A", "1")` |
//! | `pid`, `ppid`, `argv`, `execPath`, `title`, `cwd()`, `chdir()` | [`pid`], [`ppid`], [`argv`], [`exec_path`], [`title`], [`cwd`], [`chdir`] |
//! | `hrtime`, `uptime`, `memoryUsage`, `cpuUsage`, `resourceUsage`, `umask` | [`hrtime`], [`uptime`], [`memory_usage`], [`cpu_usage`], [`resource_usage`], [`umask`] |
//! | `process.kill(pid, 'SIGTERM')`, `process.kill(pid, 0)` | [`kill`], [`can_kill`] |
//! | `process.emitWarning` | [`emit_warning`] |
//!
//! # Why not …
//!
//! **… `std::env::set_var`?** It is undefined behaviour as soon as another thread reads the environment, and `getaddrinfo`
//! does without telling. What programs want of it is that their children see the change: [`env()`] is what children get.
//!
//! **… `tokio::signal`?** It never gives a signal back: a program that listened once for SIGINT cannot be interrupted by it
//! again. Here the default returns with the last listener's going.
//!
//! **… order for all of tokio's tasks?** A scheduler that promises an order to everybody is slower for everybody. What is
//! scheduled here has Node's order, and who wants it asks here.
//!
//! **… `std::process::exit` in a callback?** It ends the program while output waits in a queue. [`exit`] unwinds to the loop,
//! and the loop writes it.
#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod callback;
mod directory;
mod env;
mod event_loop;
mod events;
mod exit;
mod identity;
mod kill;
mod machine;
mod messages;
mod schedule;
mod signals;
mod stdio;
mod timers;
mod uncaught;
mod unhandled;
mod usage;
mod wake;
mod warning;

pub use directory::{ChdirError, chdir, cwd};
pub use env::{Env, env};
pub use event_loop::run;
pub use events::{
    BEFORE_EXIT, DISCONNECT, EXIT, INTERNAL_MESSAGE, MESSAGE, UNCAUGHT, UNCAUGHT_MONITOR, WARNING, listener_count, on,
    once, prepend, remove, remove_all,
};
pub use exit::{abort, exit, exit_code, set_exit_code};
pub use ferronode_ipc::{Message, Outgoing, SendError, SendErrorKind, Sender};
pub use identity::{
    Account, AccountError, Identity, argv, argv0, exec_path, identity, pid, ppid, set_egid, set_euid, set_gid,
    set_title, set_uid, title,
};
pub use kill::{KillError, can_kill, kill};
pub use machine::{Config, arch, config, platform, version, versions};
pub use messages::{NotConnected, channel, connected, disconnect, keep_alive_for_channel, send};
pub use schedule::{
    Immediate, NoLoop, Timeout, clear_immediate, clear_timeout, next_tick, set_immediate, set_interval, set_timeout,
    spawn,
};
pub use signals::{Signal, SignalError, on_signal, once_signal, signal_listener_count};
pub use stdio::{are_terminals, stderr, stdin, stdout};
pub use uncaught::{Origin, Outcome, Uncaught};
pub use usage::{
    CpuUsage, MemoryUsage, ResourceUsage, cpu_usage, hrtime, memory_usage, resource_usage, set_umask, umask, uptime,
};
pub use warning::{Warning, emit_warning};
