//! The worker's side, as a machine: what the primary says and what the program wants goes in, actions come out.
//!
//! Rule 1: a connection that comes for an open listener waits there until the program takes it; taking it says so to the
//! primary, before a byte of it is read. So a worker that is busy holds one connection that others could serve.
//! Where the primary has laid a [lane](super::worker_lane), connections wait in that, and are taken by receiving them.
//! When a worker leaves, the primary ends its side of the lane: what has come until then can still be taken. What a worker
//! does not take in time goes to others.
//! Rule 2: a connection for a listener that is closed or full, or that came without its descriptor, is refused.
//! Rule 3: a worker that is told to disconnect closes its listeners, and leaves when all its connections have ended.
//! What waited in a listener can still be taken. ([`leaving`](super::leaving) has this and the next two.)
//! Rule 4: a worker that leaves of its own will does the same, but asks the primary before it goes.
//! Rule 5: when the channel ends without that, the primary is dead, and so is the cluster.
//!
//! In Node: `lib/internal/cluster/child.js`.

use std::collections::{BTreeMap, VecDeque};

use super::listener::{Listener, ListenerId, Opened};
use super::message::{Frame, Key, Message, Reply, SocketName};
use super::query::Query;
use super::worker_lane::Lane;

/// Too many open files.
const EMFILE: i32 = 24;

/// What the driver is to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Action<C> {
    /// Send a frame to the primary.
    Send(Frame),
    /// End a lane that nobody will take from: what is in it goes back.
    EndLane(C),
    /// Something has changed for those who wait: a listener opened, a connection came, the end is near.
    Wake,
    /// Close the channel: this worker has left.
    Leave,
    /// The primary is dead.
    Orphaned,
}

/// The worker's side of a cluster.
#[derive(Debug)]
pub struct Worker<C> {
    pub(super) seq: u32,
    next_listener: u32,
    pub(super) listeners: BTreeMap<ListenerId, Listener<C>>,
    /// Connections that the program has taken and not yet let go.
    pub(super) connections: usize,
    /// Whether what has come and was not taken goes back to the primary.
    pub(super) gives_back: bool,
    pub(super) state: State,
    pub(super) actions: VecDeque<Action<C>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Running,
    Leaving { asks: bool },
    Asking { seq: u32 },
    Left,
}

impl<C> Worker<C> {
    /// Begins, and says so to the primary.
    #[must_use]
    pub fn new() -> Self {
        let mut worker = Self {
            seq: 0,
            next_listener: 0,
            listeners: BTreeMap::new(),
            connections: 0,
            gives_back: false,
            state: State::Running,
            actions: VecDeque::new(),
        };
        worker.send(None, Message::Online);
        worker
    }

    /// What to do next.
    pub fn poll_action(&mut self) -> Option<Action<C>> {
        self.actions.pop_front()
    }

    /// The program wants to listen.
    pub fn listen(&mut self, mut query: Query) -> ListenerId {
        let id = ListenerId(self.next_listener);
        self.next_listener += 1;
        query.index = self.free_index(&query);
        let opened = if self.state == State::Running {
            Opened::Waiting
        } else {
            Opened::Closed
        };
        let asked = (self.state == State::Running).then_some(self.seq);
        self.listeners.insert(id, Listener::new(query.clone(), asked, opened));
        if self.state == State::Running {
            self.send(None, Message::Query(query));
        }
        id
    }

    /// Whether a listener has been opened.
    #[must_use]
    pub fn opened(&self, id: ListenerId) -> Opened {
        self.listeners
            .get(&id)
            .map_or(Opened::Closed, |listener| listener.opened.clone())
    }

    /// Whether a listener was opened, and where, though it may be closed by now: a worker may be told to go as soon as it
    /// listens.
    #[must_use]
    pub fn was_opened(&self, id: ListenerId) -> Option<Option<SocketName>> {
        let listener = self.listeners.get(&id)?;
        listener.key.is_some().then(|| listener.name.clone())
    }

