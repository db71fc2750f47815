//! What each descriptor of a child is connected with, and the parent's ends of that.
//!
//! ```text
//!   Stdio       the child has                     the parent has
//!   Pipe        one end of a socket pair          the other: stdin a Writable, stdout and stderr a Readable, others a Duplex
//!   Ignore      /dev/null; from 3 on nothing      nothing
//!   Inherit     the parent's descriptor           nothing
//!   Ipc         one end of a socket pair          the channel
//!   Fd          a copy of that descriptor         nothing
//!   Readable    what that stream stands upon      nothing: the stream is over here
//!   Writable    what that stream stands upon      nothing: likewise
//! ```
//!
//! Surprise: pipes are Unix socket pairs, as in Node. They hold more, and one can be written and read.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};

use ferronode_ipc::{Channel, Limits, Mode};
use ferronode_stream::{Duplex, Readable, Writable};
use ferronode_sys::{Spawn, stream_pair};

use crate::error::SpawnErrorReason;
use crate::handed::{self, Handed};
use crate::pipe::{PipeReader, PipeWriter};

/// What one descriptor of a child is connected with.
///
/// In Node: [`options.stdio`](https://nodejs.org/docs/latest-v20.x/api/child_process.html#optionsstdio).
#[derive(Debug)]
#[non_exhaustive]
pub enum Stdio {
    /// A stream between parent and child. The default of the first three.
    Pipe,
    /// `/dev/null` for the first three, which every program takes for granted; for others nothing at all.
    Ignore,
    /// What the parent has under the same number.
    Inherit,
    /// The channel for messages. A child has one at most.
    Ipc,
    /// A descriptor of the parent's: a file, a socket, one end of a pipe.
    Fd(OwnedFd),
    /// A stream, which the child reads on: another child's [`stdout`](crate::ChildProcess::stdout) as a rule. Here it is over.
    Readable(Readable),
    /// A stream, which the child writes to: another child's [`stdin`](crate::ChildProcess::stdin), and then it is over here; or
    /// one of this program's that goes on, to which what the child writes is taken.
    Writable(Writable),
}

impl Stdio {
    /// A descriptor of the parent's, by what owns it: a file, a socket, one end of a `std::io::pipe`.
    pub fn fd(owner: impl Into<OwnedFd>) -> Self {
        Self::Fd(owner.into())
    }
}

/// `Stdio::from(a.stdout().unwrap())`, for the standard input of `b`, is `a | b`.
impl From<&Readable> for Stdio {
    fn from(readable: &Readable) -> Self {
        Self::Readable(readable.clone())
    }
}

impl From<&Writable> for Stdio {
    fn from(writable: &Writable) -> Self {
        Self::Writable(writable.clone())
    }
}

/// The parent's ends.
#[derive(Debug, Default)]
pub(crate) struct Ends {
    /// By the number of the child's descriptor. Nobody waits for them yet.
    pub(crate) pipes: Vec<Option<OwnedFd>>,
    pub(crate) channel: Option<Channel>,
}

/// The parent's ends as streams.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    pub(crate) stdin: Option<Writable>,
    pub(crate) stdout: Option<Readable>,
    pub(crate) stderr: Option<Readable>,
    /// From descriptor 3 on.
    pub(crate) others: Vec<Option<Duplex>>,
}

impl Streams {
    /// What is read from the child, by its descriptor.
    pub(crate) fn readables(&self) -> impl Iterator<Item = (usize, &Readable)> {
        let first = [(1, self.stdout.as_ref()), (2, self.stderr.as_ref())];
        let others = self.others.iter().zip(FIRST_OTHER..);
        first
            .into_iter()
            .chain(others.map(|(duplex, number)| (number, duplex.as_ref().map(Duplex::readable))))
            .filter_map(|(number, readable)| Some((number, readable?)))
    }
}

/// Descriptors before this one have names.
pub(crate) const FIRST_OTHER: usize = 3;

