//! The system calls under Ferronode, libuv's place: socket pairs, descriptor passing, processes, signals.
//!
//! ```
//! use std::{io::IoSlice, os::fd::AsFd};
//!
//! let (parent, child) = ferronode_sys::stream_pair()?;
//! let gift = std::fs::File::open("/dev/null")?;
//! ferronode_sys::send(parent.as_fd(), &[IoSlice::new(b"for you")], &[gift.as_fd()])?;
//!
//! let (mut bytes, mut fds) = ([0; 16], Vec::new());
//! let length = ferronode_sys::receive(child.as_fd(), &mut bytes, &mut fds).unwrap();
//! assert_eq!((&bytes[..length], fds.len()), (&b"for you"[..], 1));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # How it works
//!
//! ```text
//!   parent                                      child
//!   stream_pair() ── one end stays ──┐      ┌── take(n): the descriptor that came through exec
//!   Spawn: the other end becomes n ──┼──────┘
//!   send(bytes + descriptors) ───────┴────────> receive(bytes + descriptors)
//!   PidFd: wait, signal                         exits
//! ```
//!
//! Every descriptor is an [`OwnedFd`](std::os::fd::OwnedFd) from its first instruction, and close-on-exec.
//! No type of `nix` or `libc` shows in a signature.
//!
//! # Reading order
//!
//! 1. [`stream_pair`]: the two ends of a channel.
//! 2. [`send`] and [`receive`]: bytes and descriptors together; lost descriptors are an error. [`receive_now`]: bytes alone.
//!    [`unread`]: what waits there.
//! 3. [`Spawn`]: a program with exactly the descriptors that it is to have.
//! 4. [`take`] and [`remove_env`]: the child's half.
//! 5. [`PidFd`] and [`Signal`]: one process for ever, and what it can be told.
//! 6. [`listen_tcp`], [`accept`], [`socket_kind`]: sockets, and what a descriptor from elsewhere is.
//! 7. [`Trap`], [`set_title`], [`resource_usage`], [`identity()`], [`give_way`]: what a process does with itself.
//! 8. `Readiness` (feature `tokio`) and [`wait_readable`]: waiting for a descriptor, in a runtime and without one.
//!
//! # The unsafe budget
//!
//! This is one of the three rooms of unsafe in the house; every block names the fact that it relies on.
//!
//! | module | why it cannot do without | tests |
//! | --- | --- | --- |
//! | `fd_passing` | nix loses the descriptors of a truncated message; here they are closed | `passing` |
//! | `inherit` | a number from the environment becomes an owned descriptor; `remove_var` | `inheriting` |
//! | `kill` | nix's has no real-time signals | `oneself` |
//! | `listen` | owning what `accept4` returned | `listening` |
//! | `pidfd` | `pidfd_open`, `pidfd_send_signal`, `waitid(P_PIDFD)`, `PIDFD_GET_INFO` have no safe wrapper that keeps every signal | `processes` |
//! | `readiness` | tokio wants the promise that a descriptor stays open while it is watched | by the crates above |
//! | `unread` | nix makes an unsafe function of an `ioctl` | `passing` |
//! | `birth` | a child in its parent's memory, with its pidfd: nobody wraps `clone` with CLONE_VFORK and CLONE_PIDFD | `processes` |
//! | `scheduling` | `sched_setscheduler`, which nix does not wrap | `oneself` |
//! | `spawn` | owning what `fcntl(F_DUPFD_CLOEXEC)` returned | `processes` |
//! | `title` | `prctl(PR_SET_MM_MAP)`, which nobody wraps | `oneself` |
//! | `trap` | a signal handler, and putting back what was there before | `oneself` |
//!
//! # Node and Rust
//!
//! | libuv | here |
//! | --- | --- |
//! | `uv_socketpair` | [`stream_pair`] |
//! | `uv_spawn` | [`Spawn`] |
//! | `uv_write2` | [`send`] |
//! | `uv_process_kill` | [`PidFd::send_signal`] |
//! | `uv_tcp_bind`, `uv_listen`, `uv_accept` | [`listen_tcp`], [`accept`] |
//! | `uv_pipe_pending_type` | [`socket_kind`] |
//! | `uv_signal_start`, `uv_kill` | [`Trap`], [`kill()`] |
//! | `uv_set_process_title`, `uv_getrusage`, `uv_hrtime` | [`set_title`], [`resource_usage`], [`monotonic`] |
//!
//! # Why not …
//!
//! **… `std::process::Command`?** With a `pre_exec` closure (the only way to place a descriptor) it falls back to
//! `fork`, which takes 76 ms in a parent of 2 GiB.
//!
//! **… `posix_spawn`?** It sets no user or group, and gives a number instead of a descriptor: with SIGCHLD ignored, or a
//! `waitpid(-1)` on another thread, the number may be somebody else's before a pidfd is opened. Both are `clone` underneath.
//!
//! **… `nix` alone?** Its `cmsgs()` answers a truncated message with an error and leaks what did come.
//!
//! **… other systems?** SCM_RIGHTS, pidfd and the rest are meant as Linux has them. Elsewhere the build ends in one line.
#![deny(unsafe_code)]

#[cfg(not(target_os = "linux"))]
compile_error!("Ferronode runs on Linux alone: it is built on pidfd, SCM_RIGHTS and SOCK_SEQPACKET as Linux has them");

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[allow(unsafe_code)]
mod birth;
mod error_name;
#[allow(unsafe_code)]
mod fd_passing;
mod identity;
#[allow(unsafe_code)]
mod inherit;
#[allow(unsafe_code)]
mod kill;
#[allow(unsafe_code)]
mod listen;
#[allow(unsafe_code)]
mod pidfd;
mod poll;
#[cfg(feature = "tokio")]
#[allow(unsafe_code)]
mod readiness;
#[allow(unsafe_code)]
mod scheduling;
mod signal;
mod socket_io;
mod socket_kind;
mod socketpair;
#[allow(unsafe_code)]
mod spawn;
#[allow(unsafe_code)]
mod title;
#[allow(unsafe_code)]
mod trap;
#[allow(unsafe_code)]
mod unread;
mod usage;

pub use error_name::error_name;
pub use fd_passing::{MAX_FDS, ReceiveError, receive, receive_into, send};
pub use identity::{Identity, group_id, identity, set_egid, set_euid, set_gid, set_uid, set_umask, user_id};
pub use inherit::{InheritError, TooManyTasks, duplicate, remove_env, take};
pub use kill::kill;
pub use listen::{DEFAULT_BACKLOG, accept, bind_udp, listen_on, listen_tcp, peer_address, set_nonblocking};
pub use pidfd::{PidFd, Wait};
pub use poll::{is_readable, wait_readable};
#[cfg(feature = "tokio")]
pub use readiness::{Readiness, Ready};
pub use scheduling::give_way;
pub use signal::{Signal, UnknownSignal};
pub use socket_io::{is_at_end, receive_now, send_now};
pub use socket_kind::{SocketKind, inode, open_sockets, socket_kind};
pub use socketpair::{finish_sending, packet_pair, set_send_buffer, shut_down, stream_pair};
pub use spawn::{Spawn, SpawnError, Spawned};
pub use title::set_title;
pub use trap::{Trap, TrapError, arrived, has_arrived, wait_for_signals};
pub use unread::unread;
pub use usage::{ResourceUsage, monotonic, resource_usage, since_boot};
