//! What differs between an emitter of one thread and one of many: seven types, and nothing else.
//!
//! The core of the crate is written once, over the trait [`Sharing`].
//! [`Shared`] fills it in with `Arc`, `Mutex` and `OnceLock`, [`Local`] with `Rc`, `RefCell` and `OnceCell`.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::{Arc, OnceLock, PoisonError};

use crate::slot::{AnySlot, Slot};
use crate::snapshots::{LocalSnapshots, SharedSnapshots, Snapshots};
use crate::sync::{AtomicBool, AtomicU64, Mutex, Ordering};

/// The types that an emitter is made of.
pub(crate) trait Sharing: Sized + 'static {
    /// Shared ownership: `Arc` or `Rc`.
    type Ref<T: ?Sized>: Deref<Target = T> + Clone;
    /// Exclusive access for a moment: `Mutex` or `RefCell`.
    type Exclusive<T>: Exclusive<T>;
    /// A place that is filled once: `OnceLock` or `OnceCell`.
    type Once<T>: Once<T>;
    /// Something that one caller gets: `AtomicBool` or `Cell<bool>`.
    type Flag: Flag;
    /// A number that only the holder of the registry changes: `AtomicU64` or `Cell<u64>`.
    type Number: Number;
    /// A list of which an emit holds a snapshot.
    type Snapshots<T: Clone>: Snapshots<T>;
    /// The function of a listener, `Send + Sync` when shared.
    type Call<P: ?Sized + 'static>: ?Sized + Fn(&P);
    /// Any payload, `Send + Sync` when shared.
    type AnyPayload: ?Sized + 'static;
    /// A hook of the emitter's owner, `Send + Sync` when shared.
    type Hook: ?Sized + Fn();
    /// A slot whose payload type is forgotten.
    type AnySlot: ?Sized + AnySlot<Self>;

    /// Puts a value under shared ownership.
    fn share<T>(value: T) -> Self::Ref<T>;
    /// Forgets the payload type of a slot.
    fn erase<P: ?Sized + 'static>(slot: Self::Ref<Slot<Self, P>>) -> Self::Ref<Self::AnySlot>;
    /// Sees a slot as any value, to be asked for its type.
    fn as_any(slot: &Self::AnySlot) -> &dyn Any;
    /// Finds the payload type of a slot again; `None` if it is another one.
    fn restore<P: ?Sized + 'static>(slot: Self::Ref<Self::AnySlot>) -> Option<Self::Ref<Slot<Self, P>>>;
}

/// Exclusive access to a value, for as long as a closure runs that calls nobody else's code.
pub(crate) trait Exclusive<T> {
    fn new(value: T) -> Self;
    fn with<R>(&self, access: impl FnOnce(&mut T) -> R) -> R;
}

/// A place that is filled once and then only read.
pub(crate) trait Once<T> {
    fn empty() -> Self;
    fn get(&self) -> Option<&T>;
    fn set(&self, value: T) -> Result<(), T>;
}

/// A flag that is raised once.
pub(crate) trait Flag {
    fn lowered() -> Self;
    /// Raises the flag; true for the one caller that did it.
    fn claim(&self) -> bool;
    fn is_raised(&self) -> bool;
}

/// A number that is read by many and changed by one at a time.
pub(crate) trait Number {
    fn zero() -> Self;
    fn get(&self) -> u64;
    fn set(&self, value: u64);
}

/// An emitter that any thread may use.
pub(crate) struct Shared;

impl Sharing for Shared {
    type Ref<T: ?Sized> = Arc<T>;
    type Exclusive<T> = Mutex<T>;
    type Once<T> = OnceLock<T>;
    type Flag = AtomicBool;
    type Number = AtomicU64;
    type Snapshots<T: Clone> = SharedSnapshots<T>;
    type Call<P: ?Sized + 'static> = dyn Fn(&P) + Send + Sync;
    type AnyPayload = dyn Any + Send + Sync;
    type Hook = dyn Fn() + Send + Sync;
    type AnySlot = dyn AnySlot<Self> + Send + Sync;