/// The child's ends.
pub(crate) struct Given<'a> {
    made: Vec<(OwnedFd, RawFd)>,
    lent: Vec<(BorrowedFd<'a>, RawFd)>,
    kept: Vec<RawFd>,
    /// The streams that the child writes to, and where in `made` their descriptors are.
    outputs: Vec<(&'a Writable, usize)>,
    afterwards: Vec<Box<dyn FnOnce()>>,
}

impl<'a> Given<'a> {
    /// Says what the child is to have under which number.
    pub(crate) fn describe<'s>(&'s self, spawn: &mut Spawn<'s>)
    where
        'a: 's,
    {
        for (fd, number) in &self.made {
            spawn.descriptor(fd.as_fd(), *number);
        }
        for (fd, number) in &self.lent {
            spawn.descriptor(*fd, *number);
        }
        for number in &self.kept {
            spawn.keep(*number);
        }
    }

    /// The child has been started: streams that were handed to it are its own now.
    pub(crate) fn hand_over(self) {
        self.afterwards.into_iter().for_each(|hand_over| hand_over());
    }

    /// Two outputs into one stream are copies of one descriptor, which ends when both have been closed.
    fn add_output(&mut self, writable: &'a Writable, number: RawFd) -> io::Result<()> {
        let same = self.outputs.iter().find(|(output, _)| output.is_same(writable));
        if let Some((_, index)) = same {
            let copy = self.made[*index].0.try_clone()?;
            self.made.push((copy, number));
        } else {
            self.outputs.push((writable, self.made.len()));
            self.add_handed(handed::output(writable)?, number);
        }
        Ok(())
    }

    fn add_handed(&mut self, (fd, afterwards): Handed, number: RawFd) {
        self.made.push((fd, number));
        self.afterwards.push(afterwards);
    }
}

/// The descriptor of the channel, if there is one.
pub(crate) fn channel_number(list: &[Stdio]) -> Result<Option<usize>, SpawnErrorReason> {
    let mut channels = list.iter().enumerate().filter(|(_, stdio)| matches!(stdio, Stdio::Ipc));
    match (channels.next(), channels.next()) {
        (_, Some(_)) => Err(SpawnErrorReason::TwoChannels),
        (first, None) => Ok(first.map(|(number, _)| number)),
    }
}

/// Makes both ends of everything.
pub(crate) fn open(list: &[Stdio], mode: Mode, limits: Limits) -> io::Result<(Ends, Given<'_>)> {
    let mut ends = Ends::default();
    let mut given = Given {
        made: Vec::new(),
        lent: Vec::new(),
        kept: Vec::new(),
        outputs: Vec::new(),
        afterwards: Vec::new(),
    };
    for (stdio, index) in list.iter().zip(0_usize..) {
        let number = RawFd::try_from(index).map_err(io::Error::other)?;
        let mut pipe = None;
        match stdio {
            Stdio::Pipe => {
                let (ours, theirs) = stream_pair()?;
                pipe = Some(ours);
                given.made.push((theirs, number));
            }
            Stdio::Ipc => {
                let (ours, theirs) = stream_pair()?;
                ends.channel = Some(Channel::with_limits(ours, mode, limits)?);
                given.made.push((theirs, number));
            }
            Stdio::Ignore if index >= FIRST_OTHER => {}
            Stdio::Ignore => {
                let null = File::options().read(true).write(true).open("/dev/null")?;
                given.made.push((null.into(), number));
            }
            // The first three are open to every child.
            Stdio::Inherit if index < FIRST_OTHER => {}
            Stdio::Inherit => given.kept.push(number),
            Stdio::Fd(fd) => given.lent.push((fd.as_fd(), number)),
            Stdio::Readable(readable) => given.add_handed(handed::input(readable)?, number),
            Stdio::Writable(writable) => given.add_output(writable, number)?,
        }
        ends.pipes.push(pipe);
    }
    Ok((ends, given))
}

impl Streams {
    /// Makes streams of the parent's ends.
    pub(crate) fn of(pipes: Vec<Option<OwnedFd>>) -> io::Result<Self> {
        let mut streams = Self::default();
        for (pipe, number) in pipes.into_iter().zip(0_usize..) {
            match (number, pipe) {
                (0, Some(pipe)) => streams.stdin = Some(Writable::over(PipeWriter::new(pipe)?)),
                (1, Some(pipe)) => streams.stdout = Some(Readable::over(PipeReader::new(pipe)?)),
                (2, Some(pipe)) => streams.stderr = Some(Readable::over(PipeReader::new(pipe)?)),
                (..FIRST_OTHER, None) => {}
                (_, None) => streams.others.push(None),
                (_, Some(pipe)) => {
                    let reader = Readable::new(PipeReader::new(pipe.try_clone()?)?);
                    let writer = Writable::new(PipeWriter::new(pipe)?);
                    streams.others.push(Some(Duplex::from_halves(reader, writer)));
                }
            }
        }
        Ok(streams)
    }
}
