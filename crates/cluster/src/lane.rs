//! A worker's end of a lane: the connections of one listener come over it, past all messages.
//!
//! Rule: a connection is the program's when the kernel has taken the word for it. Where it does not, because the primary
//! has ended the lane, the connection is the primary's again, and is closed here without a byte read.

use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Weak};

use ferronode_ipc::{HandOff, Handle};

use crate::address::Address;
use crate::current_worker::Inner;
use crate::place::Place;
use crate::proto::{Answer, ListenerId, Offer, from_record};

/// The lane of a listener.
pub(crate) struct Lane {
    pair: Arc<HandOff>,
    kind: Kind,
    /// Nothing can be said on it any more.
    broken: bool,
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
        tokio::spawn(tend(worker, place.id, Arc::downgrade(&pair), kind));
        Ok(Self {
            pair,
            kind,
            broken: false,
        })
    }

    /// Takes the next connection, or `None` when the listener is closed, and everything that came has been taken. It fails
    /// when nothing can be said on the lane: the primary gives nothing more.
    ///
    /// Cancel safe: a connection is either returned, or stays.
    pub(crate) async fn take(&mut self, place: &Place) -> io::Result<Option<Handle>> {
        let (worker, id) = (&*place.worker, place.id);
        let (mut record, mut ended) = ([0; 4], false);
        loop {
            // Who leaves hears the end as ever.
            if self.broken && !worker.step(|machine| machine.is_leaving()) {
                let what = "this listener has lost its primary: listen again";
                return Err(io::Error::new(ErrorKind::BrokenPipe, what));
            }
            tokio::select! {
                biased;
                handed = self.pair.take(&mut record), if !ended => match handed {
                    Ok(Some(handed)) => {
                        let (Some(number), Some(connection)) = (from_record(&record), handed.descriptor) else {
                            continue;
                        };
                        match worker.step(|machine| machine.offered(id)) {
                            Offer::Take if self.says_taken(worker, id, number) => {
                                return Ok(Some(self.kind.handle(connection)));
                            }
                            Offer::Take | Offer::Drop => {}
                            Offer::Refuse => self.refuse(record),
                        }
                    }
                    Err(error) if error.kind() == ErrorKind::OutOfMemory => {
                        tracing::warn!("a connection could not be received: it goes to another worker");
                        self.refuse(record);
                    }
                    // The rest is told by the channel.
                    Ok(None) | Err(_) => ended = true,
                },
                waits = worker.until(|machine| machine.drained(id)) => {
                    if !waits {
                        return Ok(None);
                    }
                    if let Some((number, connection)) = worker.step(|machine| machine.take_drained(id))
                        && self.says_taken(worker, id, number)
                    {
                        return Ok(Some(connection));
                    }
                }
            }
        }
    }

    /// Says that a connection has been taken, and whether that could be said: else it is not the program's.
    fn says_taken(&mut self, worker: &Inner, id: ListenerId, number: u32) -> bool {
        let said = say(&self.pair, Answer::Taken(number));
        if !said {
            self.broken = true;
            worker.step(|machine| machine.not_taken(id));
        }
        said
    }

    /// It goes to another worker.
    fn refuse(&mut self, record: [u8; 4]) {
        if let Some(number) = from_record(&record) {
            self.broken |= !say(&self.pair, Answer::Refused(number));
        }
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
