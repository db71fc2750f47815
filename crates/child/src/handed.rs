//! A stream of ours as a child's input or output.
//!
//! ```text
//!   it stands upon a descriptor       the child gets a copy, and the stream is over here: nobody is between the two
//!   it does not, or is in use         the child gets a pipe, and a task goes between
//! ```
//!
//! Rule: the stream is not touched before the child has been started, so a start that fails costs nothing.
//!
//! Node takes streams of the first kind only.

use std::io;
use std::os::fd::OwnedFd;

use ferronode_stream::{DescriptorError, Readable, Writable};
use ferronode_sys::stream_pair;

use crate::pipe::{PipeReader, PipeWriter};

/// What the child gets, and what is done here when it has been started.
pub(crate) type Handed = (OwnedFd, Box<dyn FnOnce()>);

/// Hands over a stream to read from.
pub(crate) fn input(readable: &Readable) -> io::Result<Handed> {
    let readable = readable.clone();
    match readable.descriptor() {
        Ok(descriptor) => Ok((descriptor, Box::new(move || _ = readable.destroy()))),
        Err(DescriptorError::NoDescriptor | DescriptorError::InUse) => {
            let (ours, theirs) = stream_pair()?;
            let pipe = Writable::new(PipeWriter::new(ours)?);
            let go_between = async move {
                // A child that does not read to the end closes the stream, as a pipe of the shell would.
                _ = readable.pipe(&pipe).await;
            };
            Ok((theirs, Box::new(|| drop(tokio::spawn(go_between)))))
        }
        Err(error) => Err(refused(error)),
    }
}

/// Hands over a stream to write to. One that is in use is ended when the child's output has: it is over here, as one that is
/// passed on at once. One that is no descriptor stays ours, and is not ended: others may write there too.
pub(crate) fn output(writable: &Writable) -> io::Result<Handed> {
    let writable = writable.clone();
    match writable.descriptor() {
        Ok(descriptor) => Ok((descriptor, Box::new(move || _ = writable.destroy()))),
        Err(error @ (DescriptorError::NoDescriptor | DescriptorError::InUse)) => {
            let (ours, theirs) = stream_pair()?;
            let pipe = Readable::new(PipeReader::new(ours)?);
            let go_between = async move {
                let through = pipe.pipe(&writable);
                _ = match error {
                    DescriptorError::InUse => through.await,
                    _ => through.keep_open().await,
                };
            };
            Ok((theirs, Box::new(|| drop(tokio::spawn(go_between)))))
        }
        Err(error) => Err(refused(error)),
    }
}

fn refused(error: DescriptorError) -> io::Error {
    match error {
        DescriptorError::Io(error) => error,
        error => io::Error::other(error),
    }
}
