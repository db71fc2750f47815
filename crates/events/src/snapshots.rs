//! A list that may change while somebody walks it: the walk sees the list as it was when it began.
//!
//! The rule: nobody copies a list to walk it; whoever changes a list that is being walked copies it first.
//! Emits are many and changes are few, and a change while the same event is being emitted is rarer still.
//!
//! The shared list has a fast lane, so that an emit costs one atomic exchange where counting a handle costs four:
//!
//! ```text
//!   list: Mutex<Arc<Vec>>     the truth. Who changes it takes the handle out of the lane first,
//!                             and so owns the Vec alone and changes it in place
//!   lane: TryLock<Lane>       a second handle to the same Vec: who gets the lane walks it and counts nothing
//! ```
//!
//! Nobody ever waits for the lane. Who finds it taken (a nested emit, another thread) counts a handle of `list`.
//! Who finds it taken while changing the list copies the list and steps the version,
//! and the one in the lane sees on leaving that what it walked is out of date, and drops it.
//! (If both happen within the same few nanoseconds it may not see it yet; then the next walk or change drops it.)

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, PoisonError};

use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering, TryLock};

/// A copy-on-write list. What leaves it is given back, and never dropped inside.
pub(crate) trait Snapshots<T> {
    fn empty() -> Self;

    /// Lends the list as it is now; changes made meanwhile are not seen.
    fn walk<R>(&self, visit: impl FnOnce(&[T]) -> R) -> R;

    /// Changes the list at the index that `find` gives, if it gives one.
    fn change<R>(
        &self,
        find: impl FnOnce(&[T]) -> Option<usize>,
        edit: impl FnOnce(&mut Vec<T>, usize) -> R,
    ) -> Option<R>;

    /// Puts in one more, in front or at the end, and gives the new length.
    fn insert(&self, item: T, front: bool) -> usize {
        let place = |items: &[T]| Some(if front { 0 } else { items.len() });
        let length = self.change(place, |items, index| {
            items.insert(index, item);
            items.len()
        });
        length.unwrap_or(0)
    }

    /// Takes out the last one that `is_meant` knows, and gives it with the number of those left.
    fn remove(&self, is_meant: impl Fn(&T) -> bool) -> Option<(T, usize)> {
        self.change(
            |items| items.iter().rposition(is_meant),
            |items, index| (items.remove(index), items.len()),
        )
    }

    /// Takes out all.
    fn take(&self) -> Vec<T> {
        let some = |items: &[T]| (!items.is_empty()).then_some(0);
        self.change(some, |items, _| std::mem::take(items)).unwrap_or_default()
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

    #[inline(always)]
    fn walk<R>(&self, visit: impl FnOnce(&[T]) -> R) -> R {
        let list = Rc::clone(&self.list.borrow());
        visit(&list)
    }

    fn change<R>(
        &self,
        find: impl FnOnce(&[T]) -> Option<usize>,
        edit: impl FnOnce(&mut Vec<T>, usize) -> R,
    ) -> Option<R> {
        let mut list = self.list.borrow_mut();
        let index = find(&list)?;
        Some(edit(Rc::make_mut(&mut list), index))
    }
}

/// The list of a shared emitter.
pub(crate) struct SharedSnapshots<T> {
    list: Mutex<Arc<Vec<T>>>,
    lane: TryLock<Lane<T>>,
    /// Stepped, under `list`, by each change that found the lane taken.
    version: AtomicU64,
}

/// A handle to the list of a version; `None` after the list has moved on.
struct Lane<T> {
    list: Option<Arc<Vec<T>>>,
    version: u64,
}

impl<T: Clone> Snapshots<T> for SharedSnapshots<T> {
    fn empty() -> Self {
        Self {
            list: Mutex::new(Arc::default()),
            lane: TryLock::new(Lane { list: None, version: 0 }),
            version: AtomicU64::new(0),
        }
    }

    #[inline(always)]
    fn walk<R>(&self, visit: impl FnOnce(&[T]) -> R) -> R {
        let version = self.version.load(Ordering::Acquire);
        // Declared before the lane, so that it looks when the lane is left.
        let _leaving = Leaving {
            snapshots: self,
            version,
        };
        let lane = self.lane.try_lock();
        if let Some(list) = lane.as_ref().and_then(|lane| lane.list(version)) {
            return visit(list);
        }
        drop(lane);
        visit(&self.count_handle())
    }

    fn change<R>(
        &self,
        find: impl FnOnce(&[T]) -> Option<usize>,
        edit: impl FnOnce(&mut Vec<T>, usize) -> R,
    ) -> Option<R> {
        let mut list = self.lock();
        let index = find(&list)?;
        let Some(mut lane) = self.lane.try_lock() else {
            let result = edit(Arc::make_mut(&mut list), index);
            self.version.fetch_add(1, Ordering::AcqRel);
            drop(list);
            // Whoever had the lane may have left it before the version was stepped.
            self.clean_lane();
            return Some(result);
        };
        // Dropping the lane's handle leaves this one alone; a handle to something older is dropped outside.
        let stale = lane.list.take().filter(|handle| !Arc::ptr_eq(handle, &list));
        let result = edit(Arc::make_mut(&mut list), index);
        self.fill(&mut lane, &list);
        drop((lane, list));
        drop(stale);
        Some(result)
    }
}

impl<T> SharedSnapshots<T> {
    fn lock(&self) -> MutexGuard<'_, Arc<Vec<T>>> {
        // No code but this file's runs under the lock, so a poisoned one guards a whole list all the same.
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more handle, and leaves another in the lane for the next walk.
    #[cold]
    fn count_handle(&self) -> Arc<Vec<T>> {
        let list = self.lock();
        let handle = Arc::clone(&list);
        let stale = self.lane.try_lock().and_then(|mut lane| self.fill(&mut lane, &list));
        drop(list);
        drop(stale);
        handle
    }

    /// Puts a handle to the list into the lane and gives the one before; only for the holder of `list`.
    fn fill(&self, lane: &mut Lane<T>, list: &Arc<Vec<T>>) -> Option<Arc<Vec<T>>> {
        lane.version = self.version.load(Ordering::Acquire);
        lane.list.replace(Arc::clone(list))
    }

    /// Takes out of the lane what is out of date, so that listeners that were removed are dropped.
    #[cold]
    fn clean_lane(&self) {
        let stale = self.lane.try_lock().and_then(|mut lane| {
            let is_stale = lane.version != self.version.load(Ordering::Acquire);
            if is_stale { lane.list.take() } else { None }
        });
        drop(stale);
    }
}

impl<T> Lane<T> {
    #[inline(always)]
    fn list(&self, version: u64) -> Option<&[T]> {
        let list = self.list.as_ref().filter(|_| self.version == version)?;
        Some(list)
    }
}

/// The end of a walk, also of one that panics: looks whether the list has changed meanwhile.
struct Leaving<'a, T> {
    snapshots: &'a SharedSnapshots<T>,
    version: u64,
}

impl<T> Drop for Leaving<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.snapshots.version.load(Ordering::Acquire) != self.version {
            self.snapshots.clean_lane();
        }
    }
}
