//! A stream line by line.
//!
//! The rule of a framer: what has been searched is not searched again, so a long line that comes in small pieces costs its length
//! once. No decoder of characters is needed: a byte of `\n` never occurs within one.
//!
//! In Node: [`readline`](https://nodejs.org/docs/latest-v20.x/api/readline.html), which also ends a line at a lone `\r`.

use crate::error::StreamError;
use crate::readable::Readable;

/// How many bytes a line may have, unless somebody says otherwise: 1 MiB. Node's has no bound.
pub const LINE_LIMIT: usize = 1024 * 1024;

/// The lines of a stream, without their ends: see [`Readable::lines`].
#[derive(Debug)]
pub struct Lines {
    readable: Readable,
    /// What was read and not given out.
    bytes: Vec<u8>,
    /// Where the next line begins.
    start: usize,
    /// Up to where there is no end of a line.
    searched: usize,
    limit: usize,
}

impl Readable {
    /// Reads lines, of at most [`LINE_LIMIT`] bytes each.
    #[must_use]
    pub fn lines(&self) -> Lines {
        Lines {
            readable: self.clone(),
            bytes: Vec::new(),
            start: 0,
            searched: 0,
            limit: LINE_LIMIT,
        }
    }
}

impl Lines {
    /// Allows lines of at most `bytes` bytes.
    #[must_use]
    pub fn with_limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Reads the next line, without its `\n` or `\r\n`; `None` at the end. What is no UTF-8 becomes U+FFFD.
    ///
    /// # Errors
    ///
    /// As [`Readable::read`]; [`StreamError::LineTooLong`], and the stream is destroyed.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn next(&mut self) -> Result<Option<String>, StreamError> {
        loop {
            if let Some(end) = self.find_end() {
                let line = self.cut(end);
                self.start = end + 1;
                self.searched = self.start;
                return Ok(Some(line));
            }
            if self.bytes.len() - self.start > self.limit {
                self.readable.destroy();
                return Err(StreamError::LineTooLong { limit: self.limit });
            }
            let Some(chunk) = self.readable.read().await? else {
                let line = (self.start < self.bytes.len()).then(|| self.cut(self.bytes.len()));
                self.bytes.clear();
                (self.start, self.searched) = (0, 0);
                return Ok(line);
            };
            self.bytes.drain(..self.start);
            (self.start, self.searched) = (0, self.searched - self.start);
            self.bytes.extend_from_slice(&chunk);
        }
    }

    fn find_end(&mut self) -> Option<usize> {
        let found = self.bytes[self.searched..].iter().position(|byte| *byte == b'\n');
        let end = found.map(|at| self.searched + at);
        self.searched = self.bytes.len();
        end.filter(|end| end - self.start <= self.limit)
    }

    fn cut(&self, end: usize) -> String {
        let line = &self.bytes[self.start..end];
        String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
    }
}
