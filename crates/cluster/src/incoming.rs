//! The connections of a listener, as a stream.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::connection::Connection;
use crate::listen::Listener;

/// The connections of a [`Listener`], one after the other, until it has ended.
///
/// Dropping it closes the listener.
pub struct Incoming {
    /// One call of [`Listener::accept`], which has the listener meanwhile; none when it has ended.
    accepting: Option<Pin<Box<Accepting>>>,
}

type Accepting = dyn Future<Output = (io::Result<Option<Connection>>, Listener)> + Send;

impl Incoming {
    pub(crate) fn new(listener: Listener) -> Self {
        Self {
            accepting: Some(Box::pin(accept(listener))),
        }
    }
}

async fn accept(mut listener: Listener) -> (io::Result<Option<Connection>>, Listener) {
    (listener.accept().await, listener)
}

impl Stream for Incoming {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(accepting) = &mut self.accepting else {
            return Poll::Ready(None);
        };
        let (accepted, listener) = ready!(accepting.as_mut().poll(context));
        let accepted = accepted.transpose();
        self.accepting = accepted.is_some().then(|| Box::pin(accept(listener)) as _);
        Poll::Ready(accepted)
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").finish_non_exhaustive()
    }
}
