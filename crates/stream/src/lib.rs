//! Node's streams over tokio's I/O: chunks to read, chunks to write, pipes that go at the pace of the slower end.
//!
//! ```
//! use ferronode_stream::{Readable, Writable};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let source = Readable::from_chunks(["hello ", "world"]);
//! let (sink, mut far_end) = tokio::io::duplex(4);
//! let to = Writable::new(sink);
//!
//! let read = tokio::spawn(async move { tokio::io::copy(&mut far_end, &mut tokio::io::stdout()).await });
//! assert_eq!(source.pipe(&to).await?, 11);
//! assert_eq!(read.await??, 11);
//! # Ok(()) }
//! ```
//!
//! # How it works
//!
//! ```text
//!   AsyncRead ──┐                                          ┌──> AsyncWrite
//!   Stream ─────┼──> Readable ──── pipe: one chunk ──> Writable ── queue ── task
//!   chunks ─────┘     │    │       at a time             │  └── room? write waits, or DRAIN tells
//!                     │    └─ read(): when it is asked   └─ end(): FINISH, CLOSE
//!                     └─ on(DATA): a task reads: DATA, DATA, END, CLOSE
//! ```
//!
//! A readable reads nothing ahead, a writable holds at most its mark and one chunk: so memory stays flat, whatever is
//! slow. Chunks are [`Buffer`]s, short ones from the pool. Streams are handles: clones are the same stream.
//!
//! What happens once is kept: a listener for [`END`], [`FINISH`], [`ERROR`] or [`CLOSE`] that comes late is called all
//! the same. An error is told to who listens, and is the result of one call: the one that met it, else the next.
//!
//! # Reading order
//!
//! 1. `high_water_mark.rs` — when to say stop: [`HIGH_WATER_MARK`]
//! 2. `readable.rs` — [`Readable`]: paused and flowing; `source.rs` has what it reads from, `read_ahead.rs` who reads first
//! 3. `writable.rs` — [`Writable`]: write, drain, finish; `sink.rs` has what it writes to
//! 4. `life.rs` — how a stream ends, and who hears of it
//! 5. `pipe.rs` — [`Pipe`]: back-pressure, and who closes whom
//! 6. `duplex.rs`, `transform.rs` — [`Duplex`], [`Transform`]: two streams that are one thing
//! 7. `lines.rs`, `io.rs` — [`Lines`], and the ways out: [`Chunks`], [`Reader`], [`Writer`]; `descriptor.rs` for another program
//!
//! # Node and Rust
//!
//! | Node | here |
//! | --- | --- |
//! | `readable.on('data', f)`, `pause`, `resume` | [`Readable::on`] with [`DATA`], [`pause`](Readable::pause), [`resume`](Readable::resume) |
//! | `for await (const chunk of readable)` | `while let Some(chunk) = readable.read().await?`, or [`Readable::into_stream`] |
//! | `writable.write(chunk)`, `'drain'` | [`Writable::write`] waits; [`Writable::try_write`] and [`DRAIN`] |
//! | `writable.end()`, `'finish'` | [`Writable::end`], [`FINISH`], [`Writable::finished`] |
//! | `pipeline(a, b)`, `a.pipe(b, { end: false })` | [`Readable::pipe`], [`Pipe::keep_open`] |
//! | `pipeline(a, transform, b)` | `try_join!(a.pipe(t.writable()), t.readable().pipe(&b))` |
//! | `new Transform({ transform, flush })` | [`Duplex::transform`] |
//! | `stream.destroy(error)` | [`Readable::destroy_with`], [`Writable::destroy_with`] |
//! | `readline` | [`Readable::lines`] |
//! | `Readable.from(chunks)` | [`Readable::from_chunks`], [`Readable::from_stream`] |
//! | `'readable'`, `cork`, object mode | nothing: a chunk is asked for by `read`, a task writes many at once, chunks are bytes |
//!
//! # Why not …
//!
//! **… tokio's `AsyncRead` alone?** It is what is underneath, and one can come from it and go back. What it has not is a
//! handle for several, an end that is told, and an error that is not lost when nobody polls.
//!
//! **… an unbounded `write`, as Node's?** Its `false` is advice that most programs ignore until memory has run out.
//! Here a full queue takes nothing: waiting is the default, and whoever does not wait has the chunk back.
//!
//! **… read ahead?** The kernel does. Another buffer here would only hide from a slow reader that it is slow.
#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod descriptor;
mod duplex;
mod error;
mod high_water_mark;
mod io;
mod life;
mod lines;
mod pipe;
mod read_ahead;
mod readable;
mod sink;
mod source;
mod transform;
mod writable;

pub use descriptor::DescriptorError;
pub use duplex::Duplex;
pub use error::{StreamError, TryWriteError};
pub use ferronode_buffer::{Buffer, Encoding};
pub use high_water_mark::HIGH_WATER_MARK;
pub use io::{Chunks, Reader, Writer};
pub use life::{CLOSE, ERROR};
pub use lines::{LINE_LIMIT, Lines};
pub use pipe::Pipe;
pub use readable::{DATA, END, Readable};
pub use transform::{Output, Transform};
pub use writable::{DRAIN, FINISH, Writable};
