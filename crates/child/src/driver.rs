//! The task that listens to one child: to its channel, its streams' ends and its own.
//!
//! It decides nothing: [`Endings`](crate::exit) says what is told and when, [`Receiver`] what was said.

use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, Weak};

use ferronode_events::unhandled;
use ferronode_ipc::{Message, Receiver, RecvError, Waiting};
use ferronode_sys::Readiness;

use crate::child_process::{CLOSE, DISCONNECT, ERROR, EXIT, Held, Inner, MESSAGE};
use crate::error::ChannelError;
use crate::exit::{Endings, Exit, Told};
use crate::fork::InternalSink;
use crate::reaper::{self, Orphan};

/// How much of what nobody has read waits in a stream when its child has ended, and how much of its channel is read before its
/// exit is told: 1 MiB. A socket holds less; only somebody who still writes brings more.
const LAST_WORDS: usize = 1024 * 1024;

/// What a message counts at least: one without a byte takes up room too. On the wire the shortest has two bytes, so that a
/// socket full of those is still less than [`LAST_WORDS`].
const A_WORD: usize = 4;

pub(crate) struct Driver {
    inner: Arc<Inner>,
    /// Gone when nobody holds the child any more.
    holder: Weak<Held>,
    /// The numbers of the streams whose ends are waited for.
    readables: Vec<usize>,
    receiver: Option<Receiver>,
    internal: Option<InternalSink>,
    /// Messages that nobody listens for yet. When it is full no more are read: the child's `send` waits.
    waiting: Waiting,
    /// How many were dropped, since they could not be left unread.
    dropped: u64,
    endings: Endings,
}

impl Driver {
    pub(crate) fn new(
        inner: Arc<Inner>,
        held: &Arc<Held>,
        receiver: Option<Receiver>,
        internal: Option<InternalSink>,
    ) -> Self {
        let readables: Vec<usize> = held.streams.readables().map(|(number, _)| number).collect();
        Self {
            endings: Endings::new(receiver.is_some(), readables.len()),
            inner,
            holder: Arc::downgrade(held),
            readables,
            receiver,
            internal,
            waiting: Waiting::default(),
            dropped: 0,
        }
    }

    pub(crate) async fn drive(mut self, exit: Readiness) {
        self.deliver();
        while self.endings.is_running() || self.endings.is_connected() || self.is_held() {
            // A protocol above the channel must not wait behind messages that nobody takes.
            let reads = self.endings.is_connected() && (self.internal.is_some() || !self.waiting.is_full());
            tokio::select! {
                received = receive(&mut self.receiver), if reads => self.received(received),
                ready = exit.ready(), if self.endings.is_running() => match (ready, self.inner.pidfd.try_wait()) {
                    (Ok(ready), Ok(wait)) => match Exit::of(wait) {
                        Some(exit) => self.exited(exit),
                        None => ready.clear(),
                    },
                    _ => self.exited(Exit::Unknown),
                },
                ended = self.inner.stream_ends.next() => (0..ended).for_each(|_| {
                    let told = self.endings.stream_ended();
                    self.tell(told);
                }),
                () = self.inner.listened.notified() => self.deliver(),
            }
        }
    }

    fn is_held(&self) -> bool {
        self.holder.strong_count() > 0
    }

    fn received(&mut self, received: Result<Option<Message>, RecvError>) {
        match received {
            Ok(Some(message)) => self.message(message),
            Ok(None) => {
                let told = self.endings.channel_ended();
                self.tell(told);
            }
            Err(error) => self.failed(error),
        }
    }

    fn message(&mut self, message: Message) {
        match &mut self.internal {
            Some(sink) if message.is_internal() => return sink(message),
            // A protocol that nobody speaks here: its messages are nobody's.
            None if message.is_internal() => return,
            Some(_) if self.waiting.is_full() => self.drop(message),
            _ => self.waiting.push(message),
        }
        self.deliver();
    }

    /// Says so once, and how many there were when at last somebody listens.
    fn drop(&mut self, message: Message) {
        drop(message);
        self.dropped += 1;
        if self.dropped == 1 {
            let pid = self.inner.pid;
            tracing::warn!("nobody listens for the messages of child {pid}: from now on they are dropped");
        }
    }