    /// The primary has said something, perhaps with a connection or a listener.
    pub fn received(&mut self, frame: Frame, handle: Option<C>) {
        match frame.message {
            Message::Reply(reply) => self.replied(frame.ack, reply, handle),
            Message::NewConnection { key } => self.new_connection(frame.seq, &key, handle),
            Message::Disconnect => self.leave(State::Leaving { asks: false }),
            Message::Acknowledged => {
                if matches!(self.state, State::Asking { seq } if frame.ack == Some(seq)) {
                    self.left();
                }
            }
            // What only a worker says.
            Message::Online
            | Message::Query(_)
            | Message::Listening(_)
            | Message::Accepted { .. }
            | Message::Close { .. }
            | Message::Ended { .. }
            | Message::Limit { .. }
            | Message::ExitedAfterDisconnect => {}
        }
    }

    /// The program takes the next connection of a listener, if one waits. It is the program's once this has been said.
    pub fn take(&mut self, id: ListenerId) -> Option<C> {
        let listener = self.listeners.get_mut(&id)?;
        let (seq, connection) = listener.waiting.pop_front()?;
        listener.connections += 1;
        self.connections += 1;
        self.send(Some(seq), Message::Accepted { accepted: true });
        Some(connection)
    }

    /// The listener that is shared, for the driver to listen with.
    pub fn shared(&mut self, id: ListenerId) -> Option<C> {
        self.listeners.get_mut(&id)?.shared.take()
    }

    /// The driver listens with a shared listener, at this port if it has one: the primary is told.
    pub fn listening(&mut self, id: ListenerId, port: Option<u16>) {
        if let Some(listener) = self.listeners.get(&id) {
            let mut query = listener.query.clone();
            query.port = port.map(i32::from).or(query.port);
            self.send(None, Message::Listening(query));
        }
    }

    /// The program has taken a connection past the channel: from a lane, or from a shared listener.
    pub fn took(&mut self, id: ListenerId) {
        self.connections += 1;
        if self.state != State::Running {
            // It may have been the last.
            self.actions.push_back(Action::Wake);
        }
        if let Some(listener) = self.listeners.get_mut(&id) {
            listener.connections += 1;
        }
    }

    /// Whether a listener has as many connections as it wants.
    #[must_use]
    pub fn is_full(&self, id: ListenerId) -> bool {
        self.listeners.get(&id).is_some_and(Listener::is_full)
    }

    /// The program wants no more connections from a listener than so many at once. What waits beyond goes to others.
    pub fn limit(&mut self, id: ListenerId, most: Option<u32>) {
        let Some(listener) = self.listeners.get_mut(&id) else {
            return;
        };
        listener.most = most;
        let refused = match listener.is_full() {
            true => std::mem::take(&mut listener.waiting),
            false => VecDeque::new(),
        };
        self.tell_limit(id);
        for (seq, _) in refused {
            self.send(Some(seq), Message::Accepted { accepted: false });
        }
        self.actions.push_back(Action::Wake);
    }

    /// Who hands connections out must know how many are wanted. Who shares a listener sees to that by itself.
    fn tell_limit(&mut self, id: ListenerId) {
        let Some(listener) = self.listeners.get_mut(&id) else {
            return;
        };
        if let (Opened::Open(_), Some(key)) = (&listener.opened, &listener.key) {
            listener.reports = true;
            let message = Message::Limit {
                key: key.clone(),
                most: listener.most,
                ended: listener.ended,
            };
            self.send(None, message);
        }
    }

    /// A connection that the program had taken from a listener has ended.
    pub fn let_go(&mut self, id: ListenerId) {
        self.connections = self.connections.saturating_sub(1);
        if let Some(listener) = self.listeners.get_mut(&id) {
            let was_full = listener.is_full();
            listener.connections = listener.connections.saturating_sub(1);
            listener.ended += 1;
            if was_full {
                self.actions.push_back(Action::Wake);
            }
            if let (true, Some(key)) = (listener.reports, listener.key.clone()) {
                self.send(None, Message::Ended { key });
            }
        }
        self.leave_if_done();
    }

