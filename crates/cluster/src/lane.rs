//! A worker's end of a lane: the connections of one listener come over it, past all messages.
//!
//! Rule 1: to receive a connection is to take it. So it is received only while the program may have it, and counted in the
//! same step.
//! Rule 2: what nobody accepts stays in the lane, and the primary takes it back from there.

use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Weak};

use ferronode_ipc::{HandOff, Handle};
use tokio::task::AbortHandle;

use crate::address::Address;
use crate::current_worker::Inner;
use crate::place::Place;
use crate::proto::{ListenerId, Record};

/// The lane of a listener.
pub(crate) struct Lane {
    pair: Arc<HandOff>,
    kind: Kind,
    /// Nothing comes over it any more.
    is_over: bool,
    tending: AbortHandle,
}

/// What connections are made of.
#[derive(Clone, Copy)]
enum Kind {
    Tcp,
    Unix,
}

impl Kind {
    fn handle(self, connection: OwnedFd) -> Handle {
        match self {
            Self::Tcp => Handle::TcpStream(connection.into()),
            Self::Unix => Handle::UnixStream(connection.into()),
        }
    }
}

impl Lane {
    /// Begins to use an end that has come from the primary.
    pub(crate) fn begin(place: &Place, end: Handle, address: &Address) -> io::Result<Self> {
        let end = end.into_fd().map_err(|_| ErrorKind::InvalidData)?;
        let kind = match address {
            Address::Unix(_) => Kind::Unix,
            Address::Tcp(_) | Address::Udp(_) => Kind::Tcp,
        };
        let pair = Arc::new(HandOff::new(end)?);
        let worker = Arc::clone(&place.worker);
        let tending = tokio::spawn(tend(worker, place.id, Arc::downgrade(&pair))).abort_handle();
        Ok(Self {
            pair,
            kind,
            is_over: false,
            tending,
        })
    }

    /// Takes the next connection, or `None` when the listener is closed and everything that came has been taken.
    ///
    /// Cancel safe: a connection is either returned, or stays.
    pub(crate) async fn take(&mut self, place: &Place) -> io::Result<Option<Handle>> {
        let (worker, id) = (&*place.worker, place.id);
        loop {
            tokio::select! {
                biased;
                received = receive(&self.pair, worker, id), if !self.is_over => match received? {
                    Received::Connection(connection) => return Ok(Some(self.kind.handle(connection))),
                    Received::Question | Received::Lost => {}
                    Received::End => {
                        self.is_over = true;
                        worker.step(|machine| machine.lane_ended(id));
                    }
                },
                () = worker.until(|machine| machine.nothing_comes(id).then_some(())) => return Ok(None),
            }
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.tending.abort();
        // What is in it goes to others.
        self.pair.end();
    }
}

/// What comes over a lane.
enum Received {
    Connection(OwnedFd),
    /// A connection whose descriptor was not.
    Lost,
    Question,
    End,
}

/// Receives what comes next, when the program may have it.
///
/// Cancel safe: nothing is lost.
async fn receive(pair: &HandOff, worker: &Inner, id: ListenerId) -> io::Result<Received> {
    loop {
        let received = pair.attempt(|pair| {
            worker.step(|machine| {
                if !machine.may_take(id) {
                    return Ok(None);
                }
                let received = try_receive(pair)?;
                if let Received::Connection(_) | Received::Lost = received {
                    machine.took(id);
                }
                if let Received::Lost = received {
                    machine.let_go(id);
                }
                Ok(Some(received))
            })
        });
        if let Some(received) = received.await? {
            return Ok(received);
        }
        worker.until(|machine| machine.may_take(id).then_some(())).await;
    }
}

fn try_receive(pair: &HandOff) -> io::Result<Received> {
    let mut bytes = [0; Record::LENGTH];
    let (length, received) = match pair.try_take(&mut bytes) {
        Ok(Some(handed)) => (
            handed.length,
            handed.descriptor.map_or(Received::Question, Received::Connection),
        ),
        Ok(None) => return Ok(Received::End),
        Err(error) if error.kind() == ErrorKind::OutOfMemory => {
            tracing::error!("a connection is lost: other threads took the last descriptor while it came");
            (Record::LENGTH, Received::Lost)
        }
        Err(error) => return Err(error),
    };
    let record = &bytes[..length];
    if let Some(Record::Connection { asks: true, .. } | Record::Question) = Record::read(record) {
        // A primary that has ended the lane does not want to hear it.
        _ = pair.try_give(record, None);
    }
    Ok(received)
}

/// Finds out, when the worker is to leave, whether anything is left in the lane; ends it when nothing is to be taken.
async fn tend(worker: Arc<Inner>, id: ListenerId, pair: Weak<HandOff>) {
    worker
        .until(|machine| (machine.finishes(id) || machine.gives_back()).then_some(()))
        .await;
    // Without it the listener is dropped, and its lane with it.
    let Some(own) = pair.upgrade().map(|pair| pair.try_clone()) else {
        return;
    };
    if let Ok(own) = own {
        let ended = |pair: &HandOff| match worker.step(|_| is_at_end(pair)) {
            true => Ok(()),
            false => Err(ErrorKind::WouldBlock.into()),
        };
        tokio::select! {
            biased;
            () = worker.until(|machine| machine.gives_back().then_some(())) => own.end(),
            // What changes is either in the kernel, or that the program has taken one.
            () = worker.until(|_| is_at_end(&own).then_some(())) => {}
            _ = own.attempt(ended) => {}
        }
    }
    worker.step(|machine| machine.lane_ended(id));
}

/// Whether nothing is left in a lane but perhaps a question, which is answered. To be asked while nobody else receives.
fn is_at_end(pair: &HandOff) -> bool {
    if pair.unread().is_ok_and(|bytes| bytes == Record::QUESTION) {
        _ = try_receive(pair);
    }
    pair.is_at_end()
}
