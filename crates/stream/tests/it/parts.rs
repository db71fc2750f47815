//! What streams are tried on: a source that counts, a source and a sink that break, a log.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Zeroes without end, and how many were taken. After `limit` bytes it breaks.
pub(crate) struct Zeroes {
    pub(crate) taken: Arc<AtomicUsize>,
    pub(crate) limit: usize,
}

impl Zeroes {
    pub(crate) fn endless() -> (Self, Arc<AtomicUsize>) {
        let taken = Arc::new(AtomicUsize::new(0));
        let zeroes = Self {
            taken: Arc::clone(&taken),
            limit: usize::MAX,
        };
        (zeroes, taken)
    }

    pub(crate) fn breaking_after(limit: usize) -> Self {
        Self {
            taken: Arc::default(),
            limit,
        }
    }
}

impl AsyncRead for Zeroes {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, space: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.taken.load(Ordering::Relaxed) >= self.limit {
            return Poll::Ready(Err(io::Error::from(io::ErrorKind::ConnectionReset)));
        }
        self.taken.fetch_add(space.remaining(), Ordering::Relaxed);
        space.initialize_unfilled().fill(0);
        space.set_filled(space.capacity());
        Poll::Ready(Ok(()))
    }
}

/// A sink that is broken, and says when it is dropped.
pub(crate) struct Broken(pub(crate) Arc<AtomicUsize>);

impl Drop for Broken {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl AsyncWrite for Broken {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::Error::from(io::ErrorKind::BrokenPipe)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What was told, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn entry<P: ?Sized>(&self, text: &'static str) -> impl Fn(&P) + Send + Sync + use<P> {
        let log = self.clone();
        move |_| log.write(text)
    }

    pub(crate) fn write(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }

    pub(crate) fn entries(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Gives other tasks their turn until something is there.
    pub(crate) async fn wait_for(&self, text: &str) {
        while !self.entries().iter().any(|entry| entry == text) {
            tokio::task::yield_now().await;
        }
    }
}