    /// The program closes a listener. What waited there goes back to the primary, and to others.
    pub fn close(&mut self, id: ListenerId) {
        let Some(mut listener) = self.listeners.remove(&id) else {
            return;
        };
        for (seq, _) in std::mem::take(&mut listener.waiting) {
            self.send(Some(seq), Message::Accepted { accepted: false });
        }
        let opened = std::mem::replace(&mut listener.opened, Opened::Closed);
        if let (Opened::Open(_) | Opened::Shared, Some(key)) = (opened, listener.key.clone()) {
            self.send(None, Message::Close { key });
        }
        // Its reply is still to come: until then its place is taken, or another would be closed for it.
        self.actions.extend(listener.lane.give_back().map(Action::EndLane));
        if listener.asked.is_some() {
            self.listeners.insert(id, listener);
        }
        self.actions.push_back(Action::Wake);
        self.leave_if_done();
    }

    fn replied(&mut self, ack: Option<u32>, reply: Reply, shared: Option<C>) {
        let asked = |(_, listener): &(&ListenerId, &mut Listener<C>)| listener.asked.is_some() && listener.asked == ack;
        let Some((id, listener)) = self.listeners.iter_mut().find(asked) else {
            // Whoever asked has given up meanwhile: nothing may come for it.
            return self.decline(reply, shared);
        };
        listener.asked = None;
        if listener.opened == Opened::Closed {
            let id = *id;
            self.listeners.remove(&id);
            return self.decline(reply, shared);
        }
        if reply.errno != 0 {
            listener.opened = Opened::Failed(reply.errno.saturating_neg());
            return self.actions.push_back(Action::Wake);
        }
        if reply.lane && shared.is_none() {
            // Its descriptor was lost on the way.
            listener.opened = Opened::Failed(EMFILE);
            self.actions.push_back(Action::Wake);
            return self.send(None, Message::Close { key: reply.key });
        }
        match shared {
            Some(end) if reply.lane => listener.lane = Lane::Here(end),
            Some(shared) => {
                listener.opened = Opened::Shared;
                listener.key = Some(reply.key);
                listener.shared = Some(shared);
                return self.actions.push_back(Action::Wake);
            }
            None => {}
        }
        listener.opened = Opened::Open(reply.socket_name.clone());
        listener.name = reply.socket_name.clone();
        listener.key = Some(reply.key);
        listener.reports = reply.wants_reports;
        let mut query = listener.query.clone();
        query.port = reply.socket_name.map(|name| i32::from(name.port)).or(query.port);
        let (id, is_limited) = (*id, listener.most.is_some());
        self.send(None, Message::Listening(query));
        if is_limited {
            self.tell_limit(id);
        }
        self.actions.push_back(Action::Wake);
    }

    /// Nobody wants any more what the primary has agreed to.
    fn decline(&mut self, reply: Reply, shared: Option<C>) {
        let lane = shared.filter(|_| reply.lane);
        self.actions.extend(lane.map(Action::EndLane));
        self.send(None, Message::Close { key: reply.key });
    }

    fn new_connection(&mut self, seq: u32, key: &Key, connection: Option<C>) {
        let open = |listener: &&mut Listener<C>| {
            listener.key.as_ref() == Some(key) && matches!(listener.opened, Opened::Open(_)) && !listener.is_full()
        };
        match (self.listeners.values_mut().find(open), connection) {
            (Some(listener), Some(connection)) => {
                listener.waiting.push_back((seq, connection));
                self.actions.push_back(Action::Wake);
            }
            _ => self.send(Some(seq), Message::Accepted { accepted: false }),
        }
    }

    /// The lowest index that no other listener at the same place has.
    fn free_index(&self, query: &Query) -> u32 {
        let place = query.place();
        let taken = |index| {
            self.listeners
                .values()
                .any(|other| other.query.index == index && other.query.place() == place)
        };
        (0..).find(|index| !taken(*index)).unwrap_or_default()
    }

    pub(super) fn send(&mut self, ack: Option<u32>, message: Message) {
        let frame = Frame {
            seq: self.seq,
            ack,
            message,
        };
        self.seq = self.seq.wrapping_add(1) & 0x7fff_ffff; // an int32 for Node, in either of its modes
        self.actions.push_back(Action::Send(frame));
    }
}

impl<C> Default for Worker<C> {
    fn default() -> Self {
        Self::new()
    }
}
