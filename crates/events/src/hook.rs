//! One hook per program: who hears of what has no caller to be told.

use std::sync::{Arc, PoisonError, RwLock};

/// A place for one function that the program may set; the last one set counts.
pub(crate) struct Hook<T: ?Sized + 'static> {
    function: RwLock<Option<Function<T>>>,
}

type Function<T> = Arc<dyn Fn(&T) + Send + Sync>;

impl<T: ?Sized + 'static> Hook<T> {
    pub(crate) const fn unset() -> Self {
        Self {
            function: RwLock::new(None),
        }
    }

    pub(crate) fn set(&self, function: Option<Function<T>>) {
        let mut place = self.function.write().unwrap_or_else(PoisonError::into_inner);
        let previous = std::mem::replace(&mut *place, function);
        // What the previous hook captured is dropped when nothing is held.
        drop(place);
        drop(previous);
    }

    /// Calls the hook; false if there is none.
    pub(crate) fn call(&self, subject: &T) -> bool {
        let function = self.function.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(function) = &function {
            function(subject);
        }
        function.is_some()
    }
}