    /// Delivers what has waited for a listener: messages first, the channel's error, then what has happened since.
    fn deliver(&mut self) {
        let emitter = self.inner.emitter.clone();
        if self.dropped > 0 && emitter.listener_count(MESSAGE) > 0 {
            let (pid, dropped) = (self.inner.pid, std::mem::take(&mut self.dropped));
            tracing::warn!("{dropped} messages of child {pid} were dropped before somebody listened");
        }
        let delivered = catch_unwind(AssertUnwindSafe(|| {
            emitter.deliver_late_after(|| {
                while emitter.listener_count(MESSAGE) > 0 {
                    let Some(message) = self.waiting.pop() else { break };
                    emitter.emit(MESSAGE, &message);
                }
                if emitter.listener_count(ERROR) > 0
                    && let Some(error) = self.inner.take_error()
                {
                    // Somebody listens.
                    _ = emitter.emit_error(error);
                }
            });
        }));
        if delivered.is_err() {
            // The panic has been printed. It ends its listener's call, not the child's driver: the rest comes next.
            self.inner.listened.notify_one();
        }
        if !self.is_held() {
            // Nobody can begin to listen: the child must not wait for it.
            self.waiting.clear();
        }
    }

    /// The process has ended. What it had sent is here already, and is told first.
    fn exited(&mut self, exit: Exit) {
        self.hear_last_words();
        if exit == Exit::Unknown {
            tracing::warn!(
                "somebody else has reaped child {}: its status is unknown",
                self.inner.pid
            );
        }
        let told = self.endings.process_ended(exit);
        self.tell(told);
        self.let_go_of_streams();
    }

    /// Reads what is here, and no more than a socket holds: it waits for its listener though more waits than should, since
    /// `CLOSE` must not. Descriptors are too few for that. What is left is read when there is room again.
    fn hear_last_words(&mut self) {
        let mut heard = 0;
        while let Some(receiver) = self.receiver.as_mut().filter(|_| self.endings.is_connected())
            && heard < LAST_WORDS
            // What belongs to a protocol above the channel does not wait here; what else comes then is dropped.
            && (self.internal.is_some() || !self.waiting.is_full_of_handles())
        {
            let received = receiver.try_recv();
            heard += match &received {
                Ok(None) if !receiver.has_ended() => break,
                Ok(Some(message)) => message.weight().max(A_WORD),
                _ => A_WORD,
            };
            self.received(received);
        }
    }

    /// Nobody reads any more what we write; and what nobody has read waits in its stream, and keeps nobody waiting.
    fn let_go_of_streams(&self) {
        let Some(held) = self.holder.upgrade() else {
            // They went with whoever held the child; nobody waits for the end of what somebody has kept.
            return self
                .readables
                .iter()
                .for_each(|number| self.inner.stream_ends.tell(*number));
        };
        if let Some(stdin) = &held.streams.stdin {
            stdin.destroy();
        }
        for (number, readable) in held.streams.readables() {
            if readable.is_flowing() == Some(true) {
                continue; // It comes to its end by itself, and its listeners hear all before we say so.
            }
            let (readable, ends) = (readable.clone(), Arc::clone(&self.inner.stream_ends));
            tokio::spawn(async move {
                if readable.read_ahead(LAST_WORDS).await {
                    ends.tell(number);
                }
            });
        }
    }

    fn failed(&mut self, error: RecvError) {
        let error = ChannelError {
            pid: self.inner.pid,
            error,
        };
        let emitted = catch_unwind(AssertUnwindSafe(|| self.inner.emitter.emit_error(error)));
        if let Ok(Err(unhandled)) = emitted
            && let Err(error) = unhandled::report(unhandled)
        {
            // Without a hook it has been logged, and waits for whoever asks or listens.
            let mut kept = self.inner.channel_error.lock().unwrap_or_else(PoisonError::into_inner);
            kept.get_or_insert(error);
        }
    }

    fn tell(&mut self, told: Vec<Told>) {
        for event in told {
            match event {
                Told::Disconnect => self.inner.emitter.keep(DISCONNECT, ()),
                Told::Exit(exit) => self.inner.emitter.keep(EXIT, exit),
                Told::Close(exit) => self.inner.emitter.keep(CLOSE, exit),
            };
        }
        self.inner.ended.notify_waiters();
        self.deliver();
    }
}

/// The runtime has ended before the child: somebody else has to wait for it.
impl Drop for Driver {
    fn drop(&mut self) {
        if !self.endings.is_running() {
            if let Some(exit) = self.inner.emitter.kept(EXIT) {
                self.inner.is_over(*exit);
            }
            return;
        }
        // Without a descriptor for it nobody can wait: then it is a zombie until this process ends.
        let Ok(pidfd) = self.inner.pidfd.as_fd().try_clone_to_owned() else {
            return;
        };
        let inner = Arc::downgrade(&self.inner);
        reaper::adopt(Orphan {
            pidfd: pidfd.into(),
            at_end: Box::new(move |exit| {
                if let Some(inner) = inner.upgrade() {
                    inner.is_over(exit);
                }
            }),
        });
    }
}

/// Receives from a channel that may not be there.
async fn receive(receiver: &mut Option<Receiver>) -> Result<Option<Message>, RecvError> {
    match receiver {
        Some(receiver) => receiver.recv().await,
        None => std::future::pending().await,
    }
}
