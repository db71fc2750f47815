//! What a stream stands upon, for another program to read or write there.
//!
//! Rule: one of the two goes on, not both. Two readers of one pipe tear its bytes apart between them; and who waits for the
//! end of a pipe does not see it while somebody holds a copy of the other end. So whoever passes the copy on destroys
//! the stream.
//!
//! In Node: a stream among [`options.stdio`](https://nodejs.org/docs/latest-v20.x/api/child_process.html#optionsstdio).

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;

use crate::readable::Readable;
use crate::writable::Writable;

impl Readable {
    /// A copy of the descriptor that the stream stands upon: what the stream has not read is read by whoever has it.
    ///
    /// # Errors
    ///
    /// [`DescriptorError::InUse`] also when something was read, and waits here for its reader.
    pub fn descriptor(&self) -> Result<OwnedFd, DescriptorError> {
        let origin = self.inner.origin.try_lock().map_err(|_| DescriptorError::InUse)?;
        if !self.inner.life.is_open() {
            return Err(DescriptorError::Ended);
        }
        if !origin.unread.is_empty() {
            return Err(DescriptorError::InUse);
        }
        let source = origin.source.as_ref().ok_or(DescriptorError::Ended)?;
        let descriptor = source.descriptor().ok_or(DescriptorError::NoDescriptor)?;
        descriptor.try_clone_to_owned().map_err(DescriptorError::Io)
    }
}

impl Writable {
    /// A copy of the descriptor that the stream stands upon: what is written there comes after what was written here.
    ///
    /// # Errors
    ///
    /// [`DescriptorError::InUse`] while something waits to be written: [`flush`](Writable::flush) before.
    pub fn descriptor(&self) -> Result<OwnedFd, DescriptorError> {
        self.with_idle_sink(|sink| {
            let descriptor = sink.descriptor().ok_or(DescriptorError::NoDescriptor)?;
            descriptor.try_clone_to_owned().map_err(DescriptorError::Io)
        })
    }
}

/// Why there is no descriptor to be had of a stream.
#[derive(Debug)]
#[non_exhaustive]
pub enum DescriptorError {
    /// The stream does not stand upon a descriptor alone: it was not made by `over`.
    NoDescriptor,
    /// Something is being read or written, or waits here for that: it would be overtaken.
    InUse,
    /// The stream has ended.
    Ended,
    /// The system refused a copy: descriptors have run out, as a rule.
    Io(io::Error),
}

impl fmt::Display for DescriptorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDescriptor => f.write_str("the stream does not stand upon a descriptor alone"),
            Self::InUse => f.write_str("the stream is being read or written"),
            Self::Ended => f.write_str("the stream has ended"),
            Self::Io(error) => write!(f, "no copy of the stream's descriptor: {error}"),
        }
    }
}

impl std::error::Error for DescriptorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::NoDescriptor | Self::InUse | Self::Ended => None,
        }
    }
}
