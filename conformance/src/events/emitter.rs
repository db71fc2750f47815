//! The face that both emitters have, as a trait, so that a program is written once.

use ferronode_events::{EventId, EventName, ListenerChange, Manner, Unhandled, local};

/// An emitter, shared or local.
pub(super) trait Emitter: Default + 'static {
    /// The emitter's kind of listener.
    type Listener<P: ?Sized + 'static>: Clone + PartialEq;

    fn listener<P: ?Sized + 'static>(call: impl Fn(&P) + Send + Sync + 'static) -> Self::Listener<P>;
    fn add<E: EventName>(&self, event: E, listener: &Self::Listener<E::Payload>, manner: Manner);
    fn off<E: EventName>(&self, event: E, listener: &Self::Listener<E::Payload>);
    fn remove_all<E: EventName>(&self, event: E);
    fn remove_all_events(&self);
    fn emit<E: EventName>(&self, event: E, payload: &E::Payload) -> bool;
    fn emit_error<E: std::error::Error + 'static>(&self, error: E) -> Result<(), Unhandled<E>>;
    fn count<E: EventName>(&self, event: E) -> usize;
    fn count_of<E: EventName>(&self, event: E, listener: &Self::Listener<E::Payload>) -> usize;
    fn names(&self) -> Vec<EventId>;
    fn listeners<E: EventName>(&self, event: E) -> Vec<Self::Listener<E::Payload>>;
    /// Every registration and whether it is for one call.
    fn raw<E: EventName>(&self, event: E) -> Vec<(Self::Listener<E::Payload>, bool)>;
    /// Calls a registration by hand: which listener it is and whether it was called; `None` if there is none.
    fn call_raw<E: EventName>(
        &self,
        event: E,
        index: usize,
        payload: &E::Payload,
    ) -> Option<(Self::Listener<E::Payload>, bool)>;
    fn set_max(&self, count: usize);
    fn max(&self) -> usize;
    fn is_of<P: ?Sized + 'static>(change: &ListenerChange, listener: &Self::Listener<P>) -> bool;
}

macro_rules! face_of {
    ($Emitter:ty, $Listener:ty, $is_of:ident) => {
        impl Emitter for $Emitter {
            type Listener<P: ?Sized + 'static> = $Listener;

            fn listener<P: ?Sized + 'static>(call: impl Fn(&P) + Send + Sync + 'static) -> $Listener {
                <$Listener>::new(call)
            }

            fn add<E: EventName>(&self, event: E, listener: &Self::Listener<E::Payload>, manner: Manner) {
                self.add(event, listener, manner);
            }

            fn off<E: EventName>(&self, event: E, listener: &Self::Listener<E::Payload>) {
                self.off(event, listener);
            }

            fn remove_all<E: EventName>(&self, event: E) {
                self.remove_all(event);
            }

            fn remove_all_events(&self) {
                self.remove_all_events();
            }

            fn emit<E: EventName>(&self, event: E, payload: &E::Payload) -> bool {
                self.emit(event, payload)
            }

            fn emit_error<E: std::error::Error + 'static>(&self, error: E) -> Result<(), Unhandled<E>> {
                self.emit_error(error)
            }

            fn count<E: EventName>(&self, event: E) -> usize {
                self.listener_count(event)
            }

            fn count_of<E: EventName>(&self, event: E, listener: &Self::Listener<E::Payload>) -> usize {
                self.listener_count_of(event, listener)
            }

            fn names(&self) -> Vec<EventId> {
                self.event_names()
            }

            fn listeners<E: EventName>(&self, event: E) -> Vec<Self::Listener<E::Payload>> {
                self.listeners(event)
            }

            fn raw<E: EventName>(&self, event: E) -> Vec<(Self::Listener<E::Payload>, bool)> {
                let raw = self.raw_listeners(event).into_iter();
                raw.map(|raw| (raw.listener(), raw.is_once())).collect()
            }

            fn call_raw<E: EventName>(
                &self,
                event: E,
                index: usize,
                payload: &E::Payload,
            ) -> Option<(Self::Listener<E::Payload>, bool)> {
                let raw = self.raw_listeners(event).into_iter().nth(index)?;
                let called = raw.call(payload);
                Some((raw.listener(), called))
            }

            fn set_max(&self, count: usize) {
                self.set_max_listeners(count);
            }

            fn max(&self) -> usize {
                self.max_listeners()
            }

            fn is_of<P: ?Sized + 'static>(change: &ListenerChange, listener: &$Listener) -> bool {
                change.$is_of(listener)
            }
        }
    };
}

face_of!(ferronode_events::EventEmitter, ferronode_events::Listener<P>, is_of);
face_of!(local::EventEmitter, local::Listener<P>, is_of_local);
