//! A listener is a function with a number, and a registration is one entry of a function in a list.
//!
//! One function may have many registrations; each has a serial number of its own, which a [`ListenerId`] carries.

use std::fmt;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;

use crate::directory::Home;
use crate::serial;
use crate::sharing::{Flag, Local, Shared, Sharing};

/// Names one registration, so that it can be taken back.
///
/// Dropping it does nothing: the listener stays until it is removed. An id of one emitter means nothing to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListenerId {
    pub(crate) home: Home,
    pub(crate) serial: u64,
}

/// How a listener is registered: at which end of the list, and for how many calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    pub(crate) front: bool,
    pub(crate) once: bool,
}

impl Manner {
    /// At the end, for every emit.
    pub const ON: Self = Self {
        front: false,
        once: false,
    };
    /// At the end, for one call.
    pub const ONCE: Self = Self {
        front: false,
        once: true,
    };
    /// At the front, for every emit.
    pub const PREPEND: Self = Self {
        front: true,
        once: false,
    };
    /// At the front, for one call.
    pub const PREPEND_ONCE: Self = Self {
        front: true,
        once: true,
    };
}

/// A function that is known again: it may be registered several times, and `off` knows which it is.
///
/// Clones are the same listener, and equal; two listeners made of the same code are two.
///
/// ```
/// use ferronode_events::{Event, EventEmitter, Listener, Manner};
///
/// const TICK: Event<u32> = Event::new("tick");
/// let emitter = EventEmitter::new();
/// let listener = Listener::new(|count: &u32| println!("{count}"));
/// emitter.add(TICK, &listener, Manner::ON);
/// emitter.add(TICK, &listener, Manner::ONCE);
/// assert_eq!(emitter.listener_count_of(TICK, &listener), 2);
/// assert!(emitter.off(TICK, &listener));
/// ```
pub struct Listener<P: ?Sized + 'static> {
    pub(crate) function: Function<Shared, P>,
}

impl<P: ?Sized + 'static> Listener<P> {
    /// Makes a listener of a function.
    #[must_use]
    pub fn new(call: impl Fn(&P) + Send + Sync + 'static) -> Self {
        Self {
            function: Function::shared(call),
        }
    }
}

impl<P: ?Sized + 'static> Clone for Listener<P> {
    fn clone(&self) -> Self {
        Self {
            function: self.function.clone(),
        }
    }
}

impl<P: ?Sized + 'static> PartialEq for Listener<P> {
    fn eq(&self, other: &Self) -> bool {
        self.function.number == other.function.number
    }
}

impl<P: ?Sized + 'static> Eq for Listener<P> {}

impl<P: ?Sized + 'static> fmt::Debug for Listener<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listener({:#x})", self.function.number)
    }
}

/// What is called, and the number by which it is known again.
pub(crate) struct Function<F: Sharing, P: ?Sized + 'static> {
    pub(crate) call: F::Ref<F::Call<P>>,
    pub(crate) number: u64,
}

impl<P: ?Sized + 'static> Function<Shared, P> {
    pub(crate) fn shared(call: impl Fn(&P) + Send + Sync + 'static) -> Self {
        Self {
            call: Arc::new(call),
            number: serial::next(),
        }
    }
}

impl<P: ?Sized + 'static> Function<Local, P> {
    pub(crate) fn local(call: impl Fn(&P) + 'static) -> Self {
        Self {
            call: Rc::new(call),
            number: serial::next(),
        }
    }
}

impl<F: Sharing, P: ?Sized + 'static> Clone for Function<F, P> {
    fn clone(&self) -> Self {
        Self {
            call: self.call.clone(),
            number: self.number,
        }
    }
}

/// One registration in a list.
pub(crate) struct Entry<F: Sharing, P: ?Sized + 'static> {
    pub(crate) function: Function<F, P>,
    pub(crate) serial: u64,
    /// Raised by the one emit that may call a listener registered for one call.
    pub(crate) once: Option<F::Ref<F::Flag>>,
    /// Where in the program the listener was added.
    pub(crate) place: &'static Location<'static>,
}

impl<F: Sharing, P: ?Sized + 'static> Entry<F, P> {
    #[track_caller]
    pub(crate) fn new(function: Function<F, P>, manner: Manner) -> Self {
        Self {
            function,
            serial: serial::next(),
            once: manner.once.then(|| F::share(F::Flag::lowered())),
            place: Location::caller(),
        }
    }
}

impl<F: Sharing, P: ?Sized + 'static> Clone for Entry<F, P> {
    fn clone(&self) -> Self {
        Self {
            function: self.function.clone(),
            once: self.once.clone(),
            ..*self
        }
    }
}
