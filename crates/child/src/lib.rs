//! Child processes as Node's `child_process` has them: spawn, exec, fork, and the calls that wait.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use ferronode_child::{Command, Fork, MESSAGE};
//!
//! print!("{}", Command::shell("ls /usr | wc -l").exec().await?.stdout_text());
//!
//! let child = Fork::this_program()?.arg("child").spawn()?;
//! child.on(MESSAGE, |message| println!("{:?}", message.to::<String>()));
//! child.send("good morning").await?;
//! println!("{}", child.exited().await);
//! # Ok(()) }
//! ```
//!
//! # How it works
//!
//! ```text
//!   parent                                               child
//!   Command ── clone, its pidfd, exec ─────────────────> main
//!   ChildProcess: stdin ───── socket pair ─────────────> 0
//!                 stdout, stderr <── socket pairs ────── 1, 2
//!                 send ────── channel ─────────────────> Inherited::take, Channel::recv
//!                 MESSAGE <── channel ────────────────── Channel::send
//!   driver: channel, streams and pidfd, until all have ended
//!   SPAWN …     DISCONNECT, EXIT, CLOSE
//! ```
//!
//! What happens once is kept: a listener for [`EXIT`] that comes after the exit is called all the same, and
//! [`ChildProcess::exited`] reads the same state. Messages and output wait, bounded, for whoever takes them.
//!
//! No wait hangs on somebody else: [`EXIT`] waits for the process alone, [`CLOSE`] for whoever holds its pipes, and
//! [`Command::output`] for as long as they still speak.
//!
//! # Reading order
//!
//! 1. [`Command`]: what to start, and how; [`Stdio`]: what its descriptors are connected with; `pipe.rs` is our end, and `handed.rs` a stream of ours.
//! 2. `search.rs`, `environment.rs`, `spawn.rs`: where a program is looked for, what it is told, how it is started.
//! 3. [`Exit`], and the order in which a child's end is told; `driver.rs`, which tells it.
//! 4. [`ChildProcess`]: what can be asked of a child, told to it, and heard of it.
//! 5. [`Fork`]: a child with a channel.
//! 6. `exec.rs`, [`Captured`], [`Output`]: a child run to its end; [`Cut`]: why before it; `sync.rs`: the calls that wait.
//! 7. `kill_tree.rs`: everybody whom a child has started; `reaper.rs`: who waits when the runtime has ended.
//!
//! # Node and Rust
//!
//! | Node | here |
//! | --- | --- |
//! | `spawn(program, args, options)` | [`Command::new`], then [`Command::spawn`] |
//! | `exec(line)`, `execFile(program, args)` | [`Command::shell`], [`Command::new`], then [`Command::exec`] |
//! | `spawnSync`, `execSync`, `execFileSync` | [`Command::output_sync`], [`Command::exec_sync`] |
//! | `fork(module, args, options)` | [`Fork`], then [`Fork::spawn`]; a script of Node's by [`Fork::script`] |
//! | `options.signal`, `AbortController` | [`Command::abort_by`], [`AbortHandle`] |
//! | `child.stdout.on('data', f)` | `child.stdout()` gives a stream of `ferronode-stream` |
//! | `stdio: [a.stdout, 'pipe', 'pipe']` | `command.stdin(a.stdout().unwrap().into())` |
//! | `child.on('message', f)` | `child.on(MESSAGE, f)` |
//! | `child.send(value, handle)` | [`ChildProcess::send`] |
//! | `child.kill(signal)` | [`ChildProcess::kill`]; [`ChildProcess::kill_tree`] for all whom it has started |
//! | `child.exitCode`, `child.signalCode` | [`ChildProcess::exit`] |
//! | `'error'` for a failed start | the `Err` of [`Command::spawn`] and [`Fork::spawn`] |
//! | `'error'` for an abort | [`ABORTED`] |
//! | `ref`, `unref` | nothing: a child keeps no runtime alive |
//!
//! # Why not …
//!
//! **… a SIGCHLD handler?** It belongs to the whole process, and other libraries have theirs. A pidfd is readable when
//! its process ends, and means that process alone.
//!
//! **… kill on drop?** A handle that goes out of scope is no decision to end a service.
#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod abort;
mod capture;
mod child_process;
mod command;
mod curfew;
mod driver;
mod environment;
mod error;
mod exec;
mod exit;
mod fork;
mod handed;
mod kill_tree;
mod output;
mod pipe;
mod reaper;
mod search;
mod spawn;
mod stdio;
mod stream_ends;
mod sync;

pub use abort::AbortHandle;
pub use capture::{Captured, Overflow};
pub use child_process::{ABORTED, CLOSE, ChildProcess, DISCONNECT, ERROR, EXIT, MESSAGE, SPAWN};
pub use command::{Command, MAX_BUFFER};
pub use curfew::Cut;
pub use error::{Aborted, ChannelError, ForkError, ForkErrorReason, SpawnError, SpawnErrorReason};
pub use exit::Exit;
pub use ferronode_sys::Signal;
pub use fork::Fork;
pub use output::{ExecError, Failure, Output};
pub use stdio::Stdio;