    fn share<T>(value: T) -> Arc<T> {
        Arc::new(value)
    }

    fn erase<P: ?Sized + 'static>(slot: Arc<Slot<Self, P>>) -> Arc<Self::AnySlot> {
        slot
    }

    #[inline]
    fn as_any(slot: &Self::AnySlot) -> &dyn Any {
        slot
    }

    fn restore<P: ?Sized + 'static>(slot: Arc<Self::AnySlot>) -> Option<Arc<Slot<Self, P>>> {
        let any: Arc<dyn Any + Send + Sync> = slot;
        any.downcast().ok()
    }
}

impl<T> Exclusive<T> for Mutex<T> {
    fn new(value: T) -> Self {
        Self::new(value)
    }

    fn with<R>(&self, access: impl FnOnce(&mut T) -> R) -> R {
        // The closure calls nobody else's code, so a poisoned lock guards a whole value all the same.
        access(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T> Once<T> for OnceLock<T> {
    fn empty() -> Self {
        Self::new()
    }

    #[inline]
    fn get(&self) -> Option<&T> {
        self.get()
    }

    fn set(&self, value: T) -> Result<(), T> {
        self.set(value)
    }
}

impl Flag for AtomicBool {
    fn lowered() -> Self {
        Self::new(false)
    }

    fn claim(&self) -> bool {
        !self.swap(true, Ordering::AcqRel)
    }

    fn is_raised(&self) -> bool {
        self.load(Ordering::Acquire)
    }
}

impl Number for AtomicU64 {
    fn zero() -> Self {
        Self::new(0)
    }

    fn get(&self) -> u64 {
        self.load(Ordering::Relaxed)
    }

    fn set(&self, value: u64) {
        self.store(value, Ordering::Relaxed);
    }
}

/// An emitter that stays on one thread and pays for no atomic instruction.
pub(crate) struct Local;

impl Sharing for Local {
    type Ref<T: ?Sized> = Rc<T>;
    type Exclusive<T> = RefCell<T>;
    type Once<T> = OnceCell<T>;
    type Flag = Cell<bool>;
    type Number = Cell<u64>;
    type Snapshots<T: Clone> = LocalSnapshots<T>;
    type Call<P: ?Sized + 'static> = dyn Fn(&P);
    type AnyPayload = dyn Any;
    type Hook = dyn Fn();
    type AnySlot = dyn AnySlot<Self>;

    fn share<T>(value: T) -> Rc<T> {
        Rc::new(value)
    }

    fn erase<P: ?Sized + 'static>(slot: Rc<Slot<Self, P>>) -> Rc<Self::AnySlot> {
        slot
    }

    #[inline]
    fn as_any(slot: &Self::AnySlot) -> &dyn Any {
        slot
    }

    fn restore<P: ?Sized + 'static>(slot: Rc<Self::AnySlot>) -> Option<Rc<Slot<Self, P>>> {
        let any: Rc<dyn Any> = slot;
        any.downcast().ok()
    }
}

impl<T> Exclusive<T> for RefCell<T> {
    fn new(value: T) -> Self {
        Self::new(value)
    }

    fn with<R>(&self, access: impl FnOnce(&mut T) -> R) -> R {
        access(&mut self.borrow_mut())
    }
}

impl<T> Once<T> for OnceCell<T> {
    fn empty() -> Self {
        Self::new()
    }

    #[inline]
    fn get(&self) -> Option<&T> {
        self.get()
    }

    fn set(&self, value: T) -> Result<(), T> {
        self.set(value)
    }
}

impl Flag for Cell<bool> {
    fn lowered() -> Self {
        Self::new(false)
    }

    fn claim(&self) -> bool {
        !self.replace(true)
    }

    fn is_raised(&self) -> bool {
        self.get()
    }
}

impl Number for Cell<u64> {
    fn zero() -> Self {
        Self::new(0)
    }

    fn get(&self) -> u64 {
        self.get()
    }

    fn set(&self, value: u64) {
        self.set(value);
    }
}
