//! The task that listens to one child: to its channel and to its end.
//!
//! It decides nothing: [`Endings`](crate::exit) says what is told and when, [`Receiver`] what was said.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};

use ferronode_events::unhandled;
use ferronode_ipc::{Message, Receiver, RecvError};
use ferronode_sys::Readiness;

use crate::child_process::{CLOSE, DISCONNECT, EXIT, Held, Inner, MESSAGE};
use crate::error::ChannelError;
use crate::exit::{Endings, Exit, Told};
use crate::fork::InternalSink;

/// How many messages wait for their first listener. When so many do, no more are read: the child's `send` waits.
const WAITING: usize = 1024;

pub(crate) struct Driver {
    inner: Arc<Inner>,
    /// Gone when nobody holds the child any more.
    holder: Weak<Held>,
    receiver: Receiver,
    internal: Option<InternalSink>,
    /// Messages that nobody listens for yet.
    waiting: VecDeque<Message>,
    endings: Endings,
}

impl Driver {
    pub(crate) fn new(
        inner: Arc<Inner>,
        holder: Weak<Held>,
        receiver: Receiver,
        internal: Option<InternalSink>,
    ) -> Self {
        Self {
            inner,
            holder,
            receiver,
            internal,
            waiting: VecDeque::new(),
            endings: Endings::default(),
        }
    }

    pub(crate) async fn drive(mut self, exit: Readiness) {
        while self.endings.is_running() || self.endings.is_connected() || self.is_held() {
            // A protocol above the channel must not wait behind messages that nobody takes.
            let reads = self.endings.is_connected() && (self.internal.is_some() || self.waiting.len() < WAITING);
            tokio::select! {
                received = self.receiver.recv(), if reads => self.received(received),
                ready = exit.ready(), if self.endings.is_running() => match (ready, self.inner.pidfd.try_wait()) {
                    (Ok(ready), Ok(wait)) => match Exit::of(wait) {
                        Some(exit) => self.exited(exit),
                        None => ready.clear(),
                    },
                    _ => self.exited(Exit::Unknown),
                },
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
            Some(_) if self.waiting.len() >= WAITING => {
                tracing::warn!(
                    "a message of child {} is dropped: {WAITING} wait for a listener",
                    self.inner.pid
                );
            }
            _ => self.waiting.push_back(message),
        }
        self.deliver();
    }

    /// Delivers what has waited for a listener: messages first, then what has happened since.
    fn deliver(&mut self) {
        let emitter = self.inner.emitter.clone();
        let delivered = catch_unwind(AssertUnwindSafe(|| {
            emitter.deliver_late_after(|| {
                while emitter.listener_count(MESSAGE) > 0 {
                    let Some(message) = self.waiting.pop_front() else { break };
                    emitter.emit(MESSAGE, &message);
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

    /// The process has ended. What it had sent is here already: it is told first.
    fn exited(&mut self, exit: Exit) {
        while self.endings.is_connected() {
            match self.receiver.try_recv() {
                Ok(None) if !self.receiver.has_ended() => break,
                received => self.received(received),
            }
        }
        let told = self.endings.process_ended(exit);
        self.tell(told);
    }

    fn failed(&mut self, error: RecvError) {
        let error = ChannelError {
            pid: self.inner.pid,
            error,
        };
        let emitted = catch_unwind(AssertUnwindSafe(|| self.inner.emitter.emit_error(error)));
        if let Ok(Err(unhandled)) = emitted {
            // Without a hook for such errors it has been logged. The channel has ended: every further send says so.
            let _ = unhandled::report(unhandled);
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
