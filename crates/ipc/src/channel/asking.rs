//! Who waits for what over a channel: answers to questions, and the end of connections that a Node server counts.

use std::collections::HashSet;
use std::os::fd::BorrowedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::message::Message;
use crate::proto::{Conversation, Limits, SocketList, SocketQuery};

/// What comes back for a question.
#[derive(Debug)]
pub(super) enum Answered {
    Reply(Message),
    Refusal(String),
}

/// The open questions of a channel, and the connections that came over it.
#[derive(Debug)]
pub(super) struct Asking {
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    questions: Conversation<oneshot::Sender<Answered>, oneshot::Sender<()>>,
    sockets: SocketList,
    /// Whether somebody looks from time to time for connections that are closed.
    looked_for: bool,
    ended: bool,
}

impl Asking {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            open: Mutex::new(Open {
                questions: Conversation::new(limits.requests),
                sockets: SocketList::default(),
                looked_for: false,
                ended: false,
            }),
        }
    }

    /// Opens a question: its number, and where the answer will come. None when too many are open.
    pub(super) fn ask(&self) -> Option<(u32, oneshot::Receiver<Answered>)> {
        let (waiter, answer) = oneshot::channel();
        let id = self.lock().questions.ask(waiter)?;
        Some((id, answer))
    }

    /// Closes a question of our own. True if nobody had answered it.
    pub(super) fn give_up(&self, id: u32) -> bool {
        self.lock().questions.close(id).is_some()
    }

    pub(super) fn answered(&self, id: u32, answer: Answered) {
        if let Some(waiter) = self.lock().questions.close(id) {
            // Whoever waited may have gone away in this moment.
            _ = waiter.send(answer);
        }
    }

    /// The peer asks: where it is heard that it has given up, or none when it is to be refused.
    pub(super) fn asked(&self, id: u32) -> Option<oneshot::Receiver<()>> {
        let (gives_up, given_up) = oneshot::channel();
        let mut open = self.lock();
        // What is read after the end nobody waits for any more: dropping what would tell so tells so.
        (open.ended || open.questions.asked(id, gives_up)).then_some(given_up)
    }

    /// A question of the peer's is over. Dropping what waits for that tells it.
    pub(super) fn over(&self, id: u32) {
        drop(self.lock().questions.over(id));
    }

    /// A connection has come that a server of the peer's has accepted.
    pub(super) fn received(&self, key: &str, connection: BorrowedFd<'_>) {
        if let Ok(number) = ferronode_sys::inode(connection) {
            self.lock().sockets.received(key, number, open_sockets);
        }
    }

    /// What to answer to a server of the peer's, and whether somebody must look from time to time from now on.
    pub(super) fn sockets_asked(&self, query: SocketQuery) -> (Option<SocketQuery>, bool) {
        let mut open = self.lock();
        let answer = open.sockets.asked(query, open_sockets);
        let look = !open.looked_for && open.sockets.is_waited_for();
        open.looked_for |= look;
        (answer, look)
    }

    /// What is to be told to servers that wait for the end of their connections; None when none waits any more.
    pub(super) fn sockets_closed(&self) -> Option<Vec<SocketQuery>> {
        let mut open = self.lock();
        open.looked_for = !open.ended && open.sockets.is_waited_for();
        open.looked_for.then(|| open.sockets.closed(&open_sockets()))
    }

    pub(super) fn end(&self) {
        let mut open = self.lock();
        open.questions.end();
        open.ended = true;
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What cannot be read counts as closed: the owner then goes on rather than waits for ever.
fn open_sockets() -> HashSet<u64> {
    ferronode_sys::open_sockets().unwrap_or_default()
}
