//! A list that may change while somebody walks it: the walk sees the list as it was when it began.
//!
//! The rule: nobody copies a list to walk it; whoever changes a list that is being walked copies it first.
//! Emits are many and changes are few, and a change while the same event is being emitted is rarer still.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

/// A copy-on-write list.
pub(crate) trait Snapshots<T> {
    fn empty() -> Self;
    /// Lends the list as it is now; changes made meanwhile are not seen.
    fn walk<R>(&self, visit: impl FnOnce(&[T]) -> R) -> R;
    /// Changes the list; `edit` must neither call nor drop anybody else's code, but give back what it takes out.
    fn change<R>(&self, edit: impl FnOnce(&mut Vec<T>) -> R) -> R;
}

/// The list of a shared emitter.
pub(crate) struct SharedSnapshots<T> {
    list: Mutex<Arc<Vec<T>>>,
}

impl<T: Clone> Snapshots<T> for SharedSnapshots<T> {
    fn empty() -> Self {
        Self { list: Mutex::default() }
    }

    fn walk<R>(&self, visit: impl FnOnce(&[T]) -> R) -> R {
        let list = Arc::clone(&self.list.lock().unwrap_or_else(PoisonError::into_inner));
        visit(&list)
    }

    fn change<R>(&self, edit: impl FnOnce(&mut Vec<T>) -> R) -> R {
        edit(Arc::make_mut(
            &mut self.list.lock().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

/// The list of a local emitter.
pub(crate) struct LocalSnapshots<T> {
    list: RefCell<Rc<Vec<T>>>,
}

impl<T: Clone> Snapshots<T> for LocalSnapshots<T> {
    fn empty() -> Self {
        Self {
            list: RefCell::default(),
        }
    }

    #[inline]
    fn walk<R>(&self, visit: impl FnOnce(&[T]) -> R) -> R {
        let list = Rc::clone(&self.list.borrow());
        visit(&list)
    }

    fn change<R>(&self, edit: impl FnOnce(&mut Vec<T>) -> R) -> R {
        edit(Rc::make_mut(&mut self.list.borrow_mut()))
    }
}
