//! A worker's end of a lane: the connections of one listener come over it, past all messages.
//!
//! Rule 1: a connection is the program's when the kernel has taken the word for it. Where it does not, because the primary
//! has ended the lane, the connection is the primary's again, and is closed here without a byte read.
//! Rule 2: a primary ends the lane of a worker that takes nothing. So what was lost is the lane alone: the next
//! [`accept`](crate::Listener::accept) asks for another.

use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Weak};

use ferronode_ipc::{HandOff, Handle};
use tokio::task::AbortHandle;

use crate::address::Address;
use crate::current_worker::Inner;
use crate::place::Place;
use crate::proto::{Answer, ListenerId, Offer, from_record};

/// The lane of a listener.
pub(crate) struct Lane {
    pair: Arc<HandOff>,
    kind: Kind,
    /// Nothing can be said on it any more, or nothing comes.
    is_lost: bool,
    tending: AbortHandle,
}

/// What a lane gives.
pub(crate) enum Taken {
    /// A connection: the primary has heard so.
    Connection(Handle),
    /// The listener is closed, and everything that came has been taken.
    Closed,
    /// It gives nothing more: there may be another.
    Lost,
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
        let tending = tokio::spawn(tend(worker, place.id, Arc::downgrade(&pair), kind)).abort_handle();
        Ok(Self {
            pair,
            kind,
            is_lost: false,
            tending,
        })
    }

    /// Takes the next connection.
    ///
    /// Cancel safe: a connection is either returned, or stays.
    pub(crate) async fn take(&mut self, place: &Place) -> Taken {
        let (worker, id) = (&*place.worker, place.id);
        let mut record = [0; 4];
        loop {
            // Who leaves may have drained it, and hears the end as ever.
            if self.is_lost && !worker.step(|machine| machine.is_leaving()) {
                return Taken::Lost;
            }
            tokio::select! {
                biased;
                handed = self.pair.take(&mut record), if !self.is_lost => match handed {
                    Ok(Some(handed)) => {
                        let (Some(number), Some(connection)) = (from_record(&record), handed.descriptor) else {
                            continue;
                        };
                        match worker.step(|machine| machine.offered(id)) {
                            Offer::Take if self.says_taken(worker, id, number) => {
                                return Taken::Connection(self.kind.handle(connection));
                            }
                            Offer::Take | Offer::Drop => {}
                            Offer::Refuse => self.refuse(record),
                        }
                    }
                    Err(error) if error.kind() == ErrorKind::OutOfMemory => {
                        tracing::warn!("a connection could not be received: it goes to another worker");
                        self.refuse(record);
                    }
                    Ok(None) | Err(_) => self.is_lost = true,
                },
                waits = worker.until(|machine| machine.drained(id)) => {
                    if !waits {
                        return Taken::Closed;
                    }
                    if let Some((number, connection)) = worker.step(|machine| machine.take_drained(id))
                        && self.says_taken(worker, id, number)
                    {
                        return Taken::Connection(connection);
                    }
                }
            }
        }
    }

    /// Says that a connection has been taken, and whether that could be said: else it is not the program's.
    fn says_taken(&mut self, worker: &Inner, id: ListenerId, number: u32) -> bool {
        let said = say(&self.pair, Answer::Taken(number));
        if !said {
            self.is_lost = true;
            worker.step(|machine| machine.not_taken(id));
        }
        said
    }

    /// It goes to another worker.
    fn refuse(&mut self, record: [u8; 4]) {
        if let Some(number) = from_record(&record) {
            self.is_lost |= !say(&self.pair, Answer::Refused(number));
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.tending.abort();
    }
}

/// Says what becomes of a connection. When that cannot be said the lane is ended, and everything in it is the primary's.
fn say(pair: &HandOff, answer: Answer) -> bool {
    let said = pair.try_give(&answer.to_record(), None).is_ok();
    if !said {
        pair.end();
    }
    said
}

/// Drains the lane when the worker is to leave, so that it knows what is still to be taken; ends it when nothing will be.
async fn tend(worker: Arc<Inner>, id: ListenerId, pair: Weak<HandOff>, kind: Kind) {
    let given_back = || worker.until(|machine| (machine.gives_back() || machine.has_left()).then_some(()));
    worker.until(|machine| machine.drains(id).then_some(())).await;
    // Without it the listener is dropped, and its lane with it.
    let Some(own) = pair.upgrade().map(|pair| pair.try_clone()) else {
        return;
    };
    if let Ok(own) = own {
        tokio::select! {
            biased;
            () = given_back() => {}
            () = drain(&worker, id, &own, kind) => {}
        }
    }
    worker.step(|machine| machine.lane_ended(id));
    given_back().await;
    if let Some(pair) = pair.upgrade() {
        pair.end();
    }
}

async fn drain(worker: &Inner, id: ListenerId, pair: &HandOff, kind: Kind) {
    let mut record = [0; 4];
    loop {
        match pair.take(&mut record).await {
            Ok(Some(handed)) => {
                if let (Some(number), Some(connection)) = (from_record(&record), handed.descriptor) {
                    worker.step(|machine| machine.came(id, number, kind.handle(connection)));
                }
            }
            // Its descriptor was lost, for want of room: it goes to another worker.
            Err(error) if error.kind() == ErrorKind::OutOfMemory => {
                if let Some(number) = from_record(&record) {
                    say(pair, Answer::Refused(number));
                }
            }
            Ok(None) | Err(_) => return,
        }
    }
}
