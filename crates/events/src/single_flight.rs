//! Many askers, one flight: while somebody fetches a value, those who ask for the same wait for it too.
//!
//! It guards a cache against the avalanche: when an entry expires under load, one asker goes to the source
//! and all get its answer. The mechanism is nothing but `once`: each flight is an event, and the value its payload.
//!
//! ```text
//!   first asker   seat("user 7") -> Pilot      fetches, then land(value) --+
//!   second asker  seat("user 7") -> Passenger  . . . . . . . . . . . <-----+   emit(flight, &value)
//!   third asker   seat("user 7") -> Passenger  . . . . . . . . . . . <-----+
//!   afterwards    the key is forgotten: who asks now is a pilot again
//! ```

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::emitter::EventEmitter;
use crate::event::Symbol;
use crate::once::Next;

/// Coalesces those who ask for the same at the same time.
///
/// It keeps no values: it is no cache, but stands before one.
pub struct SingleFlight<V: Clone + Send + Sync + 'static> {
    tower: Arc<Tower<V>>,
}

/// What an asker gets: the task to fetch the value, or a seat to wait for it.
#[derive(Debug)]
pub enum Seat<V: Clone + Send + Sync + 'static> {
    /// Nobody fetches this value: the asker does.
    Pilot(Pilot<V>),
    /// Somebody fetches it. `None` comes if they gave up; asking again then may make the asker a pilot.
    Passenger(Next<V>),
}

/// The one who fetches a value for all who ask for it.
///
/// Dropped without [`land`](Self::land) it has given up, and its passengers get `None`.
#[must_use = "a pilot that is dropped has given up"]
pub struct Pilot<V: Clone + Send + Sync + 'static> {
    tower: Arc<Tower<V>>,
    key: String,
    flight: Symbol<V>,
}

/// What the board and its pilots share: the flights under way, and who waits for them.
struct Tower<V> {
    emitter: EventEmitter,
    flights: Mutex<HashMap<String, Symbol<V>>>,
}

impl<V: Clone + Send + Sync + 'static> SingleFlight<V> {
    /// Makes a board without flights.
    #[must_use]
    pub fn new() -> Self {
        let emitter = EventEmitter::new();
        // Every passenger is a listener, and any number of them is what this is for.
        emitter.set_max_listeners(0);
        Self {
            tower: Arc::new(Tower {
                emitter,
                flights: Mutex::default(),
            }),
        }
    }

    /// Asks for the value of `key`.
    #[must_use]
    pub fn seat(&self, key: &str) -> Seat<V> {
        let mut flights = self.tower.flights();
        if let Some(flight) = flights.get(key) {
            // Under the lock, so that the flight cannot land before this passenger is aboard.
            return Seat::Passenger(self.tower.emitter.next(*flight));
        }
        let (key, flight) = (key.to_owned(), Symbol::new("flight"));
        flights.insert(key.clone(), flight);
        drop(flights);
        Seat::Pilot(Pilot {
            tower: self.tower.clone(),
            key,
            flight,
        })
    }

    /// Counts the values that are being fetched.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tower.flights().len()
    }

    /// Says whether no value is being fetched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<V: Clone + Send + Sync + 'static> Default for SingleFlight<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: Clone + Send + Sync + 'static> Pilot<V> {
    /// Hands the value to all who wait, and says whether anybody did; the key is forgotten.
    pub fn land(self, value: &V) -> bool {
        self.tower.flights().remove(&self.key);
        self.tower.emitter.emit(self.flight, value)
    }
}

impl<V: Clone + Send + Sync + 'static> Drop for Pilot<V> {
    fn drop(&mut self) {
        let mut flights = self.tower.flights();
        // After a landing, the key may be somebody else's flight already.
        if flights.get(&self.key).is_some_and(|flight| *flight == self.flight) {
            flights.remove(&self.key);
        }
        drop(flights);
        self.tower.emitter.remove_all(self.flight);
    }
}

impl<V> Tower<V> {
    fn flights(&self) -> MutexGuard<'_, HashMap<String, Symbol<V>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Clone + Send + Sync + 'static> fmt::Debug for SingleFlight<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SingleFlight").field("flying", &self.len()).finish()
    }
}

impl<V: Clone + Send + Sync + 'static> fmt::Debug for Pilot<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pilot").field("key", &self.key).finish_non_exhaustive()
    }
}
